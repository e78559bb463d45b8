"""A script opens with bank, purpose, that it is an AI where it is, how to stop, how to reach a human."""

import csv
import io

import pytest

from lake.tables.words import CHANNELS, PRODUCTS
from strategies.document import Strategy
from strategies.folder import read_folder
from strategies.opening import BANK, opening
from tests.outreach.release_world import House

STOP = {
    "push": "不想再收到",
    "sms": "拒收请回复R",
    "ai_call": "“不需要”",
    "human_call": "“不需要”",
}
HUMAN = {"push": "人工客服", "sms": "人工客服", "ai_call": "“转人工”", "human_call": "人工"}
ABOUT = ("存款", "贷款", "理财", "基金", "银行卡", "分期", "手机银行")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", PRODUCTS)
def test_rule_16_an_author_who_forgets_the_opening_gets_it_put_in_front(channel: str, kind: str) -> None:
    strategy = next(iter(read_folder()))
    document = strategy.model_dump(mode="json")
    document["kind"] = document["goal"]["product"] = kind
    touch = {**document["funnel"][0], "channel": channel, "script": "今天只说一句话。"}
    document["funnel"], document["experiment"]["variants"] = [touch], {}
    script = Strategy.model_validate(document).funnel[0].script
    head, said, rest = script.partition("今天只说一句话。")
    assert said
    assert not rest
    assert BANK in head
    assert any(word in head for word in ABOUT)
    assert STOP[channel] in head
    assert HUMAN[channel] in head
    assert ("AI" in head) == (channel == "ai_call")


def test_rule_16_what_leaves_for_the_ai_caller_opens_so(released: House) -> None:
    rows = list(csv.DictReader(io.StringIO(released.files("ai_dialler")["ai_call.csv"].decode())))
    openings = tuple(opening("ai_call", kind=kind) for kind in PRODUCTS)
    assert rows
    assert all(row["text"].startswith(openings) for row in rows)
