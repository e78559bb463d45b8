"""Tries the parts the house stands on, one by one."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, text

from base.errors import SettingsError, StrategyError, VaultError
from base.openid import discover
from base.settings import Settings
from lake.session import open_engine
from lake.tables.words import RECIPIENTS
from ledger.database import VAULT_ROLE, open_ledger
from ledger.schema import CONSOLE_USERS
from outreach.callers.register import every_caller
from outreach.deliver import has_own_keys, recipient_of, sealing_keys, transport_of
from outreach.vault.rotation import versions
from sources.source import open_source
from strategies.book import read_live

ROOMY = 1 << 30  # one GiB


@dataclass(frozen=True)
class Finding:
    """One part, whether it is well, and in words what was seen."""

    part: str
    well: bool
    words: str


def examine(settings: Settings) -> list[Finding]:
    """Tries every part, from the disk to the console; never raises."""
    parts: dict[str, Callable[[Settings], str]] = {
        "disk": _disk,
        "PostgreSQL": _ledger,
        "vault": _vault,
        "engine": _engine,
        "source": _source,
        "strategy book": _book,
        "caller numbers": _callers,
        "recipients": _recipients,
        "roles": _roles,
        "console": _console,
    }
    return [_try(part, look, settings) for part, look in parts.items()]


def _try(part: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(part, True, look(settings))
    except Exception as error:  # a doctor reports every illness
        return Finding(part, False, str(error))


def _disk(settings: Settings) -> str:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    if free < ROOMY:
        raise OSError(f"only {free / 2**20:.0f} MiB free in {settings.home}; make room")
    return f"{free / 2**30:.0f} GiB free"


def _ledger(settings: Settings) -> str:
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        version = connection.execute(text("show server_version")).scalar()
        return f"version {version}, " + ("given" if settings.database_url else "embedded")


def _vault(settings: Settings) -> str:
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        login, may = connection.execute(
            text(f"select session_user, pg_has_role(session_user, '{VAULT_ROLE}', 'member')")
        ).one()
    if may and settings.vault.database_url:
        raise VaultError(
            "ordinary work can read the vault; ask the database's administrator for: "
            f'revoke {VAULT_ROLE} from "{login}"'
        )
    newest = [one for one in versions(settings) if one.key == "master"][-1]
    one_login = settings.database_url and not settings.vault.database_url
    hint = "; one login acts as two roles until LONGREACH_VAULT__DATABASE_URL is set" if one_login else ""
    return f"master key {newest.version}, kept by {newest.kept_by}{hint}"


def _engine(settings: Settings) -> str:
    with open_engine(settings) as spark:
        return f"Spark Connect {spark.version}, " + (settings.spark_remote or "embedded Sail")


def _source(settings: Settings) -> str:
    return f"{settings.source}: {(open_source(settings).__doc__ or '').strip().splitlines()[0]}"


def _book(settings: Settings) -> str:
    with open_ledger(settings) as ledger:
        found = read_live(ledger)
    if found.unreadable:
        raise StrategyError("live but no longer readable:\n" + "\n".join(found.unreadable.values()))
    if not found.strategies:
        return "no strategy is live yet; longreach strategies import takes documents in"
    return f"{len(found.strategies):,} live strategies, all well-formed"


def _callers(settings: Settings) -> str:
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        numbers = [one for one in every_caller(connection) if one["state"] == "active"]
    if not numbers:
        return "none is in use, so nobody is called or written to; longreach callers import takes them in"
    if all(one["generated"] for one in numbers):
        return f"{len(numbers):,}, all made up for trying out; longreach callers import takes the bank's in"
    return f"{len(numbers):,} of the bank's own"


def _recipients(settings: Settings) -> str:
    strange = sorted(set(settings.recipients) - set(RECIPIENTS))
    if strange:
        raise SettingsError(f"recipients.{strange[0]}: lists go to {', '.join(RECIPIENTS)}")
    own = [name for name in RECIPIENTS if has_own_keys(recipient_of(settings, name))]
    for name in own:
        sealing_keys(settings, name)
        transport_of(name, settings=settings)
    made = sorted(set(RECIPIENTS) - set(own))
    if not made:
        return f"{len(own)}, all with keys of their own"
    return f"keys made here, for trying out, seal the lists of: {', '.join(made)}; see docs/recipients.md"


def _roles(settings: Settings) -> str:
    if not settings.roles:
        return "no role is given: everybody may do everything except approve his own; see docs/roles.md"
    given = sorted({role for roles in settings.roles.values() for role in roles})
    return f"{len(settings.roles):,} people have a role ({', '.join(given)}); whoever has none is denied"


def _console(settings: Settings) -> str:
    people = select(func.count()).select_from(CONSOLE_USERS).where(CONSOLE_USERS.c.left_at.is_(None))
    with open_ledger(settings) as ledger, ledger.engine.connect() as connection:
        count = connection.execute(people).scalar_one()
    provider = settings.console.oidc
    if provider is not None:
        discover(provider.issuer)
        return f"{count:,} may sign in, at {settings.console.public_url}; {provider.issuer} vouches for them"
    if not count:
        return "nobody may sign in yet; longreach console lets you in and prints a password"
    return f"{count:,} may sign in, at {settings.console.public_url}"
