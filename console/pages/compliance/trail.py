"""The audit trail: looked through, and proved."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from base.errors import LedgerError
from base.roles import Action, Field
from console.errands import Errand
from console.listing import ROW_DIGITS, read_date, whole
from console.pages.compliance.part import ROOM, part
from console.pages.page import Done, Shown, Visit, deed, page, reply
from console.render import BANK_TIME
from console.words import Refusal, Said
from console.words.alerts import BENDS
from console.words.deeds import DEEDS, concerned, detail, did, own, worth
from console.words.errors import said_of
from ledger.audit import verdicts
from ledger.audit.chain import head
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, Checkpoint, checkpoint, folder_of, read_checkpoints
from ledger.audit.search import Wanted, lines

_FIELDS = frozenset({Field.TRAIL, Field.TOKEN, Field.INTERNAL})
_PROOF = f"{ROOM}/audit/proof"
LINE_WORDS = {"did": did, "detail": detail, "worth": worth, "own": own, "concerned": concerned}
"""What a table of lines needs to speak in words."""
_PAGE = 50
_CHECKPOINTS = 10


@page(f"{ROOM}/audit", title=("Audit trail", "审计轨迹"), fields=_FIELDS)
def audit_trail(visit: Visit) -> Shown:
    """Lines of the trail, newest first, a page at a time by their number."""
    told, action = visit.told, visit.told.get("action", "")
    since, until = period(told)
    wanted = Wanted(
        actor=told.get("actor", "").strip(),
        actions=(action,) if action else (),
        subject=told.get("subject", "").strip(),
        since=since,
        until=until,
    )
    found, below = searched(visit, wanted)
    return part(visit, "audit.html", found=found, below=below, actions=DEEDS, told=told, **LINE_WORDS)


@page(_PROOF, title=("Proof of the trail", "审计校验"), fields=_FIELDS)
def proof(visit: Visit) -> Shown:
    """Up to where the trail is as it was written, by the last verdict, and what checkpoints cover."""
    folder = folder_of(visit.settings)
    with visit.ledger.engine.connect() as connection:
        number, _ = head(connection)
    newest, forged = _checkpoints(visit)
    return part(
        visit,
        "proof.html",
        lines=number,
        last=verdicts.last(folder),
        newest=newest,
        forged=forged,
        folder=folder,
        errand=_verification(visit) if visit.told.get("ask") else None,
        ask=visit.told.get("ask", ""),
        bends=BENDS,
        may=visit.may(Action.READ_AUDIT),
    )


@reply(f"{_PROOF}/state", fields=_FIELDS)
def proof_state(visit: Visit) -> Mapping[str, Any]:
    """How far a verification is."""
    return {"state": _verification(visit).state}


@deed(f"{_PROOF}/verify", action=Action.READ_AUDIT)
def verify_trail(visit: Visit) -> Done:
    """Has the whole trail verified, in a process of its own."""
    ask = secrets.token_urlsafe(8)
    visit.errands.ask(_key(visit, ask), ("audit", "verify", "--json"), actor=visit.user.name)
    return Done(to=f"{_PROOF}?ask={ask}", said=Said("The trail is being verified.", "正在校验审计轨迹。"))


@deed(f"{_PROOF}/checkpoint", action=Action.READ_AUDIT)
def keep_checkpoint(visit: Visit) -> Done:
    """Keeps a checkpoint outside the database."""
    made = checkpoint(visit.ledger)
    if made is None:
        return Done(to=_PROOF, said=Said("Every line is covered already.", "所有记录均已覆盖。"))
    said = Said(f"Lines up to {made.number:,} are covered.", f"已覆盖至第 {made.number:,} 行。")
    return Done(to=_PROOF, said=said)


def searched(visit: Visit, wanted: Wanted) -> tuple[list[RowMapping], int | None]:
    """A page of lines, and the number below which the next page begins; None after the last one."""
    below = whole(visit.told, "before", digits=ROW_DIGITS)
    with visit.ledger.engine.connect() as connection:
        found = lines(connection, wanted, below=below, last=_PAGE + 1)
    return found[:_PAGE], found[_PAGE - 1]["id"] if len(found) > _PAGE else None


def period(told: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last one, as the bank's clocks go.

    Raises Refusal for what is no date.
    """
    first, last = (read_date(told[name]) if told.get(name) else None for name in ("from", "to"))
    if first and last and last < first:
        raise Refusal(
            f"the last day, {last}, lies before the first, {first}", f"止日 {last} 早于起日 {first}"
        )
    midnight = datetime.min.time()
    return (
        datetime.combine(first, midnight, BANK_TIME) if first else None,
        datetime.combine(last + timedelta(days=1), midnight, BANK_TIME) if last else None,
    )


def _verification(visit: Visit) -> Errand:
    return visit.errands.look(_key(visit, visit.told.get("ask", "")))


def _key(visit: Visit, ask: str) -> str:
    return repr(("verify", visit.user.name, ask))


def _checkpoints(visit: Visit) -> tuple[list[tuple[datetime, Checkpoint]], str]:
    """The newest first; or what is wrong with them, in words."""
    folder = folder_of(visit.settings)
    try:
        kept = read_checkpoints(folder / FILE, public_key=folder / PUBLIC_KEY, newest=_CHECKPOINTS)
        return [(datetime.fromisoformat(one.at), one) for one in reversed(kept)], ""
    except LedgerError as error:
        return [], said_of(error).to(visit.user.language)
