"""``make up``: Airflow, MLflow and the console, on the house's own PostgreSQL, until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import psutil
from rich.console import Console

from base.errors import LongreachError
from base.settings import Settings
from ledger.database import database_url
from models.shelf import own_address

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 300
"""Seconds that a service may take until it answers."""
STOP_WITHIN = 15
"""Seconds that a program is given to end by itself."""
PASSWORDS = "simple_auth_manager_passwords.json.generated"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program that stays up: how it is started, where it answers, where it writes its log."""

    name: str
    command: tuple[str, ...]
    address: str
    health: str
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def up(settings: Settings, console: Console) -> None:
    """Starts the services one after the other, says where they are, and waits to be interrupted.

    Everything they started has ended when this returns. Raises LongreachError when one does not come up.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt_once)
    services = [airflow(settings, port=8080)]
    if not settings.mlflow_tracking_uri:
        services.append(mlflow(settings, port=5000))
    models = services[1].address if services[1:] else ""
    services.append(desk(settings, port=8465, airflow=services[0].address, mlflow=models))
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        for service in services:
            console.print(f"{service.name} is starting; its log is {service.log}", soft_wrap=True)
            stack.enter_context(running(service))
            console.print(f"[green]{service.name} is ready at {service.address}", soft_wrap=True)
        own = settings.console.oidc is None
        first = f"; the first password was written to {services[-1].log}" if own else ""
        console.print(
            f"Sign in to Airflow as admin; the password is in {services[0].log.parent / PASSWORDS}\n"
            f"Sign in to the console by a name that longreach console users lists{first}\n"
            "Nothing runs by itself yet: trigger the DAG ingest with a partition key like 2026-07-01, "
            "or switch it on for every night to come.\nCtrl-C stops everything.",
            soft_wrap=True,
        )
        threading.Event().wait()


def airflow(settings: Settings, *, port: int) -> Service:
    """The four processes of ``airflow standalone``, reading the DAGs of this tree; local callers only."""
    home = settings.home.resolve() / "airflow"
    address = f"http://127.0.0.1:{port}"
    return Service(
        name="Airflow",
        command=(sys.executable, "-m", "airflow", "standalone"),
        address=address,
        health="/api/v2/monitor/health",
        log=home / "standalone.log",
        environment={
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API__BASE_URL": address,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # A stage uses every core there is; more of them at once would only need the memory twice.
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "menu"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _plain_url(settings, "airflow"),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            # Given the address, tasks need not hold the embedded server, and it stops when this process does.
            "LONGREACH_DATABASE_URL": _plain_url(settings, "longreach"),
            "LONGREACH_HOME": str(settings.home.resolve()),
        },
    )


def mlflow(settings: Settings, *, port: int) -> Service:
    """MLflow's pages over the house's own PostgreSQL and model files; local callers only."""
    backend = own_address(settings)
    files = (settings.home.resolve() / "models").as_uri()
    return Service(
        name="MLflow",
        command=(
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "1", "--no-serve-artifacts", "--default-artifact-root", files),
        ),
        address=f"http://127.0.0.1:{port}",
        health="/health",
        log=settings.home.resolve() / "mlflow" / "server.log",
        # Not on the command line, where every user of the machine could read a password in it.
        environment={"MLFLOW_BACKEND_STORE_URI": backend, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )


def desk(settings: Settings, *, port: int, airflow: str, mlflow: str) -> Service:
    """The managers' console; ``airflow``, ``mlflow``: where its links lead, unless the settings say."""
    address = f"http://127.0.0.1:{port}"
    return Service(
        name="The console",
        command=(
            *(sys.executable, "-c", "from jobs.command import main; main()"),
            *("console", "--host", "127.0.0.1", "--port", str(port)),
        ),
        address=address,
        health="/sign-in",
        log=settings.home.resolve() / "console" / "server.log",
        environment={
            "LONGREACH_CONSOLE__AIRFLOW_URL": settings.console.airflow_url or airflow,
            "LONGREACH_CONSOLE__MLFLOW_URL": settings.console.mlflow_url or mlflow,
            "LONGREACH_DATABASE_URL": _plain_url(settings, "longreach"),
            "LONGREACH_HOME": str(settings.home.resolve()),
        },
    )


@contextmanager
def running(service: Service, *, environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Keeps ``service`` up, from when it answers until the block is left; then nothing it started is left.

    Raises LongreachError when its port is taken, when it ends early, or when it does not answer within
    ``READY_WITHIN`` seconds.
    """
    _refuse_taken_port(service)
    service.log.parent.mkdir(parents=True, exist_ok=True)
    service.log.touch(mode=0o600)  # a first password may stand in it
    # Airflow starts its parts by the name "airflow", so the folder it lives in must be on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    with service.log.open("ab") as log:
        program = subprocess.Popen(
            service.command,
            env={**environment, **service.environment, "PATH": path, "PYTHONUNBUFFERED": "1"},
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


def _plain_url(settings: Settings, database: str) -> str:
    # Airflow and MLflow choose the driver themselves; with a driver named, Airflow finds no async one.
    url = database_url(settings, database).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    # A second Ctrl-C while things are being stopped would leave some of them running.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _refuse_taken_port(service: Service) -> None:
    address = urlsplit(service.address)
    with socket.socket() as caller:
        if caller.connect_ex((address.hostname, address.port)) == 0:
            raise LongreachError(
                f"{service.name} cannot start: port {address.port} is taken; stop the program that holds it"
            )


def _wait_until_ready(service: Service, program: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(READY_WITHIN):
        if program.poll() is not None:
            raise LongreachError(f"{service.name} ended with status {program.returncode}; read {service.log}")
        if _is_healthy(f"{service.address}{service.health}"):
            return
        pause.wait(1)
    raise LongreachError(f"{service.name} did not answer at {service.address}; read {service.log}")


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            content = reply.read()
    except OSError:
        return False
    # Airflow answers before its parts have beaten for the first time, and tells of each how it is.
    with suppress(json.JSONDecodeError):
        parts: Any = json.loads(content)
        return all(part["status"] == "healthy" for part in parts.values())
    return True


def _end_session(program: "subprocess.Popen[bytes]") -> None:
    """Ends everything in the program's session: asks first, then insists.

    Its process group alone would not do, since each Airflow task runs in a group of its own.
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
