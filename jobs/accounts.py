"""Whom an opt-out names: the tokens behind what a customer says on the phone. It may open the vault."""

import pyarrow as pa

from base.errors import OptOutError
from base.settings import Settings
from outreach.opt_outs import Whom
from outreach.vault import Vault
from sources.numbers import classify


def named(settings: Settings, said: str, *, by: str) -> list[Whom]:
    """The account or number that ``said`` names, which is a token, a customer number or a phone.

    Raises OptOutError for what cannot be one.
    """
    vault = Vault(settings)
    if by == "phone":
        phones = classify(pa.array([said]))
        if phones["kind"][0].as_py() in ("unknown", "none"):
            raise OptOutError("this is no phone number; type it as it is dialled")
        return [Whom(number=vault.tokens("phone", phones["phone"])[0].as_py())]
    if by == "customer-no":
        return [Whom(customer=vault.tokens("customer", pa.array([said]))[0].as_py())]
    return [Whom(customer=said)]
