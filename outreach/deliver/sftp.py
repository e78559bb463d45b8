"""Delivery over SFTP: each file written under another name, read back, then renamed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from posixpath import join
from secrets import token_hex
from typing import TypeVar

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from base.errors import DeliveryError
from base.settings.recipients import Sftp
from outreach.deliver.folder import refuse_other
from outreach.deliver.package import Package
from outreach.deliver.transport import RECEIPT, Receipt, Transport, read_receipt

_SLOWEST = 200_000  # bytes a second; a slower line is taken for one that hangs

Result = TypeVar("Result")


class SftpTransport(Transport):
    """A folder of an SSH server whose host key is known beforehand; no other server is ever talked to."""

    def __init__(self, way: Sftp, *, keys: Sequence[Ed25519PublicKey]) -> None:
        self._way = way
        self._keys = keys

    def deliver(self, package: Package) -> None:
        async def put(client: asyncssh.SFTPClient) -> None:
            for name, content in package.files.items():
                path = join(self._way.folder, name)
                if await client.exists(path):
                    refuse_other(await _read(client, path), content, name=name, package=package)
                else:
                    await self._put(client, name, content)

        self._talk(package, put)

    def receipt(self, package: Package) -> Receipt | None:
        async def get(client: asyncssh.SFTPClient) -> bytes | None:
            path = join(self._way.folder, f"{package.name}{RECEIPT}")
            return await _read(client, path) if await client.exists(path) else None

        content = self._talk(package, get)
        return None if content is None else read_receipt(content, package=package, keys=self._keys)

    async def _put(self, client: asyncssh.SFTPClient, name: str, content: bytes) -> None:
        # Nobody takes up what bears this name, and no two who deliver at once share it.
        draft = join(self._way.folder, f".{name}.{token_hex(4)}.part")
        try:
            await _write(client, draft, content)
            if await _read(client, draft) != content:
                raise DeliveryError(f"{name}: {self._way.host} did not keep what was sent; run release again")
            await _rename(client, draft, join(self._way.folder, name))
        except (asyncssh.SFTPError, DeliveryError):
            await client.remove(draft)
            raise

    def _talk(self, package: Package, say: Callable[[asyncssh.SFTPClient], Awaitable[Result]]) -> Result:
        way = self._way
        patience = way.timeout + len(package.content) / _SLOWEST

        async def talk() -> Result:
            async with (
                asyncio.timeout(patience),
                asyncssh.connect(
                    way.host,
                    way.port,
                    username=way.user,
                    client_keys=[str(way.key_file)],
                    known_hosts=str(way.known_hosts),
                    agent_path=None,
                    config=None,
                    connect_timeout=way.timeout,
                    login_timeout=way.timeout,
                ) as connection,
                connection.start_sftp_client() as client,
            ):
                return await say(client)

        try:
            return asyncio.run(talk())
        except (asyncssh.Error, OSError, ValueError) as error:
            raise DeliveryError(
                f"{package.name}: not known to be at {way.user}@{way.host}:{way.port} ({_why(error)}); "
                "see that the server is up, has room, and that its host key and this side's key are those "
                "that were agreed, then run release again"
            ) from error


async def _write(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with client.open(path, "xb") as file:
        await file.write(content)
        try:
            await file.fsync()
        except asyncssh.SFTPOpUnsupported:  # an extension of OpenSSH; others flush when they see fit
            return


async def _read(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        content: bytes = await file.read()
        return content


async def _rename(client: asyncssh.SFTPClient, draft: str, path: str) -> None:
    try:
        await client.posix_rename(draft, path)
    except asyncssh.SFTPOpUnsupported:
        await client.rename(draft, path)


def _why(error: Exception) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "its host key is not the one in known_hosts"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return str(error) or type(error).__name__
