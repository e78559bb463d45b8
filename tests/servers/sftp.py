"""A real OpenSSH server on a free port of this machine, for one folder and one key."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from base.settings.recipients import Sftp


@dataclass(frozen=True, kw_only=True)
class SftpSite:
    """A folder, the server's port and host key, and the key that is let in; it outlives the server."""

    folder: Path
    keys: Path
    port: int

    def way(self, **changes: object) -> Sftp:
        given: dict[str, object] = {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "folder": str(self.folder),
            "key_file": self.keys / "client",
            "known_hosts": self.keys / "known_hosts",
            "timeout": 20,
        }
        return Sftp.model_validate({**given, **changes})

    @contextmanager
    def serve(self, *, largest_file: int | None = None) -> Iterator[None]:
        """Serves until left; ``largest_file``: bytes after which the disk takes no more of a file."""

        command = [_sshd(), "-D", "-e", "-f", str(self.keys / "sshd_config")]
        if largest_file is not None:
            # By a program, not by a fork of this process: other threads of it may hold anything.
            command = ["prlimit", f"--fsize={largest_file}", "--", *command]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                said = []
                for line in server.stderr or ():
                    said.append(line)
                    if "Server listening on" in line:
                        break
                else:
                    raise RuntimeError(f"sshd did not start: {''.join(said)}")
                yield
            finally:
                server.terminate()


def make_site(home: Path) -> SftpSite:
    """Keys, configuration and an empty folder below ``home``."""
    keys, folder = home / "keys", home / "delivered"
    for path in (keys, folder):
        path.mkdir(parents=True)
    port = _free_port()
    host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    for name, key in (("host", host), ("client", client)):
        (keys / name).write_bytes(key.export_private_key())
        (keys / name).chmod(0o600)
    (keys / "authorized_keys").write_bytes(client.export_public_key())
    public = host.export_public_key().decode()
    (keys / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
    (keys / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys / 'host'}\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {keys / 'authorized_keys'}\nStrictModes no\nPasswordAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    return SftpSite(folder=folder, keys=keys, port=port)


def need_sshd() -> None:
    """An OpenSSH server; on Debian it is installed where that may be, else the test is skipped, saying so."""
    if not _sshd() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "openssh-server"], check=False)
    if not _sshd():
        pytest.skip("no OpenSSH server is here and none can be installed: delivery over SFTP is not tested")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)


def _sshd() -> str:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
