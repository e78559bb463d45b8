"""A service is up while its block runs, and nothing it started is left afterwards."""

import socket
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from base.errors import LongreachError
from jobs.up import Service, free_port, running

# Serves, after starting a child in a process group of its own, as each Airflow task is.
SERVES = """
import http.server, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], preexec_fn=os.setpgrp)
open(sys.argv[2], "w").write(str(child.pid))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def service(folder: Path, program: str, *, port: int) -> Service:
    return Service(
        name="Test",
        command=(sys.executable, "-c", program, str(port), str(folder / "child")),
        address=f"http://127.0.0.1:{port}",
        health="/",
        log=folder / "logs" / "test.log",
    )


def test_what_a_service_started_ends_with_it_even_in_another_process_group(tmp_path: Path) -> None:
    with running(service(tmp_path, SERVES, port=free_port())):
        child = psutil.Process(int((tmp_path / "child").read_text()))
        assert child.is_running()
    assert not child.is_running()


def test_it_ends_also_when_the_block_fails(tmp_path: Path) -> None:
    with suppress(RuntimeError), running(service(tmp_path, SERVES, port=free_port())):
        child = psutil.Process(int((tmp_path / "child").read_text()))
        raise RuntimeError
    assert not child.is_running()


def test_a_service_that_ends_early_is_named_with_its_log(tmp_path: Path) -> None:
    ends = service(tmp_path, "raise SystemExit(3)", port=free_port())
    with pytest.raises(LongreachError, match=r"Test ended with status 3; read .*test\.log"), running(ends):
        pass


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with (
            pytest.raises(LongreachError, match=f"port {port} is taken"),
            running(service(tmp_path, SERVES, port=port)),
        ):
            pass
    assert not (tmp_path / "logs").exists()
