"""The last verdict over the trail, as it is kept."""

from datetime import UTC, datetime
from pathlib import Path

from ledger.audit.verdicts import keep, last
from ledger.audit.verify import Fault, Verdict

NIGHT = datetime(2026, 7, 2, 1, 30, tzinfo=UTC)


def test_a_verdict_is_kept_with_the_moment_it_was_given_at(tmp_path: Path) -> None:
    assert last(tmp_path) is None
    bent = Verdict(
        intact_to=1, witnessed=1, checkpoints=1, fault=Fault(number=2, bend="edited", words="it was edited")
    )
    whole = Verdict(intact_to=2, witnessed=1, checkpoints=1, fault=None)
    for verdict in (bent, whole):
        keep(verdict, tmp_path, now=NIGHT)
        assert last(tmp_path) == (NIGHT, verdict)
