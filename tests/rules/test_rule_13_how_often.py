"""At most one contact a day, three a week, over everything and every number; refusals cool off 6 months."""

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from base.settings import Contact
from lake.tables.words import CHANNELS, RESULTS
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
