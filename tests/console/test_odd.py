"""Odd values in every address and every form of the console: answered or refused, never broken."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from console.pages.page import Page, Reply, deeds, pages, replies
from strategies.folder import OWN_BOOK
from tests.console.addresses import EXAMPLES, FURTHER, address
from tests.console.desk import ALL_ROUNDER, Desk, Visitor, open_desk, served
from tests.console.walk import done_at, look, shown_at

ODD = (
    "",
    "0",
    "-1",
    "99999999999999999999",
    "1e400",
    "9999-99-99",
    "0001-01-01",
    "9999-12-31",
    "nul\x00in it",
    "😀\u202e',--%\\",
    "x" * 10_000,
)
SHOWN: dict[str, Page | Reply] = {**pages(), **replies()}


@pytest.fixture(scope="module")
def asker(night_desk: Desk) -> Iterator[Visitor]:
    """Somebody of every role where nights have run; what takes long ends with this server."""
    with served(night_desk.settings, night_desk.ledger) as own:
        yield replace(night_desk, address=own).visitor(ALL_ROUNDER)


@pytest.fixture(scope="module")
def names(asker: Visitor) -> dict[str, set[str]]:
    """By page, what its own links and forms ask it with."""
    found: dict[str, set[str]] = {name: {"page", "q", "sort"} for name in SHOWN}
    for beginning in (*(page.path for page in pages().values()), *FURTHER):
        seen = look(asker, address(beginning))
        asked = [(link, {name for name, _ in parse_qsl(urlsplit(link).query)}) for link in seen.links]
        asked += [(form.to, form.names) for form in seen.forms if form.method == "get"]
        for to, own in asked:
            if there := shown_at(to):
                found[there.name] |= own
    return found


@pytest.mark.parametrize("name", SHOWN)
def test_odd_questions_break_no_page(asker: Visitor, names: dict[str, set[str]], name: str) -> None:
    path = address(SHOWN[name].path)
    for odd in ODD[:-1]:
        assert asker.client.get(path, params=dict.fromkeys(names[name], odd)).status_code < 500, odd[:30]
    for place, one in enumerate(sorted(names[name])):
        for odd in (ODD[place % len(ODD)], ODD[-1]):
            assert asker.client.get(path, params={one: odd}).status_code < 500, (one, odd[:30])


@pytest.mark.parametrize("name", [name for name, one in SHOWN.items() if "{" in one.path])
def test_odd_addresses_break_no_page(asker: Visitor, name: str) -> None:
    for place in (place for place in EXAMPLES if f"{{{place}}}" in SHOWN[name].path):
        for odd in ODD[1:]:
            path = address(SHOWN[name].path.replace(f"{{{place}}}", quote(odd, safe="")))
            assert asker.get(path).status_code in (200, 400, 403, 404, 422), path[:80]


@pytest.fixture(scope="module")
def typist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Somebody of every role where whatever is done does no harm to other tests."""
    book = (OWN_BOOK / "mobile_silent_app.yaml",)
    with open_desk(tmp_path_factory.mktemp("odd") / "home", book) as opened:
        yield opened.visitor(ALL_ROUNDER)


@pytest.fixture(scope="module")
def sent(typist: Visitor) -> dict[str, set[str]]:
    """By deed, what the forms for it send."""
    found: dict[str, set[str]] = {name: {"name", "text", "version", "reason"} for name in deeds()}
    for beginning in (*(page.path for page in pages().values()), *FURTHER):
        for form in look(typist, address(beginning)).forms:
            if form.method == "post" and (deed := done_at(form.to)):
                found[deed.name] |= form.names - {"form_token"}
    return found


@pytest.mark.parametrize("name", deeds())
def test_odd_forms_break_no_deed(typist: Visitor, sent: dict[str, set[str]], name: str) -> None:
    path = address(deeds()[name].path)
    for odd in ODD:
        assert typist.post(path, **dict.fromkeys(sent[name], odd)).status_code < 500, odd[:30]
    for one in sorted(sent[name])[:8]:
        assert typist.post(path, **{one: ODD[8]}).status_code < 500, one
