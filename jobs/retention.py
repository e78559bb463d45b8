"""What has been kept long enough goes, in every store; what the law wants kept stays until then."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from sqlalchemy import delete, func, select

from base.errors import StoreError
from base.settings import Retention
from jobs.airflow_records import forget_airflow
from jobs.job import Frames, Night, job
from jobs.matter import HANDED_OUT, HELD_OUT
from jobs.person_data import declared_tables
from jobs.person_erase import evidence_until
from jobs.run import STEPS, find_job
from lake.table import Classification, Table
from lake.tables import CONSENTS, CONTACT_LISTS, HELD_BACK, PLAN
from ledger.audit import record
from ledger.database import Ledger
from ledger.schema import RELEASE_CONTENT, RELEASED_CONTACTS, RELEASES
from models.shelf import open_shelf
from outreach.revocations import forget_released
from outreach.vault import Vault

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SETTLED = ("delivered", "acknowledged", "withdrawn", "expired")
_GIVEN = (CONTACT_LISTS, PLAN, HELD_BACK)
_ABOUT_PEOPLE = (Classification.TOKEN, Classification.QUASI, Classification.SENSITIVE)


@dataclass(frozen=True, kw_only=True)
class Cutoffs:
    """First business dates that are kept. ``evidence``: of contacts made; ``consent``: what was agreed to;
    ``logs``: how a night was decided; ``given``: what was given to whom."""

    evidence: date
    consent: date
    logs: date
    given: date

    @classmethod
    def of(cls, retention: Retention, *, as_of: date) -> "Cutoffs":
        """Seen from ``as_of``; the settings cannot be below what the law asks for."""

        kept = evidence_until(as_of, retention) - as_of
        return cls(
            evidence=as_of - kept,
            consent=_months_before(as_of, max(retention.consent_proof_months, retention.log_months)),
            logs=_months_before(as_of, retention.log_months),
            given=_months_before(as_of, 12 * retention.processor_record_years),
        )


@dataclass(frozen=True, kw_only=True)
class Gone:
    """What went of one place, all of dates before ``before``. ``count``: rows, files, or parts of a list."""

    store: str
    name: str
    before: date
    count: int


@job(reads=(), writes=(), deletes=True)
def retention(night: Night, _frames: Frames) -> Mapping[Table, DataFrame]:
    """Deletes what has been kept long enough, in every store."""
    for one in apply_retention(night):
        night.progress(f"{one.store} {one.name}: {one.count:,} of before {one.before} are gone")
    return {}


def apply_retention(night: Night, *, dry_run: bool = False) -> list[Gone]:
    """Deletes what is older than the settings keep it, seen from the night's date; ``dry_run``: only says so.

    Opt-outs, the audit and what later nights build on (refusals, complaints, arms) stay: a person's part of
    the last goes by ``longreach person erase``. No job may run meanwhile (``undisturbed``).
    """
    cutoffs = Cutoffs.of(night.settings.retention, as_of=night.as_of)
    gone = [
        *_from_lake(night, cutoffs, dry_run=dry_run),
        *_from_ledger(night, cutoffs, dry_run=dry_run),
        *_from_folders(night, cutoffs, dry_run=dry_run),
        *_from_services(night, cutoffs, dry_run=dry_run),
    ]
    if not dry_run:
        forgotten = Vault(night.settings).forget(cutoffs.logs)
        gone.append(Gone(store="vault", name="ended identities", before=cutoffs.logs, count=forgotten))
        told = {f"{one.store} {one.name}": one.count for one in gone if one.count}
        record(
            night.ledger,
            actor="retention",
            action="retention applied",
            subject=night.as_of.isoformat(),
            detail=told,
        )
    return [one for one in gone if one.count]


def table_cutoffs(cutoffs: Cutoffs) -> dict[Table, date]:
    """From when on each table of the lake is kept, where it is not kept for good.

    A table about people that steps read for their own date alone says how that night was decided. What a
    step reads of earlier nights is built on, and stays.
    """
    built_on = {
        read.table for step in (*STEPS, "report") for read in find_job(step).reads if read.scope != "at"
    }
    nightly = [
        table
        for table in declared_tables()
        if table not in built_on
        and table.delivery != "events"
        and any(column.classification in _ABOUT_PEOPLE for column in table.columns)
    ]
    return {
        **dict.fromkeys(nightly, cutoffs.logs),
        CONSENTS: cutoffs.consent,
        **dict.fromkeys(_GIVEN, cutoffs.given),
    }


def _from_lake(night: Night, cutoffs: Cutoffs, *, dry_run: bool) -> Iterator[Gone]:
    for table, before in table_cutoffs(cutoffs).items():
        if dry_run:
            count = night.store.read(table, as_of=before, scope="before").count()
        else:
            count = night.store.drop_before(table, before)
        yield Gone(store="lake", name=table.name, before=before, count=count)


def _from_ledger(night: Night, cutoffs: Cutoffs, *, dry_run: bool) -> Iterator[Gone]:
    before, content = cutoffs.evidence, RELEASE_CONTENT.c
    settled = select(RELEASES.c.as_of, RELEASES.c.recipient).where(
        RELEASES.c.as_of < before, RELEASES.c.state.in_(_SETTLED)
    )
    with night.ledger.engine.begin() as connection:
        lists = connection.execute(settled.order_by(RELEASES.c.as_of)).all()
        parts = 0
        for as_of, recipient in lists:
            own = (content.as_of == as_of) & (content.recipient == recipient)
            if dry_run:
                held = select(func.count()).select_from(RELEASE_CONTENT).where(own)
                parts += connection.execute(held).scalar_one()
            else:
                parts += connection.execute(delete(RELEASE_CONTENT).where(own)).rowcount
        old = select(func.count()).where(RELEASED_CONTACTS.c.as_of < before)
        contacts = (
            connection.execute(old).scalar_one() if dry_run else forget_released(connection, before=before)
        )
    yield Gone(store="ledger", name=RELEASE_CONTENT.name, before=before, count=parts)
    yield Gone(store="ledger", name=RELEASED_CONTACTS.name, before=before, count=contacts)


def _from_folders(night: Night, cutoffs: Cutoffs, *, dry_run: bool) -> Iterator[Gone]:
    home = night.settings.home
    own_landing = [] if night.settings.landing else [(home / "landing", "*", cutoffs.evidence)]
    for folder, pattern, before in (
        (night.settings.outbox_folder, "*/*", cutoffs.evidence),
        (home / "inbox", "*", cutoffs.evidence),
        (home / HANDED_OUT, "*", cutoffs.evidence),
        (home / HELD_OUT, "*", cutoffs.evidence),
        (night.settings.reports_folder, "*.html", cutoffs.logs),
        *own_landing,
    ):
        old = [path for path in sorted(folder.glob(pattern)) if _is_before(path, before)]
        if not dry_run:
            for path in old:
                _remove(path)
        yield Gone(store=folder.name, name="files", before=before, count=len(old))


def _from_services(night: Night, cutoffs: Cutoffs, *, dry_run: bool) -> Iterator[Gone]:
    """What MLflow and Airflow hold. Airflow knows no night's date, so what it holds ages by the calendar."""
    settings = night.settings
    # Opening an empty shelf would first set up MLflow's database.
    if settings.mlflow_tracking_uri or any((settings.home / "models").glob("*/*")):
        shelf = open_shelf(settings)
        outdated = shelf.outdated(cutoffs.logs)
        if not dry_run:
            for version in outdated:
                shelf.drop(version)
        yield Gone(store="models", name="versions", before=cutoffs.logs, count=len(outdated))
    before = _months_before(_today(night.ledger), settings.retention.log_months)
    files = forget_airflow(settings, before=before, dry_run=dry_run)
    yield Gone(store="airflow", name="log files", before=before, count=files)


def _today(ledger: Ledger) -> date:
    with ledger.engine.connect() as connection:
        today: date = connection.execute(select(func.current_date())).scalar_one()
        return today


def _months_before(day: date, count: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(months=count)).date()


def _is_before(path: Path, day: date) -> bool:
    found = _DAY.search(path.name)
    return found is not None and found[0] < day.isoformat()


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path.name} is kept long enough and was not deleted ({error.strerror})") from error
