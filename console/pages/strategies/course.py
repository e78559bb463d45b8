"""How a strategy that runs gets on: its contacts tonight, and what its experiment says."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from base.errors import ScheduleError
from console.pages.page import Visit
from console.pages.tonight.night import plan_of
from console.words.verdicts import NAMES
from jobs.experiment_tables import glanced
from jobs.nights import decided_nights
from lake.tables import VERDICTS_TABLE


def course(visit: Visit, name: str) -> Mapping[str, Any]:
    """The night that was decided last, the strategy's contacts in it against its most (null for fewer than
    ten), and the advice on its experiment; none of it where nothing is known yet."""
    with visit.ledger.engine.connect() as connection:
        nights = decided_nights(connection)
    plan = plan_of(visit, nights[-1]) if nights else None
    limits = plan.limits if plan else []
    own = next(
        (one for one in limits if one["kind"] == "strategy" and one["name"].endswith(f".{name}")), None
    )
    return {"as_of": plan.as_of if plan else None, "contacts": own, "verdict": _verdict(visit, name)}


def _verdict(visit: Visit, name: str) -> Any:
    with suppress(ScheduleError):
        found = glanced(visit.lake, visit.ledger).rows(VERDICTS_TABLE, {"strategy": [name]})
        if len(found):
            return NAMES[found["verdict"].iloc[0]]
    return None
