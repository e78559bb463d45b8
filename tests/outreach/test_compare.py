"""Two plans side by side."""

from collections.abc import Sequence

import pyarrow as pa

from lake.tables import PLAN
from outreach.arbitrate.compare import Difference, Moved, compare

Contact = tuple[str, str, str, int]
BEFORE: tuple[Contact, ...] = (
    ("c1", "loans", "sms", 9),
    ("c2", "loans", "sms", 9),
    ("c3", "funds", "human_call", 10),
    ("c4", "funds", "human_call", 10),
)


def plan(
    chosen: Sequence[Contact], *, passed_over: Sequence[Contact] = (), held: Sequence[Contact] = ()
) -> pa.Table:
    fates = {"contact": chosen, "capacity": passed_over, "held_out": held}
    rows = [
        {
            "customer": customer,
            "strategy": strategy,
            "step": 1,
            "channel": channel,
            "hour": hour,
            "fate": fate,
        }
        for fate, contacts in fates.items()
        for customer, strategy, channel, hour in contacts
    ]
    return pa.Table.from_pylist(rows, schema=PLAN.arrow_schema())


def test_a_plan_beside_itself_does_not_change() -> None:
    shuffled = plan(BEFORE[::-1])
    assert compare(plan(BEFORE), shuffled) == Difference(
        channels=(Moved(name="human_call", before=2, after=2), Moved(name="sms", before=2, after=2)),
        strategies=(),
        same=4,
        other_hour=0,
        another=0,
        gained=0,
        lost=0,
    )


def test_what_changes_is_counted_once() -> None:
    after = (
        ("c1", "loans", "sms", 11),
        ("c2", "funds", "human_call", 9),
        ("c3", "funds", "human_call", 10),
        ("c5", "cards", "push", 9),
        ("c6", "cards", "push", 9),
    )
    found = compare(
        plan(BEFORE, held=[("c9", "loans", "sms", 9)]),
        plan(after, passed_over=[("c4", "funds", "human_call", 10)]),
    )
    assert (found.same, found.other_hour, found.another, found.gained, found.lost) == (2, 1, 1, 2, 1)
    assert found.channels == (
        Moved(name="push", before=0, after=2),
        Moved(name="sms", before=2, after=1),
        Moved(name="human_call", before=2, after=2),
    )
    assert found.strategies == (
        Moved(name="cards", before=0, after=2),
        Moved(name="loans", before=2, after=1),
    )


def test_a_night_without_contacts_is_compared_too() -> None:
    assert compare(plan([]), plan([])) == Difference(
        channels=(), strategies=(), same=0, other_hour=0, another=0, gained=0, lost=0
    )
    assert compare(plan([]), plan(BEFORE)).gained == len(BEFORE)
