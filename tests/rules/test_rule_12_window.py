"""Contacts end inside 9:00 to 20:00; overseas numbers and whatever is no mainland mobile are refused."""

from datetime import timedelta

import pyarrow as pa
import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from base.settings import Contact
from sources.numbers import classify
from tests.rules.plain_people import plain_people, verdicts
from tests.truth.person_states import NEVER, NUMBER_KINDS

HOURS = [8, 9, 18, 19, 20, NEVER]
OUT = "outside_hours"


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("sms", [OUT, None, None, None, OUT, OUT]),
        # A call of an hour may begin in its last minute: the last hour is too late for it.
        ("human_call", [OUT, None, None, OUT, OUT, OUT]),
    ],
)
def test_rule_12_the_whole_contact_is_inside_the_window(
    engine: SparkSession, channel: str, expected: list[str | None]
) -> None:
    people = plain_people(len(HOURS), channel=channel)
    people.hour[:] = HOURS
    assert verdicts(engine, people) == expected


@pytest.mark.parametrize(("off", "verdict"), [(0, OUT), (1, None)])
def test_rule_12_nobody_is_contacted_on_a_holiday(
    engine: SparkSession, off: int, verdict: str | None
) -> None:
    """Seen from the day itself and from the day before."""
    people = plain_people(1)
    contact = Contact.model_validate({"holidays": [str(people.day + timedelta(days=off))]})
    assert verdicts(engine, people, contact=contact) == [verdict]


def test_rule_12_overseas_and_unknown_numbers_are_refused(engine: SparkSession) -> None:
    phones = ["13800138000", "+86 13800138000", "+852 6123 4567", "+853 6612 3456", "+886 912 345 678"]
    phones += ["+1 202 555 0123", "010-62345678", "12345", ""]
    kinds = classify(pa.array(phones))["kind"].to_pylist()
    people = plain_people(len(phones))
    people.number_kind[:] = [NUMBER_KINDS.index(kind) for kind in kinds]
    assert verdicts(engine, people) == [None] * 2 + ["no_mobile_number"] * (len(phones) - 2)


def test_rule_12_the_window_cannot_be_opened_beyond_the_law() -> None:
    for wider in ({"hour_from": 7}, {"hour_to": 22}):
        with pytest.raises(ValidationError, match=next(iter(wider))):
            Contact.model_validate(wider)
