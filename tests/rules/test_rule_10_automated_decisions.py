"""Who refuses automated marketing decisions leaves marketing; who wants no personalisation, too."""

import pytest
from pyspark.sql import SparkSession

from lake.tables.words import CHANNELS, SUPPRESSION_KINDS
from tests.rules.plain_people import happens, plain_people, verdicts
from tests.truth.person_states import EVERYWHERE


@pytest.mark.parametrize("channel", CHANNELS)
def test_rule_10_refusing_automated_decisions_ends_marketing_by_every_channel(
    engine: SparkSession, channel: str
) -> None:
    people = plain_people(4, channel=channel)
    for person, kind in enumerate(("refuses_automated_decisions", "no_personalisation")):
        word = SUPPRESSION_KINDS.index(kind)
        happens(people.suppressions, person, kind=word, channel=EVERYWHERE)
    ended = SUPPRESSION_KINDS.index("refuses_automated_decisions")
    happens(people.suppressions, 2, kind=ended, channel=EVERYWHERE, since=-9, until=-1)
    assert verdicts(engine, people) == ["refuses_automated_decisions", "no_personalisation", None, None]
