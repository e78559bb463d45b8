"""What Airflow itself has noted of the nights: files of its log, and lines of its own database."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from base.errors import LedgerError, StoreError
from base.settings import Settings
from jobs.up import airflow


def forget_airflow(settings: Settings, *, before: date, dry_run: bool = False) -> int:
    """Deletes what the Airflow of ``longreach up`` noted before a day of the calendar, and gives how many
    files of its log that were; ``dry_run``: only counts them.

    An Airflow that was set up otherwise is left alone. Raises LedgerError where its database refuses,
    StoreError where a file stays.
    """
    home = settings.home.resolve() / "airflow"
    moment = datetime(before.year, before.month, before.day, tzinfo=UTC)
    old = [
        path
        for path in sorted((home / "logs").rglob("*"))
        if path.is_file() and path.stat().st_mtime < moment.timestamp()
    ]
    # Every run leaves files: where none is old enough, no line of the database is.
    if old and not dry_run:
        _clean_database(settings, moment)
        try:
            for path in old:
                path.unlink(missing_ok=True)
                _remove_empty(path.parent, below=home / "logs")
        except OSError as error:
            raise StoreError(f"Airflow's log is kept long enough and stays ({error.strerror})") from error
    return len(old)


def _clean_database(settings: Settings, moment: datetime) -> None:
    command = (
        *(sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"),
        *("--error-on-cleanup-failure", "--clean-before-timestamp", moment.isoformat()),
    )
    # Within a task of Airflow's the address of its database is hidden; the service says it.
    environment = {**os.environ, **airflow(settings, port=0).environment}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise LedgerError(
            f"what Airflow noted before {moment.date()} was not deleted from its database (airflow db clean "
            f"ended with status {done.returncode}); run longreach retention again, or that by hand"
        )


def _remove_empty(folder: Path, *, below: Path) -> None:
    while folder != below and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
