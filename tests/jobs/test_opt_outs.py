"""Opt-outs as people enter them: they bind the whole person, once and for good, and only he ends them."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pyarrow as pa
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from base.errors import OptOutError
from base.settings import Settings, load_settings
from jobs.accounts import named
from jobs.command import app
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import OPT_OUTS
from outreach.opt_outs import Whom, bind_accounts, enter, standing, withdraw
from outreach.vault import Vault
from outreach.vault.rotation import rotate_token
from tests.outreach.feed_world import holds

DAY = date(2026, 7, 1)
PHONES = {"C1": "13800000001", "C2": "13800000002", "C3": "13800000001", "C4": None, "C5": "13800000005"}
DOCUMENTS = {"C1": "11010119900307123X", "C2": "11010119900307123X", "C3": "110101199003071999"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("opt_outs") / "home")


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    """With four customers: C1 and C2 are one person, C1 and C3 share a phone. C5 has left."""
    with open_ledger(settings) as opened:
        _deliver(settings, DAY - timedelta(days=1), ("C5",))
        _deliver(settings, DAY, ("C1", "C2", "C3", "C4"))
        yield opened


@pytest.fixture(autouse=True)
def _nobody_has_opted_out(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGREACH_HOME", str(settings.home))
    with ledger.engine.begin() as connection:
        for one in connection.execute(standing().where(OPT_OUTS.c.derived_from.is_(None))).all():
            withdraw(connection, one.id, source="branch", actor="test", reason="another test begins")


def _deliver(settings: Settings, as_of: date, numbers: tuple[str, ...]) -> None:
    vault = Vault(settings)
    columns = {
        "customer": vault.tokens("customer", pa.array(numbers)),
        "customer_no": pa.array(numbers),
        "name": pa.array(["张三"] * len(numbers)),
        "phone": pa.array([PHONES[one] for one in numbers]),
        "id_number": pa.array([DOCUMENTS.get(one) for one in numbers]),
        "generated": pa.array([True] * len(numbers)),
    }
    vault.put(as_of, pa.table(columns))


def token(settings: Settings, number: str) -> str:
    return str(Vault(settings).tokens("customer", pa.array([number]))[0])


def phone_of(settings: Settings, number: str) -> str:
    return str(Vault(settings).tokens("phone", pa.array([PHONES[number]]))[0])


def bound(ledger: Ledger) -> set[tuple[str | None, str | None, str]]:
    with ledger.engine.connect() as connection:
        return {(row.customer, row.number, row.channel) for row in connection.execute(standing())}


def told(*words: str, typed: str = "") -> str:
    done = CliRunner().invoke(app, ["opt-outs", *words], input=typed, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output or done.exception
    return done.output


def test_a_customer_number_binds_all_accounts_of_the_person_and_their_numbers(
    ledger: Ledger, settings: Settings
) -> None:
    output = told("add", "--by", "customer-no", "--source", "hotline", "--as", "agent", typed="C1\n")
    assert "C1" not in output
    both = {(token(settings, one), phone_of(settings, one), "all") for one in ("C1", "C2")}
    assert bound(ledger) == both
    line = trail(ledger, action="opted out", last=1)[0]
    assert (line["actor"], line["detail"]["accounts"]) == ("agent", 2)


def test_a_phone_binds_the_number_however_it_is_typed(ledger: Ledger, settings: Settings) -> None:
    told(
        "add",
        "--by",
        "phone",
        "--source",
        "letter",
        "--channel",
        "sms",
        "--as",
        "a",
        typed="+86 138 0000 0001\n",
    )
    assert bound(ledger) == {
        (None, phone_of(settings, "C3"), "sms"),
        *((token(settings, one), phone_of(settings, one), "sms") for one in ("C1", "C2", "C3")),
    }, "whoever has it, and his other accounts: he may change his number"


def test_a_phone_that_nobody_has_yet_is_bound_alone(ledger: Ledger, settings: Settings) -> None:
    told("add", "--by", "phone", "--source", "letter", "--as", "a", typed="13800000077\n")
    number = str(Vault(settings).tokens("phone", pa.array(["13800000077"]))[0])
    assert bound(ledger) == {(None, number, "all")}


def test_who_is_not_delivered_any_more_and_who_is_only_on_a_list_may_opt_out(
    ledger: Ledger, settings: Settings
) -> None:
    holds(ledger.engine, [{"contact": "x", "customer": "on a list", "number": "n"}])
    with ledger.engine.connect() as connection:
        known = {
            by: named(connection, said, by=by, settings=settings)
            for by, said in (("customer-no", "C5"), ("customer", "on a list"))
        }
    assert known == {
        "customer-no": [Whom(customer=token(settings, "C5"), number=phone_of(settings, "C5"))],
        "customer": [Whom(customer="on a list", number="n")],
    }


def test_the_list_shows_who_said_what_and_what_was_withdrawn(ledger: Ledger, settings: Settings) -> None:
    told("add", token(settings, "C4"), "--source", "branch", "--reason", "too often", "--as", "agent")
    lines = json.loads(told("list", "--customer", token(settings, "C4"), "--json"))
    assert (lines[0]["source"], lines[0]["reason"], lines[0]["withdrawn_at"]) == ("branch", "too often", None)
    told(
        "withdraw", str(lines[0]["id"]), "--source", "branch", "--reason", "wants news again", "--as", "agent"
    )
    assert bound(ledger) == set()
    assert "withdrawn" in told("list", "--last", "1")


@pytest.mark.parametrize(
    ("by", "said"), [("customer", "anobody12345"), ("customer-no", "C9"), ("phone", "hello")]
)
def test_what_names_nobody_is_refused(ledger: Ledger, settings: Settings, by: str, said: str) -> None:
    with pytest.raises(OptOutError), ledger.engine.connect() as connection:
        named(connection, said, by=by, settings=settings)


def test_an_account_found_later_is_bound_too_once_and_withdrawn_with_the_first(
    ledger: Ledger, settings: Settings
) -> None:
    """A delivery merges accounts: what one of them asked for holds for all."""
    first, second = token(settings, "C1"), token(settings, "C2")
    with ledger.engine.begin() as connection:
        opt_out = enter(connection, [Whom(customer=first)], channel="sms", source="x", actor="a", reason="r")
    people = Vault(settings).same_person(as_of=DAY)
    assert [bind_accounts(ledger, people) for _ in range(2)] == [1, 0]
    assert bound(ledger) == {(first, None, "sms"), (second, phone_of(settings, "C2"), "sms")}
    with ledger.engine.begin() as connection:
        derived = connection.execute(
            select(OPT_OUTS.c.id).where(OPT_OUTS.c.derived_from == opt_out)
        ).scalar_one()
        with pytest.raises(OptOutError, match=f"stands for {opt_out}"):
            withdraw(connection, derived, source="x", actor="a", reason="r")
        withdraw(connection, opt_out, source="x", actor="a", reason="r")
        with pytest.raises(OptOutError, match="withdrawn before"):
            withdraw(connection, opt_out, source="x", actor="a", reason="r")
    assert bound(ledger) == set()
    assert bind_accounts(ledger, people) == 0


def test_an_opt_out_outlives_a_new_token_key(ledger: Ledger, settings: Settings) -> None:
    """Later deliveries, and tokens of a new key, name the same people as before."""
    told("add", token(settings, "C1"), "--source", "hotline", "--as", "agent")
    before = bound(ledger)
    rotate_token(settings)
    _deliver(settings, DAY + timedelta(days=1), ("C1", "C3"))
    assert token(settings, "C1") in {customer for customer, _, _ in bound(ledger)}
    assert bound(ledger) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"channel": "letter"}, "is no channel"),
        ({"source": " "}, "how the opt-out came in"),
        ({"whom": []}, "nobody was named"),
        ({"whom": [Whom()]}, "nobody was named"),
    ],
)
def test_what_would_bind_nobody_is_refused(ledger: Ledger, words: dict[str, object], why: str) -> None:
    sound = {"whom": [Whom(customer="c")], "channel": "all", "source": "x", "actor": "a", "reason": ""}
    given = {**sound, **words}
    with pytest.raises(OptOutError, match=why), ledger.engine.begin() as connection:
        enter(connection, given.pop("whom"), **given)  # type: ignore[arg-type]
