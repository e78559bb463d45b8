"""A service is up while its block runs, and nothing it started is left afterwards."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from base.errors import LongreachError
from base.settings import load_settings
from jobs.up import Service, desk, free_port, running

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


def test_the_console_lets_in_who_started_it_with_the_password_of_its_log(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home")
    service = desk(settings, port=free_port(), airflow="", mlflow="http://127.0.0.1:5000")
    with running(service, environment={**os.environ, "LONGREACH_ACTOR": "zhou"}):
        told = service.log.read_text(encoding="utf-8")
        password = told.split("with the password ")[1].split()[0]
        form = {"name": "zhou", "password": password}
        answer = httpx.post(
            f"{service.address}/sign-in", data=form, headers={"sec-fetch-site": "same-origin"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert service.log.stat().st_mode & 0o077 == 0
