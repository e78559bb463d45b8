"""What is kept of a person: found, handed out, erased. Numbers go to a process of its own by its standard
input, and stand in no address, no list of processes and no log."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from base.errors import VaultError
from base.roles import SHOWS, Action
from console.errands import Errand
from console.listing import read_date
from console.pages.compliance.part import ROOM, again, part
from console.pages.page import Done, Shown, Visit, deed, page, reply
from console.render import BANK_TIME
from console.words import Refusal, Said
from console.words.persons import NUMBERS, PURPOSES, STORES, stays
from jobs.matter import HANDED_OUT, Matter
from lake.tables import CUSTOMERS
from ledger.audit import record

_FIELDS = SHOWS[Action.ANSWER_PERSON]
_PERSON = f"{ROOM}/person"
_LONGEST = 64
_STEPS = ("find", "export", "erase")


@page(_PERSON, title=("Somebody's data", "个人信息"), fields=_FIELDS)
def person(visit: Visit) -> Shown:
    """Asks whom to look for, for what and in whose matter."""
    may = visit.may(Action.ANSWER_PERSON)
    return part(visit, "person.html", numbers=NUMBERS, purposes=PURPOSES, known=_known(visit), may=may)


@page(f"{_PERSON}/{{matter}}", title=("Somebody's data", "个人信息"), fields=_FIELDS)
def person_matter(visit: Visit) -> Shown:
    """Who was found and where something is kept of them, and what became of it."""
    keys = {step: _key(visit, step) for step in _STEPS}
    steps = {step: visit.errands.look(key) for step, key in keys.items() if visit.errands.knows(key)}
    found = _found(steps["find"]) if "find" in steps else None
    return part(visit, "person_matter.html", steps=steps, found=found, **_words(visit))


@page(f"{_PERSON}/{{matter}}/erase", title=("Erase somebody for good", "永久删除个人信息"), fields=_FIELDS)
def person_erase(visit: Visit) -> Shown:
    """Says what would go, what stays, why and until when, before anything is done."""
    return part(visit, "person_erase.html", found=_kept(visit), **_words(visit))


@reply(f"{_PERSON}/{{matter}}/state", fields=_FIELDS)
def person_state(visit: Visit) -> Mapping[str, Any]:
    """How far the last of its steps is that was asked for."""
    asked = [visit.errands.look(_key(visit, step)).state for step in _STEPS]
    return {"state": "running" if {"waiting", "running"} & set(asked) else "done"}


@deed(_PERSON, action=Action.ANSWER_PERSON)
def find_person(visit: Visit) -> Done | Shown:
    """Looks a person up by a number, in all stores."""
    try:
        key = _sought(visit)
    except (Refusal, VaultError) as error:
        return again(visit, person, error)
    return Done(to=f"{_PERSON}/{key}", said=Said("The person is being looked for.", "正在查找。"))


@deed(f"{_PERSON}/{{matter}}/export", action=Action.ANSWER_PERSON)
def export_person(visit: Visit) -> Done:
    """Has all that is kept written into a folder that only the server's owner reads."""
    found = _kept(visit)
    matter = found.matter(visit)
    _require(visit, matter)
    made = f"{visit.now.astimezone(BANK_TIME):%Y-%m-%d %H%M%S} {matter.ticket.replace('/', '_')}"
    folder = visit.settings.home.resolve() / HANDED_OUT / made
    full = ("--full",) if visit.told.get("full") else ()
    _begin(
        visit,
        "export",
        *("person", "export", *_chosen(visit, found), "--to", str(folder), *full, *_options(matter)),
        *("--as-of", found.as_of, "--json"),
    )
    said = Said("What is kept is being written.", "正在导出。")
    return Done(to=f"{_PERSON}/{visit.told['matter']}", said=said)


@deed(f"{_PERSON}/{{matter}}/erase", action=Action.ANSWER_PERSON)
def erase_person(visit: Visit) -> Done:
    """Has the person erased everywhere, for good."""
    found = _kept(visit)
    matter = found.matter(visit)
    _require(visit, matter)
    if visit.told.get("typed", "").strip() != matter.ticket:
        raise Refusal(
            "nobody was erased: type the ticket as it stands there, so that it is no slip",
            "未删除任何人：请按原样输入工单号，以免误操作",
        )
    _begin(visit, "erase", "person", "erase", *_chosen(visit, found), *_options(matter), "--json")
    said = Said("The person is being erased.", "正在删除。")
    return Done(to=f"{_PERSON}/{visit.told['matter']}", said=said)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Whom a search found: tokens, what is kept where, and what the search was for."""

    customers: tuple[str, ...]
    places: tuple[Mapping[str, Any], ...]
    purpose: str
    ticket: str
    as_of: str

    def matter(self, visit: Visit) -> Matter:
        """The same matter, in the name of whoever acts now."""
        return Matter(purpose=self.purpose, ticket=self.ticket, actor=visit.user.name)


def _sought(visit: Visit) -> str:
    """Has the person looked for; the key by which the answer is found."""
    told, number = visit.told, visit.told.get("number", "").strip()
    matter = Matter(
        purpose=told.get("purpose", ""), ticket=told.get("ticket", "").strip(), actor=visit.user.name
    )
    _require(visit, matter)
    by = told.get("by", "")
    if by not in NUMBERS:
        raise Refusal(
            f"{by!r} is nothing to find somebody by; there are {', '.join(NUMBERS)}",
            f"不能按“{by}”查找；可用：{'、'.join(words.chinese for words in NUMBERS.values())}",
        )
    if not number or len(number) > _LONGEST or not number.isprintable():
        raise Refusal(
            "this is no number to find somebody by; type it as it is written",
            "此号码无法用于查找，请按原样输入",
        )
    as_of = read_date(told["as_of"]) if told.get("as_of") else _known(visit)
    key = secrets.token_urlsafe(9)
    visit.errands.ask(
        _key(visit, "find", key),
        ("person", "find", "--by", by, *_options(matter), "--as-of", as_of.isoformat(), "--json"),
        actor=visit.user.name,
        given=f"{number}\n",
    )
    return key


def _begin(visit: Visit, step: str, *arguments: str) -> None:
    """Has the step done. Raises Refusal where it was begun in this matter with something else: nobody is to
    be told that accounts are erased or handed out while others are."""
    errand = visit.errands.ask(_key(visit, step), arguments, actor=visit.user.name)
    if errand.arguments != arguments:
        raise Refusal(
            "nothing was begun: this was asked for before in this matter, and only what was asked then is "
            "done; look for the person again to ask for something else",
            "未执行：本次查询中已提交过同类请求，系统只执行先前提交的内容；如需其他操作，请重新查找此人",
        )


def _found(errand: Errand) -> Found | None:
    if errand.state != "done":
        return None
    told = errand.answer
    return Found(
        customers=tuple(told["customers"]),
        places=tuple(told["places"]),
        purpose=told["purpose"],
        ticket=told["ticket"],
        as_of=told["as_of"],
    )


def _kept(visit: Visit) -> Found:
    found = _found(visit.errands.look(_key(visit, "find")))
    if found is None or not found.customers:
        raise Refusal(
            "what was found is not kept any more, or it was nobody; look for the person again",
            "查找结果已不再保留，或未找到任何人；请重新查找",
        )
    return found


def _chosen(visit: Visit, found: Found) -> tuple[str, ...]:
    """The accounts that were ticked, where a number has or had several."""
    if len(found.customers) == 1:
        return found.customers
    ticked = {value for name, value in visit.told.items() if name.startswith("account")}
    chosen = tuple(customer for customer in found.customers if customer in ticked)
    if not chosen:
        raise Refusal(
            "nothing was done: say which of the accounts are this person's",
            "未作任何更改：请选择属于此人的账户",
        )
    return chosen


def _require(visit: Visit, matter: Matter) -> None:
    """Raises VaultError without a known purpose and a ticket, and puts the refusal on record."""
    try:
        matter.require()
    except VaultError:
        record(
            visit.ledger,
            actor=matter.actor,
            action="refused at the console",
            subject="person",
            detail={"why": "no known purpose, or no ticket"},
        )
        raise


def _options(matter: Matter) -> tuple[str, ...]:
    return ("--purpose", matter.purpose, "--ticket", matter.ticket)


def _key(visit: Visit, step: str, matter: str = "") -> str:
    """By which an answer is known: to whoever asked, and nobody else."""
    return repr((step, visit.user.name, matter or visit.told["matter"]))


def _known(visit: Visit) -> date:
    """The last night's date: by then customers are known; today where there was no night."""
    nights = visit.lake.dates(CUSTOMERS)
    return nights[-1] if nights else visit.now.astimezone(BANK_TIME).date()


def _words(visit: Visit) -> dict[str, Any]:
    return {"key": visit.told["matter"], "stores": STORES, "purposes": PURPOSES, "stays": stays}
