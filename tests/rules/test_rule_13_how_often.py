"""At most one contact a day, three a week, over everything and every number; refusals cool off 6 months."""

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from base.settings import Contact
from lake.tables.words import CHANNELS, RESULTS
from tests.outreach.rooms import POSSIBLE, decided, rooms
from tests.rules.plain_people import happens, plain_people, verdicts
from tests.truth.person_states import MARKETING, SERVICE

PUSH, SMS, CALL = (CHANNELS.index(channel) for channel in ("push", "sms", "ai_call"))
REFUSED, COMPLAINED = RESULTS.index("refused"), RESULTS.index("complained")


def test_rule_13_contacts_of_all_campaigns_channels_and_numbers_count_together(engine: SparkSession) -> None:
    people = plain_people(9)
    happens(people.contacts, 0, on=0, channel=PUSH)  # another system, another channel, that very day
    happens(people.contacts, 1, on=0, purpose=SERVICE)  # no campaign
    for on in (-6, -5):
        happens(people.plan, 2, on=on)
        happens(people.plan, 3, on=on)
        happens(people.plan, 4, on=on)
    happens(people.contacts, 2, on=-1, purpose=MARKETING)  # the third in seven days
    happens(people.contacts, 3, on=-7)  # was the day before those seven
    happens(people.plan, 4, on=-1, fate=1)  # held out, and counted like a contact made
    people.number[6] = people.number[5]
    happens(people.contacts, 5, on=0)  # binds who shares the number
    people.number[8] = people.number[7]
    for person, on in ((7, -1), (7, -2), (8, -3)):
        happens(people.plan, person, on=on)
    day, week = "contacted_that_day", "contacted_that_week"
    assert verdicts(engine, people) == [day, None, week, None, week, day, day, week, week]


def test_rule_13_accounts_tied_by_the_id_number_alone_are_one_person(engine: SparkSession) -> None:
    """Each two have numbers of their own. The last contact was with an account that has ended since."""
    people = plain_people(10)
    people.person[:] = np.arange(10) // 2
    happens(people.contacts, 0, on=0)
    for person, on in ((2, -6), (3, -5), (2, -1)):
        happens(people.plan, person, on=on)
    happens(people.outcomes, 4, on=-400, result=REFUSED, channel=SMS)
    happens(people.contacts, 6, on=-1, result=COMPLAINED, channel=PUSH)
    people.registered[8] = people.has_number_row[8] = False
    happens(people.contacts, 8, on=0)
    day, week, for_good, lately = (
        "contacted_that_day",
        "contacted_that_week",
        "refused_this_way",
        "refused_lately",
    )
    found = verdicts(engine, people)
    assert found[:8] == [day, day, week, week, for_good, for_good, lately, lately]
    assert found[9] == day


def test_rule_13_tonight_a_person_gets_one_contact_over_all_accounts() -> None:
    """Two accounts of one person at two numbers, somebody at the second, and somebody else."""
    ties = {"a": ("n1", "p"), "b": ("n2", "p"), "c": ("n2", None), "d": ("n3", None)}
    usual = {"strategy": "a", "step": 1, "channel": "push", "segment": "S01", "arm": "treatment", "hour": 10}
    rows = [
        {"customer": who, "number": number, "person": person, "value": 5.0, "cost": 1.0, **usual}
        for who, (number, person) in ties.items()
    ]
    plan = decided(pa.Table.from_pylist(rows, schema=POSSIBLE), rooms({"push": 9}, {"a": 9})).plan
    chosen = [row["customer"] for row in plan.to_pylist() if row["fate"] == "contact"]
    assert len(chosen) == 2
    assert "d" in chosen


def test_rule_13_a_refusal_closes_its_means_for_good_and_all_for_six_months(engine: SparkSession) -> None:
    """Seen from 31 August: six months before is the last of February, 184 days ago."""
    people = plain_people(6)
    happens(people.contacts, 0, on=-400, result=REFUSED, channel=SMS)
    happens(people.outcomes, 1, on=-400, result=COMPLAINED, channel=SMS)
    happens(people.outcomes, 2, on=-184, result=REFUSED, channel=CALL)
    happens(people.contacts, 3, on=-185, result=REFUSED, channel=CALL)
    happens(people.contacts, 4, on=-1, result=REFUSED, channel=PUSH, purpose=SERVICE)
    for_good, lately = "refused_this_way", "refused_lately"
    assert verdicts(engine, people) == [for_good, for_good, lately, None, lately, None]


def test_rule_13_the_limits_can_be_tightened_only() -> None:
    for looser in ({"per_day": 2}, {"per_week": 4}, {"refusal_months": 5}):
        with pytest.raises(ValidationError, match=next(iter(looser))):
            Contact.model_validate(looser)
    assert Contact.model_validate({"per_day": 0, "refusal_months": 12}).refusal_months == 12
