"""Whom an opt-out names: the tokens behind what a customer says on the phone. It may open the vault."""

from datetime import date

import pyarrow as pa

from base.errors import OptOutError
from base.settings import Settings
from outreach.opt_outs import Whom
from outreach.vault import Vault
from sources.numbers import classify

_NOW = date.max  # as the bank's last delivery has it


def named(settings: Settings, said: str, *, by: str) -> list[Whom]:
    """What ``said`` names, which is a token (``by`` customer), a customer number or a phone: first that
    account with its number, then the other accounts of the same person.

    Raises OptOutError for what names nobody.
    """
    vault = Vault(settings)
    if by == "phone":
        phones = classify(pa.array([said]))
        if phones["kind"][0].as_py() in ("unknown", "none"):
            raise OptOutError("this is no phone number; type it as it is dialled")
        return [Whom(number=vault.tokens("phone", phones["phone"])[0].as_py())]
    token = said if by == "customer" else vault.tokens("customer", pa.array([said]))[0].as_py()
    accounts = {one["customer"]: Whom(**one) for one in vault.accounts_of(token, as_of=_NOW).to_pylist()}
    if token not in accounts:
        raise OptOutError(f"the bank's last delivery has nobody of this {by}; look whether it was typed well")
    return [accounts.pop(token), *accounts.values()]
