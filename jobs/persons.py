"""``longreach person ...``: finds, hands out and erases what is kept of somebody."""

from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, AsOf, Json, acting, asked, out, print_json, say

person = typer.Typer(
    help="What is kept of a person: finds it, hands it out, erases it; for a purpose and a ticket.",
    no_args_is_help=True,
)

Customers = Annotated[list[str], typer.Argument(help="Tokens of customers, all of one person.")]
Purpose = Annotated[str, typer.Option(help="Such as 'person request'.")]
Ticket = Annotated[str, typer.Option(help="In whose matter, such as CASE-1024.")]


class By(Enum):
    """What a person is found by. It is asked for, so that no history keeps it."""

    CUSTOMER_NO = "customer-no"
    PHONE = "phone"
    DOCUMENT = "document"


@person.command()
def find(
    by: Annotated[By, typer.Option(help="The number is asked for, so that no history keeps it.")],
    purpose: Purpose,
    ticket: Ticket,
    as_of: AsOf,
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Tells the tokens of everybody who ever had a number, and where something is kept of them."""
    from jobs.matter import Matter
    from jobs.person import find as find_tokens
    from jobs.person import whereabouts
    from jobs.person_erase import foreseen

    who, settings = acting(actor, Action.ANSWER_PERSON), load_settings()
    matter = Matter(purpose=purpose, ticket=ticket, actor=who)
    customers = find_tokens(settings, asked(by.value), by=by.value, matter=matter)
    found = whereabouts(settings, customers, as_of=as_of, matter=matter) if customers else []
    if as_json:
        places = [asdict(foreseen(one, settings.retention)) for one in found]
        print_json({**asdict(matter), "as_of": as_of, "customers": customers, "places": places})
        return
    out.print(" ".join(customers) or "nobody has or had that number", markup=False)
    for one in found:
        out.print(f"{one.store:<7} {one.name:<28} {one.count:>6,} rows", markup=False)


@person.command()
def export(
    customers: Customers,
    to: Annotated[Path, typer.Option(help="A new folder, which is made for you alone.")],
    purpose: Purpose,
    ticket: Ticket,
    as_of: AsOf,
    full: Annotated[bool, typer.Option("--full", help="Name, phone and ID number unmasked.")] = False,
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Writes everything that is kept of a person into a folder."""
    from jobs.matter import Matter
    from jobs.person import export as hand_out

    who, settings = acting(actor, Action.ANSWER_PERSON), load_settings()
    matter = Matter(purpose=purpose, ticket=ticket, actor=who)
    found = hand_out(settings, customers, to=to, full=full, as_of=as_of, matter=matter)
    if as_json:
        places = [{"store": one.store, "name": one.name, "rows": one.count} for one in found]
        print_json({"folder": str(to), "places": places})
        return
    out.print(f"{sum(one.count for one in found):,} rows of {len(found)} places: {to}", markup=False)


@person.command()
def erase(
    customers: Customers, purpose: Purpose, ticket: Ticket, actor: As = None, as_json: Json = False
) -> None:
    """Erases a person everywhere, for good, and says what went, what stays, why and until when."""
    from jobs.matter import Matter
    from jobs.person import erase as erase_person

    who, settings = acting(actor, Action.ANSWER_PERSON), load_settings()
    matter = Matter(purpose=purpose, ticket=ticket, actor=who)
    done = erase_person(settings, customers, at=datetime.now(UTC), matter=matter, progress=say)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        went = f"{one.erased:,} erased" if one.erased else ""
        stays = f"{one.kept:,} kept" + (f" until {one.until}" if one.until else "") + f": {one.why}"
        words = "; ".join(filter(None, (went, stays if one.kept else "")))
        out.print(f"{one.store:<7} {one.name:<28} {words}", markup=False, soft_wrap=True)
