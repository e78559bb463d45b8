"""The page for those who write programs: what it shows can be asked just so."""

import re
import shlex
from html import unescape

import httpx
import pytest

from base.roles import Action
from console.api.app import entries
from tests.console.api_world import given
from tests.console.desk import ALL_ROUNDER, Desk

_PLACE = re.compile(r"<pre[^>]*><code>(.*?)</code></pre>", re.DOTALL)


def _calls(desk: Desk) -> list[list[str]]:
    page = desk.visitor("segment_manager").get("/programs").text
    return [shlex.split(unescape(call).replace("\\\n", "")) for call in _PLACE.findall(page)]


def test_every_entry_is_shown_with_what_it_needs(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    english = unescape(visitor.get("/programs").text)
    visitor.post("/preferences", language="zh")
    chinese = unescape(visitor.get("/programs").text)
    visitor.post("/preferences", language="en")
    for entry in entries():
        for method in entry.methods:
            assert f"{method} /api{entry.path}</code></h2>" in english
        assert str(entry.summary) in english
        assert str(entry.summary) not in chinese
    assert Action.EXPORT_HOLDOUT.english in english
    assert Action.EXPORT_HOLDOUT.chinese in chinese


# What is told of a house where no night has run yet, and of a draft that is three dots; other tests may have
# asked for more meanwhile.
NOT_YET = {
    "dry_run": (404, "no dry run was asked for"),
    "begin_export": (404, "no night has run yet"),
    "export": (404, "no night has run yet"),
    "customers": (404, "no night has run yet"),
    "write": (400, "fund_first_plan:1:1: 'title' is missing"),
}
# A dry run takes an engine; it is asked for where the API is tried.
QUICK = [number for number, entry in enumerate(entries()) if entry.name != "begin_dry_run"]


@pytest.mark.parametrize("number", QUICK)
def test_every_example_is_a_question_that_the_api_understands(desk: Desk, number: int) -> None:
    _, _, method, address, *said = _calls(desk)[number]
    headers = dict(
        one.split(": ", 1) for flag, one in zip(said[::2], said[1::2], strict=True) if flag == "-H"
    )
    sent = [one for flag, one in zip(said[::2], said[1::2], strict=True) if flag != "-H"]
    place = address.removeprefix(desk.settings.console.public_url)
    dialler = entries()[number].tags == ["diallers"]
    kept = given(desk, "dialler" if dialler else ALL_ROUNDER, recipient="ai_dialler" if dialler else None)
    headers["Authorization"] = headers["Authorization"].replace("$TOKEN", kept)
    answer = httpx.request(method, f"{desk.address}{place}", headers=headers, content="".join(sent) or None)
    status, words = NOT_YET.get(entries()[number].name, (200, ""))
    assert answer.is_success or answer.status_code == status, answer.text
    assert answer.is_success or words in answer.text
