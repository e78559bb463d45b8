"""Whom an opt-out names: the tokens behind what a customer says on the phone. It may open the vault."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
from sqlalchemy import Connection, select

from base.errors import OptOutError
from base.settings import Settings
from ledger.schema import RELEASED_CONTACTS
from outreach.opt_outs import Whom
from outreach.vault import Vault
from sources.numbers import classify

_NOW = date.max  # as the bank's last delivery has it


def named(connection: Connection, said: str, *, by: str, settings: Settings) -> list[Whom]:
    """What ``said`` names, which is a token (``by`` customer), a customer number or a phone: first that
    account with its number, then the other accounts of the same person. A phone names all who have it.

    Whoever was ever delivered is known, and whoever is on a list that was released. Raises OptOutError for
    what names nobody; a phone may be nobody's yet.
    """
    vault = Vault(settings)
    if by == "phone":
        number = _number(vault, said)
        holders = vault.holders_of(number, as_of=_NOW)
        return [Whom(number=number), *_accounts(vault, holders).values()]
    token = said if by == "customer" else vault.tokens("customer", pa.array([said]))[0].as_py()
    accounts = {**_listed(connection, token), **_accounts(vault, [token])}
    if token not in accounts:
        raise OptOutError(
            f"the bank never delivered anybody of this {by}, and it is on no list; was it typed well?"
        )
    return [accounts.pop(token), *accounts.values()]


def numbers_of(customers: Sequence[str], *, as_of: date, settings: Settings) -> pa.Table:
    """Customer and number (token of the phone) of those known by ``as_of``, as they were last delivered."""
    return Vault(settings).numbers_of(pa.array(customers, pa.string()), as_of=as_of)


def _number(vault: Vault, said: str) -> str:
    phones = classify(pa.array([said]))
    if phones["kind"][0].as_py() in ("unknown", "none"):
        raise OptOutError("this is no phone number; type it as it is dialled")
    return vault.keep_number(phones["phone"][0].as_py())


def _accounts(vault: Vault, customers: Sequence[str]) -> dict[str, Whom]:
    return {one["customer"]: Whom(**one) for one in vault.accounts_of(customers, as_of=_NOW).to_pylist()}


def _listed(connection: Connection, token: str) -> dict[str, Whom]:
    """The customer as the newest list has him that a recipient holds."""
    held = RELEASED_CONTACTS.c
    query = select(held.customer, held.number).where(held.customer == token)
    newest = connection.execute(query.order_by(held.as_of.desc()).limit(1)).mappings()
    return {row["customer"]: Whom(**row) for row in newest}
