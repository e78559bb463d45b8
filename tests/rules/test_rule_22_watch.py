"""Alerts at 25, 250 and 2,500 rows, off-hours, enumeration and more; switches stop what they name."""

from datetime import UTC, datetime, timedelta

import pytest

from base.settings import Watch
from outreach.stops import Scope, throw_switch
from outreach.watch.alerts import kinds
from outreach.watch.looks import Look, signs_of
from tests.outreach.release_world import House, touches_by_channel

WATCH = Watch()  # type: ignore[call-arg]
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)  # in Shanghai
WANTED = {
    "rows_noticed",
    "rows_many",
    "rows_far_too_many",
    "off_hours",
    "enumeration",
    "canary_touched",
    "drop_rate",
    "opt_out_lag",
    "list_size",
}


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (24, set()),
        (25, {"rows_noticed"}),
        (250, {"rows_many"}),
        (2_500, {"rows_far_too_many"}),
    ],
)
def test_rule_22_rows_of_one_actor_in_a_day_alarm_in_three_steps(rows: int, kind: set[str]) -> None:
    looks = [Look(at=NOON, rows=rows - 1), Look(at=NOON + timedelta(hours=1), rows=1)]
    assert {sign.kind for sign in signs_of(looks, watch=WATCH)} == kind


def test_rule_22_every_alarm_of_the_rules_is_declared() -> None:
    assert set(kinds()) >= WANTED


@pytest.mark.parametrize("scope", ["strategy", "channel", "all"])
def test_rule_22_a_switch_stops_a_strategy_a_channel_or_all(house: House, scope: Scope) -> None:
    stopped = touches_by_channel()[0]
    name = {"strategy": str(stopped["strategy"]), "channel": str(stopped["channel"]), "all": "all"}[scope]
    throw_switch(house.night.ledger, scope, name, stopped=True, actor="王敏", reason="complaints")
    house.release()
    left = house.lists()
    assert not [row for row in left if scope == "all" or row[scope] == name]
    assert bool(left) == (scope != "all")
