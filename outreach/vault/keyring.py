"""The vault's keys: master keys wrap all others, and only they come from outside.

``token`` makes tokens, ``digest`` tells changed records from unchanged ones, ``erased`` remembers who may not
come back. They and the persons' own keys lie in the vault, wrapped; a new master key re-wraps them, so that
records are never sealed anew. AES-256-GCM throughout, each wrapped key bound to what it is for.
"""

import secrets
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from base.errors import VaultError
from base.settings import Settings
from outreach.vault.providers import KEY_BYTES, provider_of
from outreach.vault.store import Connection, lock
from outreach.vault.tokens import VERSIONS, Algorithm, TokenKey

Use = Literal["token", "digest", "erased"]

NONCE = 12
_PROBE = b"longreach vault"


@dataclass(frozen=True)
class KeyRing:
    """The keys in force. Master keys of earlier versions are fetched when something still hangs on them."""

    connection: Connection
    settings: Settings
    _masters: dict[str, AESGCM] = field(default_factory=dict)

    @classmethod
    def open(cls, connection: Connection, settings: Settings) -> "KeyRing":
        """The vault's keys, made where there are none yet. Raises VaultError where they cannot be fetched."""
        ring = cls(connection, settings)
        if not ring._versions():
            lock(connection)
            if not ring._versions():
                ring.add_master()
                for use in ("token", "digest", "erased"):
                    ring.add_key(use)
        return ring

    @property
    def master(self) -> str:
        """Version of the master key in force."""
        return self._versions()[-1]

    def token_key(self) -> TokenKey:
        """The newest token key."""
        version, algorithm, secret = self._newest("token")
        return TokenKey(version=version, algorithm=algorithm, secret=secret)

    def secret(self, use: Use) -> bytes:
        """The newest key of ``use``."""
        return self._newest(use)[2]

    def wrap(self, secret: bytes, *, bound_to: str, master: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher(master).encrypt(nonce, secret, f"{bound_to}|{master}".encode())

    def unwrap(self, wrapped: bytes, *, bound_to: str, master: str) -> bytes:
        """Raises VaultError when it was wrapped for something else, or changed."""
        try:
            return self._cipher(master).decrypt(
                wrapped[:NONCE], wrapped[NONCE:], f"{bound_to}|{master}".encode()
            )
        except InvalidTag as error:
            raise VaultError(
                f"vault: the key of {bound_to} was changed; restore the database from its backup"
            ) from error

    def add_master(self) -> str:
        """A new version of the master key, from the provider that settings name; wraps the vault's own keys.

        Persons' keys stay on the earlier versions until ``rewrap``.
        """
        versions = self._versions(destroyed=True)
        version = str(len(versions) + 1)
        provider = provider_of(self.settings.vault.keys, self.settings)
        reference = provider.make(version)
        cipher, nonce = AESGCM(provider.fetch(version, reference)), secrets.token_bytes(NONCE)
        probe = nonce + cipher.encrypt(nonce, _PROBE, version.encode())
        self.connection.execute(
            "insert into masters (version, provider, reference, probe) values (%s, %s, %s, %s)",
            (version, self.settings.vault.keys, reference, probe),
        )
        kept = self.connection.execute(
            "select use, version, master, wrapped from keys where wrapped is not null"
        ).fetchall()
        for use, own, former, wrapped in kept:
            name = f"{use}.{own}"
            again = self.wrap(
                self.unwrap(wrapped, bound_to=name, master=former), bound_to=name, master=version
            )
            self.connection.execute(
                "update keys set master = %s, wrapped = %s where use = %s and version = %s",
                (version, again, use, own),
            )
        return version

    def add_key(self, use: Use) -> str:
        """A new random key of ``use``; the earlier ones are no longer used."""
        found = self.connection.execute("select count(*) from keys where use = %s", (use,)).fetchone()
        place = found[0] if found else 0
        if place == len(VERSIONS):
            raise VaultError(f"vault: {place} versions of the {use} key were made; there are no more letters")
        version, master = VERSIONS[place], self.master
        wrapped = self.wrap(secrets.token_bytes(KEY_BYTES), bound_to=f"{use}.{version}", master=master)
        self.connection.execute(
            "insert into keys (use, version, algorithm, master, wrapped) values (%s, %s, %s, %s, %s)",
            (use, version, self.settings.vault.hash, master, wrapped),
        )
        return version

    def _newest(self, use: Use) -> tuple[str, Algorithm, bytes]:
        # By their letters' places: the clock of the server may have been moved back since.
        row = self.connection.execute(
            "select version, algorithm, master, wrapped from keys where use = %s"
            " order by strpos(%s, version) desc limit 1",
            (use, VERSIONS),
        ).fetchone()
        if row is None or row[3] is None:
            raise VaultError(f"vault: its {use} key is gone; restore the database from its backup")
        version, algorithm, master, wrapped = row
        return version, algorithm, self.unwrap(wrapped, bound_to=f"{use}.{version}", master=master)

    def _versions(self, *, destroyed: bool = False) -> list[str]:
        rows = self.connection.execute(
            "select version from masters where %s or destroyed_at is null order by version::int", (destroyed,)
        )
        return [version for (version,) in rows]

    def _cipher(self, version: str) -> AESGCM:
        if version not in self._masters:
            self._masters[version] = self._fetched(version)
        return self._masters[version]

    def _fetched(self, version: str) -> AESGCM:
        row = self.connection.execute(
            "select provider, reference, probe, destroyed_at from masters where version = %s", (version,)
        ).fetchone()
        if row is None or row[3] is not None:
            raise VaultError(f"vault: master key {version} was destroyed; what it wrapped is gone for good")
        provider, reference, probe, _ = row
        cipher = AESGCM(provider_of(provider, self.settings).fetch(version, reference))
        try:
            cipher.decrypt(probe[:NONCE], probe[NONCE:], version.encode())
        except InvalidTag as error:
            raise VaultError(
                f"vault: master key {version} from {provider} is not the one that sealed this vault; "
                "restore the right one from its backup"
            ) from error
        return cipher
