"""A person's request at the console: found by number, handed out, erased; the number stays nowhere."""

import json
import os
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from sqlalchemy import Text, cast, func, select

from benchmarks.console_outage import stopped
from jobs.matter import HANDED_OUT
from ledger.audit import trail
from ledger.schema import AUDIT
from outreach.vault import Vault
from strategies.folder import OWN_BOOK
from tests.console.desk import ALL_ROUNDER, Desk, Visitor, open_desk, settled

PHONE = "13800000010"
MATTER = {"purpose": "person request", "ticket": "CASE-1024", "as_of": "2026-07-01"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A console of a bank whose vault knows two customers that share a phone; no night has run."""
    few = (OWN_BOOK / "mobile_silent_app.yaml",)
    with open_desk(tmp_path_factory.mktemp("person") / "home", few) as opened:
        vault, numbers = Vault(opened.settings), pa.array(["C000000001", "C000000002"])
        columns = {
            "customer": vault.tokens("customer", numbers),
            "customer_no": numbers,
            "name": pa.array(["张三", "李四"]),
            "phone": pa.array([PHONE, PHONE]),
            "id_number": pa.array(["11010119900307123X", "110101199003071999"]),
            "generated": pa.array([True, True]),
        }
        vault.put(date(2026, 7, 1), pa.table(columns))
        yield opened


def found(visitor: Visitor, **told: str) -> str:
    answer = visitor.post("/compliance/person", **{**MATTER, **told})
    assert answer.status_code == 303, answer.text
    place: str = answer.headers["location"]
    return place


def mentions(house: Desk, words: str) -> int:
    """Lines of the trail in which the words stand."""
    whole = func.concat_ws(" ", AUDIT.c.actor, AUDIT.c.subject, cast(AUDIT.c.detail, Text))
    with house.ledger.engine.connect() as connection:
        return connection.execute(select(func.count()).where(func.strpos(whole, words) > 0)).scalar_one()


def test_rule_7_a_person_is_found_handed_out_and_erased_and_the_number_stays_nowhere(house: Desk) -> None:
    tokens = Vault(house.settings).tokens("customer", pa.array(["C000000001", "C000000002"])).to_pylist()
    visitor = house.visitor("compliance")
    place = found(visitor, by="phone", number="138 0000 0010")
    running = psutil.Process(os.getpid()).children(recursive=True)
    assert settled(visitor, f"{place}/state") == "done"
    asked = [" ".join(one.cmdline()) for one in running if one.is_running()]
    page = visitor.get(place).text
    assert all(token in page for token in tokens)
    assert "Several accounts" in page
    for words in (page, place, *asked):
        assert "0000 0010" not in words
        assert PHONE not in words
    assert mentions(house, PHONE) == mentions(house, "0000 0010") == 0
    assert [one["action"] for one in trail(house.ledger, subject="CASE-1024")] == ["person.looked_for"]

    another = house.visitor(ALL_ROUNDER)
    assert not any(token in another.get(place).text for token in tokens)
    assert another.post(f"{place}/erase", typed="CASE-1024").status_code == 400

    assert "which of the accounts" in visitor.post(f"{place}/export").text
    visitor.post(f"{place}/export", account1=tokens[0])
    assert settled(visitor, f"{place}/state") == "done"
    for told in ({"account1": tokens[1]}, {"account1": tokens[0], "full": "yes"}):
        other = visitor.post(f"{place}/export", **told)
        assert (other.status_code, "only what was asked then is done" in other.text) == (400, True)
    (folder,) = (house.settings.home / HANDED_OUT).iterdir()
    assert str(folder) in visitor.get(place).text
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (who,) = json.loads((folder / "identity.json").read_text())
    assert (who["customer"], who["phone"], who["name"]) == (tokens[0], "138****0010", "张**")

    before = visitor.get(f"{place}/erase").text
    assert "what is kept for good" not in before
    assert "Rows that stay" in before
    slip = visitor.post(f"{place}/erase", account1=tokens[0], typed="CASE-1025")
    assert (slip.status_code, "nobody was erased" in slip.text) == (400, True)
    visitor.post(f"{place}/erase", account1=tokens[0], typed="CASE-1024")
    other = visitor.post(f"{place}/erase", account1=tokens[1], typed="CASE-1024")
    assert (other.status_code, "only what was asked then is done" in other.text) == (400, True)
    assert visitor.post(f"{place}/erase", account1=tokens[0], typed="CASE-1024").status_code == 303
    assert settled(visitor, f"{place}/state") == "done"
    after = visitor.get(place).text
    assert "identities and keys" in after
    assert "copy made for the person" in after
    assert not folder.exists()
    left = Vault(house.settings).find(
        "phone", PHONE, purpose="person request", ticket="CASE-2", actor="test", ledger=house.ledger
    )
    assert left == (tokens[1],)


@pytest.mark.parametrize(
    "told",
    [
        {"ticket": PHONE},
        {"ticket": ""},
        {"purpose": "curiosity"},
        {"by": "shoe size"},
        {"number": ""},
        {"number": "1\n2"},
        {"number": "1" * 65},
        {"as_of": "soon"},
    ],
)
def test_a_question_without_purpose_ticket_or_number_is_refused(house: Desk, told: dict[str, str]) -> None:
    asked = {**MATTER, "by": "phone", "number": PHONE, **told}
    answer = house.visitor("compliance").post("/compliance/person", **asked)
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert mentions(house, PHONE) == 0
    if {"ticket", "purpose"} & set(told):
        last = trail(house.ledger, last=1)[0]
        assert (last["action"], last["subject"]) == ("refused at the console", "person")


def test_a_number_is_not_given_back_while_the_database_is_away(house: Desk) -> None:
    visitor = house.visitor("compliance")
    sent = {**MATTER, "by": "id_number", "number": "11010119900307123X", "typed": PHONE}
    with stopped(house.settings):
        answers = [
            visitor.post(f"/compliance/person{step}", **sent) for step in ("", "/any/export", "/any/erase")
        ]
    for answer in answers:
        assert (answer.status_code, "Nothing that was kept is lost" in answer.text) == (503, True)
        assert sent["number"] not in answer.text
        assert PHONE not in answer.text


def test_a_matter_that_is_not_kept_is_told_in_words(house: Desk) -> None:
    visitor = house.visitor("compliance")
    assert "not kept any more" in visitor.get("/compliance/person/long-ago").text
    assert visitor.get("/compliance/person/long-ago/erase").status_code == 400
    assert visitor.post("/compliance/person/long-ago/erase", typed="CASE-1024").status_code == 400
    assert visitor.post("/compliance/person/long-ago/export").status_code == 400
    assert not list(Path(house.settings.home / HANDED_OUT).glob("*long-ago*"))
