"""What takes long begins by a form of the console's own: no link, no reload and no other site begins it."""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlencode

import pytest
from starlette.routing import Mount

from console.app import make_app
from console.entrance import sessions
from console.errands import MOST, Errands
from console.pages.page import deeds, pages, replies
from tests.console.addresses import FURTHER, address
from tests.console.desk import ALL_ROUNDER, Desk, Visitor, serving
from tests.console.test_strategies import begun, newest
from tests.console.walk import walk

NAMES = ("mobile_silent_app", "fund_first_plan", "card_activation_pos")

TOKEN = "aB3dE6gH9jK2"
ASKED = {
    **{"ask": "yes", "again": "1", "asked": "it", "count": "yes", "exact": "yes", "then": "try"},
    **{"sms": "50", "push": "-5", "more": "sms.budget=500", "pause": "mobile_silent_app"},
    **{"customer": TOKEN, "submission": "1", "rule": "age > 40"},
}
"""What addresses and forms say where something is asked for."""
BEGINS: Mapping[str, Mapping[str, str]] = {
    "/strategies/mobile_silent_app/try": {},
    "/tonight/what-if": {"sms": "50"},
    "/experiments-total": {},
    "/tonight/why": {"customer": TOKEN},
    "/compliance/audit/proof/verify": {},
}
"""Forms by which something begins that takes long, and what they say."""
EACH_TIME = ("/tonight/why", "/compliance/audit/proof/verify")
"""What is asked anew whenever somebody asks, for what it tells may be another thing by then."""


@dataclass(frozen=True)
class Inside:
    """A console of which it is seen what was begun."""

    desk: Desk
    errands: Errands

    @property
    def visitor(self) -> Visitor:
        """Somebody who may do everything."""
        return self.desk.visitor(ALL_ROUNDER)

    @property
    def begun(self) -> frozenset[str]:
        return frozenset(self.errands._known)


@pytest.fixture
def inside(night_desk: Desk) -> Iterator[Inside]:
    """A console of its own, where nothing was begun yet, and what is begun waits until the test ends."""
    app, held = make_app(night_desk.settings, night_desk.ledger), threading.Event()
    (errands,) = (
        one.app.state.house.errands  # type: ignore[attr-defined]
        for one in app.routes
        if isinstance(one, Mount) and one.path == "/api"
    )
    errands._pool.submit(held.wait)
    with serving(app) as own:
        yield Inside(replace(night_desk, address=own), errands)
    held.set()


def test_nothing_begins_because_an_address_is_opened(inside: Inside) -> None:
    places = [address(one.path) for one in (*pages().values(), *replies().values())]
    asking = [f"{place}?{urlencode(ASKED)}" for place in places]
    seen = walk(inside.visitor, [*places, *asking, *map(address, FURTHER)])
    assert len(seen) > len(places) + len(asking)
    assert inside.begun == frozenset()


@pytest.mark.parametrize("path", BEGINS)
def test_it_begins_by_a_form_once_and_its_page_shows_how_far_it_is(inside: Inside, path: str) -> None:
    visitor = inside.visitor
    answer = visitor.post(path, **BEGINS[path])
    assert answer.status_code == 303, answer.text
    begun = inside.begun
    assert begun
    place = answer.headers["location"].partition("#")[0]
    for _ in range(2):
        page = visitor.get(place)
        assert page.status_code == 200
        (asks,) = re.findall(r'data-asks="([^"]*)"', page.text)
        assert visitor.get(unescape(asks)).json()["state"] in ("waiting", "running")
    visitor.post(path, **BEGINS[path])
    assert inside.begun == begun or path in EACH_TIME


def test_no_other_site_begins_it_nor_does_anything_else(inside: Inside) -> None:
    client = inside.visitor.client
    token = {"form_token": sessions.form_token(client.cookies.get(sessions.COOKIE) or "")}
    for path in (*BEGINS, *(address(deed.path) for deed in deeds().values())):
        told = {**ASKED, **BEGINS.get(path, {})}
        forged = client.post(path, data={**told, **token}, headers={"sec-fetch-site": "cross-site"})
        bare = client.post(path, data=told)
        assert (forged.status_code, bare.status_code) == (400, 400), path
        assert "sent by another site" in forged.text, path
        assert "of another session" in bare.text, path
    assert inside.begun == frozenset()


def test_what_the_book_lacks_begins_nothing(inside: Inside) -> None:
    assert inside.visitor.post("/strategies/nope/submit", version="1").status_code == 400
    assert inside.begun == frozenset()


def test_what_is_found_of_one_version_is_never_shown_as_of_another(inside: Inside) -> None:
    visitor = begun(inside.desk, "written_meanwhile")
    visitor.post("/strategies/written_meanwhile/try")
    (asks,) = re.findall(r'data-asks="([^"]*)"', visitor.get("/strategies/written_meanwhile").text)
    assert visitor.get(unescape(asks)).json()["state"] == "running"
    text = newest(inside.desk, "written_meanwhile").replace("County", "Hill")
    desk = inside.desk.visitor(ALL_ROUNDER)
    desk.post("/strategies/written_meanwhile/write", text=text, base="1", then="try")
    told = visitor.get(unescape(asks)).json()
    assert told["state"] == "done"
    assert "Version 2 has been kept since" in told["html"]
    assert "is being checked" not in told["html"]
    (asks,) = re.findall(r'data-asks="([^"]*)"', visitor.get("/strategies/written_meanwhile").text)
    told = visitor.get(unescape(asks)).json()
    assert told["state"] == "running"
    assert "It is being checked against the live strategies." in told["html"]


def test_what_is_kept_is_kept_though_too_much_is_on_its_way_to_try_it(inside: Inside) -> None:
    visitor = begun(inside.desk, "kept_in_a_crowd")
    answers = [visitor.post(f"/strategies/{name}/try") for name in NAMES]
    assert [one.status_code for one in answers] == [303, 303, 400]
    assert "still being worked on" in answers[-1].text
    assert len(inside.begun) == MOST
    text = newest(inside.desk, "kept_in_a_crowd").replace("County", "Hill")
    for number, then in enumerate(("try", "submit"), start=2):
        answer = visitor.post(
            "/strategies/kept_in_a_crowd/write", text=f"{text}# {then}\n", base=str(number - 1), then=then
        )
        assert answer.headers["location"] == "/strategies/kept_in_a_crowd"
        page = visitor.get(answer.headers["location"]).text
        assert f"Kept as version {number}. {MOST} of your questions are still being worked on" in page
        assert newest(inside.desk, "kept_in_a_crowd").endswith(f"# {then}\n")
    assert len(inside.begun) == MOST
