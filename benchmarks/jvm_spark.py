"""JVM Spark on this machine, reached over Spark Connect as a cluster would be: the engine to compare with."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark

from base.errors import StoreError

_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
_STARTS_WITHIN_SECONDS = 300


def java_is_here() -> bool:
    """Whether there is a Java runtime to start Spark with."""
    return shutil.which("java") is not None


@contextmanager
def open_jvm_spark(
    folder: Path, *, cores: int = 2, memory: str = "1g", settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a Spark Connect server on the JVM, for as long as the block runs.

    ``folder`` takes its scratch files and its log; ``settings`` are Spark's own, on top of what one machine
    needs. Raises StoreError when it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    with (folder / "spark.log").open("wb") as log:
        server = subprocess.Popen(
            _command(port, folder, cores, memory, settings or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(),
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait_until_listening(server, port, folder / "spark.log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _command(port: int, folder: Path, cores: int, memory: str, settings: Mapping[str, str]) -> list[str]:
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    ours = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder / "warehouse",
        # The default of 200 is for clusters; few partitions suit one machine better.
        "spark.sql.shuffle.partitions": 4 * cores,
        "spark.ui.enabled": "false",
    }
    given = [part for name, value in {**ours, **settings}.items() for part in ("--conf", f"{name}={value}")]
    main = ["--master", f"local[{cores}]", "--driver-memory", memory, "--class", _SERVER]
    return [str(submit), *main, *given, "spark-internal"]


def _environment() -> dict[str, str]:
    # A client's own settings would send the server looking for another server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return kept | {"PYSPARK_PYTHON": sys.executable}


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    last = log.read_text(errors="replace").splitlines()[-5:]
    raise StoreError("JVM Spark did not start; the end of its log:\n  " + "\n  ".join(last))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
