"""``make up``: Airflow and MLflow on this machine, on the house's own PostgreSQL, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from sqlalchemy.engine import make_url

from base.errors import LongreachError
from base.settings import Settings, load_settings
from ledger.database import database_url

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 180.0
STOP_WITHIN = 20.0


@dataclass(frozen=True)
class Service:
    """A program that stays up: how it is started, where it answers, where it writes its log."""

    name: str
    command: tuple[str, ...]
    address: str
    health: str
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def airflow(home: Path, *, database: str, port: int) -> Service:
    """The four processes of ``airflow standalone``, reading the DAGs of this tree.

    ``database`` is the URL of a PostgreSQL database that is Airflow's alone. Only this machine can reach it.
    """
    address = f"http://127.0.0.1:{port}"
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # A stage uses every core there is; more stages at once would only share them and need the memory twice.
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    command = (sys.executable, "-m", "airflow", "standalone")
    return Service(
        "Airflow", command, address, "/api/v2/monitor/health", home / "standalone.log", environment
    )


@contextmanager
def running(service: Service, *, environment: Mapping[str, str]) -> Iterator[None]:
    """Keeps ``service`` up from when it answers until the block is left; then nothing it started is left.

    Raises LongreachError when it ends or does not answer within ``READY_WITHIN`` seconds.
    """
    service.log.parent.mkdir(parents=True, exist_ok=True)
    # Airflow starts its parts by the name "airflow", so the folder it lives in must be on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    with service.log.open("ab") as log:
        program = subprocess.Popen(
            service.command,
            env={**environment, **service.environment, "PATH": path},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(service, program)
            yield
        finally:
            _end_session(program)


def free_port() -> int:
    """A port of this machine that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def own_database(server: str, name: str) -> str:
    """The URL of database ``name`` on the PostgreSQL that ``server`` points into, made if it is not there."""
    url = make_url(server)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def _wait_until_ready(service: Service, program: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(int(READY_WITHIN)):
        if program.poll() is not None:
            raise LongreachError(f"{service.name} ended with status {program.returncode}; read {service.log}")
        if _answers(f"{service.address}{service.health}"):
            return
        pause.wait(1.0)
    raise LongreachError(f"{service.name} did not answer at {service.address}; read {service.log}")


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as reply:
        # Airflow answers before its scheduler beats for the first time, and says so in words.
        return b"unhealthy" not in reply.read().replace(b"null", b"unhealthy")
    return False


def _end_session(program: "subprocess.Popen[bytes]") -> None:
    """Ends everything in the program's session: asks first, then insists.

    A process group would not do, since each Airflow task runs in a group of its own.
    """
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        members = _session_members(program.pid)
        for member in members:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(signal_number)
        psutil.wait_procs(members, timeout=STOP_WITHIN)
    program.wait()


def _session_members(leader: int) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == leader:
                members.append(process)
    return members
