"""Open complaint, litigation, deceased, bank staff, do-not-disturb register: suppressed."""

import pytest
from pyspark.sql import SparkSession

from lake.tables.words import CHANNELS, SUPPRESSION_KINDS
from tests.rules.plain_people import happens, plain_people, verdicts
from tests.truth.person_states import EVERYWHERE, NEVER, NO_WORD

SMS, CALL = CHANNELS.index("sms"), CHANNELS.index("ai_call")
KINDS = ("complaint_open", "litigation", "deceased", "staff", "do_not_disturb")


@pytest.mark.parametrize("kind", KINDS)
def test_rule_14_who_is_to_be_left_alone_is(engine: SparkSession, kind: str) -> None:
    people, word = plain_people(6), SUPPRESSION_KINDS.index(kind)
    happens(people.suppressions, 0, kind=word, channel=EVERYWHERE, since=0)
    happens(people.suppressions, 1, kind=word, channel=SMS, until=0)
    happens(people.suppressions, 2, kind=word, channel=NO_WORD, since=NEVER)  # what is not told binds
    happens(people.suppressions, 3, kind=word, channel=EVERYWHERE, since=1)  # begins tomorrow
    happens(people.suppressions, 4, kind=word, channel=EVERYWHERE, since=-9, until=-1)  # is over
    assert verdicts(engine, people) == [kind, kind, kind, None, None, None]


def test_rule_14_the_register_binds_a_number_by_its_channel(engine: SparkSession) -> None:
    people, register = plain_people(4), SUPPRESSION_KINDS.index("do_not_disturb")
    people.number[1], people.number[3] = people.number[0], people.number[2]
    happens(people.suppressions, 0, kind=register, channel=SMS)
    happens(people.suppressions, 2, kind=register, channel=CALL)
    assert verdicts(engine, people) == ["do_not_disturb", "do_not_disturb", None, None]
