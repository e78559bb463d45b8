"""What docs/opt_outs.md and docs/callers.md print works as it stands."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import text

from base.settings import load_settings
from ledger.database import open_ledger
from outreach.callers.register import add, every_caller
from outreach.callers.sheet import caller_of, read_sheet
from outreach.deliver import answering_key, sealing_keys
from outreach.opt_outs import Whom
from tests.outreach.feed_world import holds, opts_out, served

DOCS = Path(__file__).parents[2] / "docs"


def printed(document: str, language: str) -> str:
    page = (DOCS / document).read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", page, flags=re.M | re.S)
    return str(block)


def test_the_client_follows_the_feed_and_the_sheet_fills_the_register(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home")
    client: dict[str, Any] = {}
    exec(printed("opt_outs.md", "python"), client)  # noqa: S102 - it is what people copy
    with open_ledger(settings) as ledger, served(settings, ledger) as server:
        for make in (sealing_keys, answering_key):  # laid down below the vault, for trying out
            make(settings, "ai_dialler")
        keys = settings.vault_folder / "recipients"
        client_keys = {
            "server": server,
            "recipient": "ai_dialler",
            "own_key_pem": (keys / "ai_dialler.answers.pem").read_bytes(),
            "bank_key_pem": (keys / "bank.signing.pub.pem").read_bytes(),
        }
        holds(ledger.engine, [{"contact": f"c{place}", "customer": f"p{place}"} for place in range(3)])
        for customer in ("p0", "p2"):
            opts_out(ledger.engine, Whom(customer=customer))
        called_off: list[str] = []
        after = client["follow"](called_off.append, **client_keys)
        assert called_off == ["d-c0", "d-c2"]
        answers = {
            address: client["ask"](path="/revocations/check", query=f"address={address}", **client_keys)
            for address in ("d-c0", "d-c1")
        }
        assert [answers[one]["may_be_used"] for one in ("d-c0", "d-c1")] == [False, True]
        with ledger.engine.connect() as connection:
            assert after == str(connection.execute(text("select max(place) from revocations")).scalar_one())

        sheet = tmp_path / "callers.csv"
        sheet.write_text(printed("callers.md", "csv"), encoding="utf-8")
        with ledger.engine.begin() as connection:
            numbers = [caller_of(told, where=where) for where, told in read_sheet(sheet)]
            add(connection, numbers, actor="operator")
            own = [row for row in every_caller(connection) if row["state"] == "active"]
        assert {(row["number"], row["class"], tuple(row["purposes"])) for row in own} == {
            ("9500012", "marketing", ()),
            ("9500013", "marketing", ("loan", "card")),
            ("95588", "service", ()),
        }
