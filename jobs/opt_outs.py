"""``longreach opt-outs ...``: who asked not to be contacted, entered, shown and withdrawn."""

from enum import Enum
from typing import Annotated

import typer

from base.errors import OptOutError
from base.roles import Action
from base.settings import load_settings
from jobs.terminal import As, Json, acting, asked, out, print_json

opt_outs = typer.Typer(help="Who asked not to be contacted.", no_args_is_help=True)

Source = Annotated[str, typer.Option(help="How the customer said so: hotline, branch, letter, ...")]
Reason = Annotated[str, typer.Option(help="In the customer's words, without names and numbers.")]


class By(Enum):
    """What a customer is named by. Only a token is typed as an argument: the rest is asked for."""

    CUSTOMER = "customer"
    CUSTOMER_NO = "customer-no"
    PHONE = "phone"


Named = Annotated[By, typer.Option(help="A number is asked for, so that no history keeps it.")]


@opt_outs.command()
def add(
    source: Source,
    token: Annotated[str | None, typer.Argument(help="Token of the customer.")] = None,
    by: Named = By.CUSTOMER,
    channel: Annotated[str, typer.Option(help="push, sms, ai_call, human_call, or all.")] = "all",
    reason: Reason = "",
    actor: As = None,
) -> None:
    """Enters that somebody wants no contact: it binds the person, the number, and who shares it, at once."""
    from jobs.accounts import named
    from ledger.database import open_ledger
    from outreach.opt_outs import enter

    who = acting(actor, Action.ENTER_OPT_OUT)
    if (token is None) is (by is By.CUSTOMER):
        raise OptOutError("give the customer's token, or --by customer-no or --by phone, which asks for it")
    said = token or asked(by.value)
    settings = load_settings()
    with open_ledger(settings) as ledger, ledger.engine.begin() as connection:
        whom = named(connection, said.strip(), by=by.value, settings=settings)
        opt_out = enter(connection, whom, channel=channel, source=source, actor=who, reason=reason)
    out.print(f"opt-out {opt_out}: {channel}", markup=False)


@opt_outs.command(name="list")
def show(
    customer: Annotated[str | None, typer.Option(help="Only of this customer's token.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many lines.")] = 20,
    as_json: Json = False,
) -> None:
    """Shows the newest opt-outs, those withdrawn too."""
    from ledger.database import open_ledger
    from outreach.opt_outs import history

    acting(None, Action.ENTER_OPT_OUT)
    with open_ledger(load_settings()) as ledger, ledger.engine.connect() as connection:
        rows = [dict(row) for row in history(connection, customer=customer, last=last)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        whom = " ".join(filter(None, (row["customer"], row["number"] and f"number {row['number']}")))
        stands_for = f", for {row['derived_from']}" if row["derived_from"] else ""
        ended = f", withdrawn {row['withdrawn_at']:%Y-%m-%d}" if row["withdrawn_at"] else ""
        said = f"{row['source']} by {row['actor']}{stands_for}{ended}"
        line = f"{row['id']:>6}  {row['at']:%Y-%m-%d %H:%M:%S}  {row['channel']:<10}  {whom}  {said}"
        out.print(line, markup=False, soft_wrap=True)


@opt_outs.command()
def withdraw(
    opt_out: Annotated[int, typer.Argument(help="Its number in the list.")],
    source: Source,
    reason: Reason,
    actor: As = None,
) -> None:
    """Ends an opt-out because its customer asked for that. What was called off stays so."""
    from ledger.database import open_ledger
    from outreach.opt_outs import withdraw as end

    who = acting(actor, Action.ENTER_OPT_OUT)
    with open_ledger(load_settings()) as ledger, ledger.engine.begin() as connection:
        end(connection, opt_out, source=source, actor=who, reason=reason)
    out.print(f"opt-out {opt_out}: withdrawn", markup=False)
