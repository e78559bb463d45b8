"""Consent per purpose and channel, in date; else dropped with a reason code."""

from pyspark.sql import SparkSession

from lake.tables.words import CHANNELS
from tests.rules.plain_people import plain_people, verdicts
from tests.truth.person_states import NEVER, SERVICE

SMS, CALL = CHANNELS.index("sms"), CHANNELS.index("ai_call")
WRONG = (
    {"purpose": SERVICE},
    {"channel": CALL},
    {"granted": 0},
    {"granted": NEVER},
    {"valid_from": 1},
    {"valid_from": NEVER},
    {"valid_until": -1},
    {"known_on": 0},
    {"known_on": NEVER},
)


def test_rule_8_consent_is_for_this_purpose_and_channel_in_force_and_known(engine: SparkSession) -> None:
    people = plain_people(len(WRONG) + 4)
    for person, change in enumerate(WRONG):
        for name, value in change.items():
            people.consents.words[name][person] = value
    missing, first, last, plain = range(len(WRONG), people.people)
    people.consents.here[missing] = False
    people.consents.words["valid_from"][first] = 0
    people.consents.words["valid_until"][last] = 0
    people.consents.words["known_on"][last] = -1
    found = verdicts(engine, people)
    assert found[: missing + 1] == ["no_consent"] * (missing + 1)
    assert [found[one] for one in (first, last, plain)] == [None, None, None]
