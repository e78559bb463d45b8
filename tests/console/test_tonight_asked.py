"""What is asked of tonight's plan: what if something were otherwise, and why one customer."""

import re
from urllib.parse import parse_qsl

import pyarrow.compute as pc
import pytest
from sqlalchemy import select

from benchmarks.console_outage import stopped
from lake.glance import Glance
from lake.tables import PLAN
from ledger.audit import trail
from ledger.schema import AUDIT
from tests.console.desk import Desk, settled
from tests.console.test_tonight import LAST, cells


def test_what_if_is_answered_and_nothing_is_written(night_desk: Desk) -> None:
    before = Glance(night_desk.settings.lake_folder).read(PLAN, as_of=LAST)
    visitor = night_desk.visitor("segment_manager")
    path = "/tonight/what-if?push=0&sms=50"
    assert visitor.post("/tonight/what-if", sms="50", push="0").headers["location"] == f"{path}#answer"
    (asks,) = re.findall(r'data-asks="([^"]*)"', visitor.get(path).text)
    assert settled(visitor, asks) == "done"
    page = visitor.get(path).text
    assert cells(page, "The plan as it is")["Text message"] == ["40", "60", "+20"]
    assert "under 10 keep theirs" not in page
    assert Glance(night_desk.settings.lake_folder).read(PLAN, as_of=LAST).equals(before)


def test_what_fails_says_why_and_is_asked_again_only_when_somebody_wants_it(night_desk: Desk) -> None:
    visitor = night_desk.visitor("approver")
    told = {"more": "carrier_pigeon.capacity=5"}
    path = visitor.post("/tonight/what-if", **told).headers["location"].removesuffix("#answer")
    (asks,) = re.findall(r'data-asks="([^"]*)"', visitor.get(path).text)
    assert settled(visitor, asks) == "failed"
    page = visitor.get(path).text
    assert "there is no channel, skill, strategy or floor" in page
    assert "data-asks" not in page
    assert "Ask again" in page
    assert f'name="more" value="{told["more"]}"' in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("sms=x", "whole number"),
        ("sms=501", "whole number"),
        ("pause=<script>", "no strategy called"),
        ("more=" + "%0Asms.budget%3D500" * 13, "12 more changes at most"),
    ],
)
def test_a_what_if_that_does_not_read_is_shown_again(night_desk: Desk, asked: str, words: str) -> None:
    visitor = night_desk.visitor("approver")
    sent = visitor.post("/tonight/what-if", **dict(parse_qsl(asked)))
    for answer in (sent, visitor.get(f"/tonight/what-if?{asked}")):
        assert answer.status_code == 400
        assert words in answer.text
        assert "<script>" not in answer.text
        assert "data-asks" not in answer.text


def test_why_one_customer_is_told_to_who_asked_and_recorded(
    night_desk: Desk,
) -> None:
    plan = Glance(night_desk.settings.lake_folder).read(PLAN, as_of=LAST)
    one = plan.filter(pc.field("fate") == "contact").to_pylist()[0]
    visitor = night_desk.visitor("data_scientist")
    place = visitor.post("/tonight/why", customer=one["customer"]).headers["location"]
    assert one["customer"] not in place
    (line,) = trail(night_desk.ledger, action="customer looked at", subject=one["customer"])
    assert line["actor"] == "data_scientist"
    assert settled(visitor, place.replace("?", "/state?")) == "done"
    page = visitor.get(place).text
    assert one["customer"] in page
    assert "is contacted" in page
    assert one["strategy"] in page
    assert one["customer"] not in night_desk.visitor("compliance").get(place).text


TYPED = ("13812345678", "张伟", "110101199003070011", "C12345678901", "", "<script>x</script>")


@pytest.mark.parametrize("typed", TYPED)
def test_a_customer_goes_by_token_alone(night_desk: Desk, typed: str) -> None:
    with night_desk.ledger.engine.connect() as connection:
        before = connection.execute(select(AUDIT.c.id).order_by(AUDIT.c.id.desc()).limit(1)).scalar_one()
    visitor = night_desk.visitor("compliance")
    answer = visitor.post("/tonight/why", customer=typed)
    assert answer.status_code == 400
    assert not typed or typed not in answer.text
    with night_desk.ledger.engine.connect() as connection:
        since = connection.execute(select(AUDIT.c.action).where(AUDIT.c.id > before)).scalars().all()
    assert "customer looked at" not in since


def test_what_was_typed_of_a_customer_is_shown_no_more_while_the_database_is_away(night_desk: Desk) -> None:
    visitor = night_desk.visitor("compliance")
    with stopped(night_desk.settings):
        answers = {typed: visitor.post("/tonight/why", customer=typed) for typed in filter(None, TYPED)}
    assert {answer.status_code for answer in answers.values()} == {503}
    assert not [typed for typed, answer in answers.items() if typed in answer.text]
