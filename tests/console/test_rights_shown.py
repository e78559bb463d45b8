"""What is on the screen where nights have run: to whom which kind of field, which forms, which links."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from base.roles import DUTIES, Action, Duty, Field
from base.settings import Role
from console.api.app import needs_of
from console.pages.page import Deed, deeds, pages, replies
from lake.glance import Glance
from lake.tables import CUSTOMER_SEGMENTS
from ledger.audit import record
from outreach.opt_outs import Whom, enter
from outreach.watch.alerts import raise_alert
from tests.console.addresses import FURTHER, address
from tests.console.api_world import given, program
from tests.console.desk import ALL_ROUNDER, NOBODY, ROLES, Desk, served
from tests.console.planted import WATCHED, planted, shown
from tests.console.stages import LATER, STAGES, every_stage
from tests.console.test_api import ENTRIES, ask
from tests.console.test_rights import allowed
from tests.console.walk import Seen, done_at, look, shown_at, walk

BEGINNINGS = [
    *(address(one.path) for one in (*pages().values(), *replies().values())),
    *map(address, FURTHER),
    *(f"/strategies/{asks}?rule=age > 40" for asks in ("rule", "rivals")),
    *(f"/strategies/kept_{stage}" for stage in STAGES),
    "/tonight/rest?name=kept_paused",
    "/tonight/start?scope=strategy&name=kept_paused",
    f"/releases/{LATER}",
]
LATER_SHOWN = {"export_person", "erase_person"}
"""Deeds whose forms stand where somebody was looked for; tests of their own go there."""

EVERYBODYS = frozenset[Field].intersection(*(duty.fields for duty in DUTIES.values()))
"""What every role sees: links to it stand anywhere."""

Walks = Callable[[str], dict[str, Seen]]
Values = dict[Field, frozenset[str]]


@pytest.fixture(scope="module")
def house(night_desk: Desk) -> Iterator[Desk]:
    """A book with every stage, tokens and a mark to look for; a server of its own, so that what pages ask
    for and takes long ends with it."""
    glance = Glance(night_desk.settings.lake_folder)
    night = glance.dates(CUSTOMER_SEGMENTS)[-1]
    someone = glance.read(CUSTOMER_SEGMENTS, as_of=night, columns=("customer",))["customer"][0].as_py()
    with night_desk.ledger.engine.begin() as connection:
        who = {"source": "hotline", "actor": "operator", "reason": "does not want it"}
        enter(connection, [Whom(customer=someone)], channel="sms", **who)
    record(night_desk.ledger, actor=WATCHED, action="rows traced", subject=someone, detail={})
    raise_alert(night_desk.ledger, kind="rows_noticed", subject=WATCHED, detail={"rows": 30})
    with every_stage(night_desk), served(night_desk.settings, night_desk.ledger) as own:
        yield replace(night_desk, address=own)


@pytest.fixture(scope="module")
def walks(house: Desk) -> Walks:
    """Everything that somebody is shown."""
    return cache(lambda name: walk(house.visitor(name), BEGINNINGS))


@pytest.fixture(scope="module")
def values(house: Desk) -> Values:
    return planted(house)


def posted(seen: Seen) -> list[Deed]:
    """The deeds that the forms of an answer are for."""
    return [deed for form in seen.forms if form.method == "post" and (deed := done_at(form.to))]


def fields_of(name: str) -> frozenset[Field]:
    return DUTIES[name].fields if name in ROLES else frozenset()  # type: ignore[index]


def done_by(deed: Deed, name: str) -> bool:
    return name in ROLES and allowed(deed, name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*ROLES, NOBODY])
def test_what_a_role_may_not_see_opens_nowhere(walks: Walks, name: str) -> None:
    for address_, seen in walks(name).items():
        assert (seen.status == 403) == (not fields_at(address_) <= fields_of(name)), address_
        assert seen.status < 500, address_


@pytest.mark.parametrize("name", [*ROLES, NOBODY])
def test_no_answer_holds_a_field_of_a_kind_that_the_role_may_not_see(
    walks: Walks, values: Values, name: str
) -> None:
    for address_, seen in walks(name).items():
        for kind in set(Field) - fields_of(name):
            # Whoever asks for something by its name is told that name.
            assert not shown(seen.text, values[kind]) - shown(address_, values[kind]), (address_, kind)


@pytest.mark.parametrize("kind", [Field.TOKEN, Field.INTERNAL, Field.FIGURES, Field.TRAIL])
def test_what_is_looked_for_is_there_for_whom_it_may_be(walks: Walks, values: Values, kind: Field) -> None:
    for name in ROLES:
        if kind in fields_of(name) and (kind is not Field.TOKEN or name == "compliance"):
            assert any(shown(seen.text, values[kind]) for seen in walks(name).values()), name


@pytest.mark.parametrize("kind", [Field.IDENTIFIER, Field.MASKED, Field.QUASI, Field.SENSITIVE])
def test_nobody_meets_a_persons_own_fields_who_did_not_ask_for_that_person(
    walks: Walks, values: Values, kind: Field
) -> None:
    assert len(values[kind]) > 50
    for address_, seen in walks(ALL_ROUNDER).items():
        assert not shown(seen.text, values[kind]), address_


@pytest.mark.parametrize("name", [*ROLES, ALL_ROUNDER])
def test_every_link_leads_to_what_its_reader_may_see(walks: Walks, name: str) -> None:
    own = frozenset(Field) if name == ALL_ROUNDER else fields_of(name)
    for address_, seen in walks(name).items():
        for link in seen.links:
            assert fields_at(link) <= own, (address_, link)


@pytest.mark.parametrize("name", [*ROLES, ALL_ROUNDER])
def test_every_page_that_is_linked_answers(walks: Walks, name: str) -> None:
    for address_, seen in walks(name).items():
        if str(LATER) not in address_:  # of that night there are lists alone
            assert seen.status in (200, 403) or address_ in BEGINNINGS, (address_, seen.text)


DOOR = {"/sign-out", "/preferences"}


@pytest.mark.parametrize("name", ROLES)
def test_every_form_is_of_a_deed_that_its_reader_may_do(walks: Walks, name: str) -> None:
    for address_, seen in walks(name).items():
        for form in seen.forms:
            if form.method == "post" and form.to not in DOOR:
                deed = done_at(form.to)
                assert deed is not None, (address_, form.to)
                assert done_by(deed, name), (address_, form.to)
                assert "form_token" in form.names, (address_, form.to)


@pytest.mark.parametrize("name", ROLES)
def test_every_deed_of_a_role_has_its_form_somewhere(walks: Walks, name: str) -> None:
    offered = {deed.name for seen in walks(name).values() for deed in posted(seen)}
    own = {deed.name for deed in deeds().values() if done_by(deed, name)}
    assert own - offered <= LATER_SHOWN


def all_but(
    monkeypatch: pytest.MonkeyPatch, *, field: Field | None = None, action: Action | None = None
) -> None:
    """Gives operators everything but that, until the test ends."""
    everything = Duty(
        english="everything but one",
        chinese="除一项外的全部权限",
        actions=frozenset(Action) - {action},
        fields=frozenset(Field) - {field},
    )
    monkeypatch.setitem(DUTIES, "operator", everything)


@pytest.mark.parametrize("kind", Field)
def test_to_see_all_but_one_kind_of_field_is_not_to_see_that_kind(
    house: Desk, walks: Walks, values: Values, monkeypatch: pytest.MonkeyPatch, kind: Field
) -> None:
    whole = walks(ALL_ROUNDER)
    of_kind = [one for one in BEGINNINGS if kind in fields_at(one)]
    beside = [one for one in BEGINNINGS if one not in of_kind and tells(whole[one], kind, values)]
    all_but(monkeypatch, field=kind)
    visitor = house.visitor("operator")
    assert {look(visitor, one).status for one in of_kind} <= {403}
    for one in beside:
        assert not tells(look(visitor, one), kind, values), one
    for deed in deeds().values():
        if kind in deed.fields:
            assert visitor.post(address(deed.path)).status_code == 403, deed.name


def tells(seen: Seen, kind: Field, values: Values) -> bool:
    """Whether an answer holds something of the kind, or leads to it where not everybody may go there."""
    led = kind not in EVERYBODYS and any(kind in fields_at(link) for link in seen.links)
    return led or bool(shown(seen.text, values[kind]))


def fields_at(address_: str) -> frozenset[Field]:
    there = shown_at(address_)
    assert there is not None, address_
    return there.fields


@pytest.mark.parametrize("action", Action)
def test_to_do_all_but_one_action_is_to_meet_no_form_for_it(
    house: Desk, walks: Walks, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    own = {deed.name for deed in deeds().values() if deed.action is action}
    where = [
        address_
        for address_, seen in walks(ALL_ROUNDER).items()
        if any(deed.name in own for deed in posted(seen))
    ]
    all_but(monkeypatch, action=action)
    visitor = house.visitor("operator")
    for address_ in where:
        assert not [deed.name for deed in posted(look(visitor, address_)) if deed.name in own], address_
    for name in own:
        assert visitor.post(address(deeds()[name].path)).status_code == 403, name


@pytest.mark.parametrize("role", [*ROLES, None])
def test_no_answer_to_a_program_holds_a_kind_that_its_role_may_not_see(
    house: Desk, values: Values, role: Role | None
) -> None:
    with program(house, given(house, role or NOBODY)) as client:
        described = client.get("/openapi.json").json()["paths"]
        for path in (path for path, entry in described.items() if "get" in entry):
            answer = client.get(address(path), params={"address": "d-1"})
            for kind in set(Field) - fields_of(role or NOBODY):
                assert not shown(answer.text, values[kind]), (path, kind)


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_program_that_lacks_one_thing_that_an_entry_needs_is_refused(
    house: Desk, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    needs, kept = needs_of(ENTRIES[entry][1]), given(house, "operator")
    for kind in needs.fields:
        all_but(monkeypatch, field=kind)
        assert ask(house, kept, entry).status_code == 403, kind
    if needs.action is not None:
        all_but(monkeypatch, action=needs.action)
        assert ask(house, kept, entry).status_code == 403
