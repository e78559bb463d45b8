"""A full view needs a purpose and a ticket; one audit record a call, refusals too."""

from datetime import date

import pytest

from base.errors import VaultError
from ledger.audit import trail
from ledger.database import Ledger
from outreach.vault import Vault
from tests.outreach.vault_world import people

NIGHT = date(2026, 7, 1)
ASKED = {"purpose": "complaint", "ticket": "CASE-7", "actor": "李"}


@pytest.mark.parametrize("wrong", [{"purpose": "curiosity"}, {"purpose": "dial"}, {"ticket": ""}])
def test_rule_3_without_purpose_or_ticket_nobody_is_seen_and_it_is_recorded(
    vault: Vault, ledger: Ledger, wrong: dict[str, str]
) -> None:
    table = people(vault, 2)
    vault.put(NIGHT, table)
    before = len(trail(ledger, last=10_000))
    with pytest.raises(VaultError):
        vault.look(NIGHT, table["customer"][0].as_py(), **{**ASKED, **wrong}, ledger=ledger)
    lines = trail(ledger, last=10_000)
    assert len(lines) == before + 1
    assert (lines[0]["action"], lines[0]["actor"]) == ("vault.refused", "李")


def test_rule_3_every_look_is_one_line_that_names_nobody(vault: Vault, ledger: Ledger) -> None:
    table = people(vault, 3)
    vault.put(NIGHT, table)
    before = len(trail(ledger, last=10_000))
    for token in table["customer"].to_pylist():
        vault.look(NIGHT, token, **ASKED, ledger=ledger)
    lines = trail(ledger, last=10_000)
    assert len(lines) == before + 3
    for line, token in zip(lines, reversed(table["customer"].to_pylist()), strict=False):
        assert (line["action"], line["subject"], line["detail"]["ticket"]) == ("vault.look", token, "CASE-7")
        assert not any(phone in str(line) for phone in table["phone"].to_pylist())
