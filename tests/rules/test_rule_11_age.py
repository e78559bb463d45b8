"""Under 18 or of unknown age: never. Elderly: a human first, no high-risk product, no pure-AI journey."""

from datetime import date

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from outreach.release import Words
from strategies.document import Strategy
from strategies.folder import read_folder
from strategies.opening import opening
from tests.rules.plain_people import plain_people, verdicts
from tests.truth.person_states import NEVER, People


def born(people: People, months: list[tuple[int, int]]) -> People:
    for person, (year, month) in enumerate(months):
        people.born_year[person], people.born_month[person] = year, month
    return people


def test_rule_11_nobody_under_18_or_of_unknown_age(engine: SparkSession) -> None:
    """On 31 August 2026: who was born in August 2008 may be 17 still by the law's count of years."""
    people = born(plain_people(5), [(2008, 9), (2008, 8), (2008, 7), (NEVER, NEVER), (1990, 1)])
    people.registered[4] = False
    assert verdicts(engine, people) == ["underage", "underage", None, "underage", "underage"]


@pytest.mark.parametrize(
    ("channel", "kind", "verdict"),
    [
        ("ai_call", "deposit", "elderly_by_human"),
        ("sms", "deposit", "elderly_by_human"),
        ("push", "deposit", "elderly_by_human"),
        ("human_call", "fund", "elderly_risk"),
        ("human_call", "wealth", "elderly_risk"),
        ("human_call", "deposit", None),
    ],
)
def test_rule_11_the_elderly_are_spoken_to_by_people_and_offered_no_risk(
    engine: SparkSession, channel: str, kind: str, verdict: str | None
) -> None:
    people = born(plain_people(2, channel=channel, kind=kind), [(1961, 8), (1961, 9)])
    assert verdicts(engine, people) == [verdict, None]


def test_rule_11_people_say_words_of_their_own_to_the_elderly_in_every_arm() -> None:
    document = next(one for one in read_folder() if one.name == "deposit_merchant_sweep").model_dump()
    called = document["funnel"][2]["name"]
    variant = {"share": 0.3, "scripts": {called: "换一种说法。"}}
    document["experiment"]["variants"] = {"treatment_b": variant}
    strategy = Strategy.model_validate(document)
    rows = pa.table(
        {
            "strategy": [strategy.name] * 4,
            "step": pa.array([3] * 4, pa.int32()),
            "arm": ["treatment", "treatment", "treatment_b", "treatment_b"],
            "elderly": [False, True, False, True],
            "masked_name": ["张**"] * 4,
        }
    )
    words = Words.of([strategy])
    said = words.spoken(words.placed(rows), last_day=date(2026, 7, 2), as_written=False)["text"].to_pylist()
    assert said[1] == said[3]
    assert len({said[0], said[1], said[2]}) == 3
    assert said[1].startswith(opening("human_call", kind="deposit"))
    assert "我慢慢给您讲" in said[1]
    assert "换一种说法" in said[2]
