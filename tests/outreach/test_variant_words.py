"""Every arm hears its own words, and what leaves the house does not say which arm it is for."""

from datetime import date

import pyarrow as pa

from base.settings import Contact
from lake.tables.words import TREATED
from outreach.channels.channel import load_channels
from outreach.release import Words, build_lists, contact_lists, recipients_of
from outreach.release.files import as_csv, tables_of
from strategies.document import Strategy
from strategies.experiment import Experiment, Variant
from tests.experiments.arm_world import document

NIGHT = date(2026, 7, 1)
VARIANTS = {
    "treatment_b": Variant(share=0.3, scripts={"touch 1": "短一些的话。"}),
    "treatment_c": Variant(share=0.3, scripts={"touch 2": "换一种说法。"}),
}


def _strategy() -> Strategy:
    plain = document("fund_plain", Experiment())
    experiment = {"holdout": 0.2, "variants": VARIANTS}
    return Strategy.model_validate(plain.model_dump() | {"experiment": experiment})


def _released(arms: list[str]) -> tuple[dict[tuple[str, int], str], str]:
    """The payload by arm and step, and all bytes that leave."""
    channels = load_channels()
    rows = [(arm, step) for arm in arms for step in (1, 2)]
    people = pa.table(
        {
            "customer": [f"c{place}" for place in range(len(rows))],
            "name": ["张三丰"] * len(rows),
            "phone": ["13812345678"] * len(rows),
        }
    )
    chosen = pa.table(
        {
            "contact": [f"k{place:02d}" for place in range(len(rows))],
            "address": [f"d{place:02d}" for place in range(len(rows))],
            "customer": people["customer"],
            "strategy": ["fund_plain"] * len(rows),
            "step": pa.array([step for _, step in rows], pa.int32()),
            "channel": ["sms" if step == 1 else "push" for _, step in rows],
            "arm": [arm for arm, _ in rows],
            "hour": pa.array([10] * len(rows), pa.int32()),
            "number": ["n0"] * len(rows),
            "caller": ["95000"] * len(rows),
            "elderly": [False] * len(rows),
        }
    )
    lists = build_lists(
        chosen,
        identities=people,
        words=Words.of([_strategy()]),
        channels=channels,
        as_of=NIGHT,
        contact=Contact(),
    )
    tables = [
        tables_of(lists, recipient=recipient, identities=people, channels=channels, as_of=NIGHT)
        for recipient in recipients_of(channels)
    ]
    told = contact_lists(lists, channels=channels)
    payload = dict(zip(told["contact"].to_pylist(), told["payload"].to_pylist(), strict=True))
    bytes_out = b"".join(as_csv(table) for of in tables for table in of.values())
    return {row: payload[f"k{place:02d}"] for place, row in enumerate(rows)}, bytes_out.decode()


def test_an_arm_gets_its_own_script_behind_the_lawful_opening() -> None:
    said, _ = _released(["treatment", "treatment_b", "treatment_c"])
    assert "短一些的话。" in said["treatment_b", 1]
    assert "拒收请回复R" in said["treatment_b", 1]
    assert "换一种说法。" in said["treatment_c", 2]
    assert "系统自动推送" in said["treatment_c", 2]
    own = {step: said["treatment", step].split('"text"')[1] for step in (1, 2)}
    assert said["treatment_b", 2].split('"text"')[1] == own[2]
    assert said["treatment_c", 1].split('"text"')[1] == own[1]


def test_an_arm_that_the_document_gave_up_gets_the_words_of_the_strategy() -> None:
    said, _ = _released(["treatment", "treatment_d"])
    assert said["treatment_d", 1].split('"text"')[1] == said["treatment", 1].split('"text"')[1]


def test_nothing_that_leaves_names_an_arm() -> None:
    _, everything = _released(list(TREATED))
    assert "treatment" not in everything
