"""For what identities are given, which of their fields, and to whom."""

import re
from dataclasses import dataclass

from base.errors import VaultError
from base.scrub import WHOLE, scrub
from lake.tables.words import RECIPIENTS

# What may be a phone or an ID number has no place on the trail.
_TICKET = re.compile(r"(?!.*\d{8})[A-Za-z][A-Za-z0-9._/-]{1,39}")
_EVERYTHING = ("customer_no", "name", "phone", "id_number", "generated")


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """A reason to see identities: which fields it opens, and to whom. ``scheduled``: the night asks for it,
    not a person, so that its size is held against the nights before."""

    fields: tuple[str, ...]
    recipients: tuple[str, ...]
    scheduled: bool = False


@dataclass(frozen=True, kw_only=True)
class FullView:
    """A reason for a person to see somebody unmasked; the ticket says in whose matter."""

    fields: tuple[str, ...]


PURPOSES = {
    "contact list": Purpose(fields=_EVERYTHING, recipients=RECIPIENTS, scheduled=True),
    "dial": Purpose(fields=("customer_no",), recipients=("source",), scheduled=True),
    "holdout": Purpose(fields=("customer_no",), recipients=("outside_diallers",)),
}

FULL_VIEWS = {
    "complaint": FullView(fields=("customer_no", "name", "phone")),
    "person request": FullView(fields=_EVERYTHING),
    "authority request": FullView(fields=_EVERYTHING),
    "incident": FullView(fields=("customer_no", "name", "phone")),
}


def fields_of(purpose: str, recipient: str) -> tuple[str, ...]:
    """The fields that ``purpose`` opens to ``recipient``. Raises VaultError where it opens nothing."""
    known = PURPOSES.get(purpose)
    if known is None:
        raise VaultError(
            f"vault: {purpose!r} is no purpose identities are given for; there are: {', '.join(PURPOSES)}"
        )
    if recipient not in known.recipients:
        raise VaultError(
            f"vault: {recipient!r} receives nothing for purpose {purpose!r}; "
            f"there are: {', '.join(known.recipients)}"
        )
    return known.fields


def fields_in_full(purpose: str, ticket: str) -> tuple[str, ...]:
    """The fields that a person may see unmasked. Raises VaultError without a known purpose and a ticket."""
    require_matter(purpose, ticket)
    return FULL_VIEWS[purpose].fields


def require_matter(purpose: str, ticket: str) -> None:
    """Raises VaultError unless a person's question names a known purpose and a ticket."""
    if purpose not in FULL_VIEWS:
        raise VaultError(
            f"vault: {purpose!r} is no purpose somebody is shown for; there are: {', '.join(FULL_VIEWS)}"
        )
    if not _TICKET.fullmatch(ticket):
        raise VaultError(
            "vault: nobody is shown without a ticket; say in whose matter, such as CASE-1024: letters and "
            "digits, no number of a person"
        )


def on_record(purpose: str, ticket: str) -> dict[str, str]:
    """What the trail keeps of a matter; what is no ticket may be somebody's number and is struck out."""
    kept = ticket if _TICKET.fullmatch(ticket) or not ticket.strip() else WHOLE
    return {"purpose": scrub(purpose), "ticket": kept}
