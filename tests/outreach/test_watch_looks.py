"""Who looks at identities: alarms as it happens, and none for the night's own work."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from base.errors import DeclarationError, SettingsError, VaultError
from base.settings import Watch, load_settings
from ledger.audit import record
from ledger.database import Ledger, open_ledger
from outreach.vault import Vault
from outreach.watch.alerts import alerts, kinds, raise_alert, tell
from outreach.watch.looks import Look, signs_of, unusual, watch_look
from tests.ledger.listener import Listener

WATCH = Watch()  # type: ignore[call-arg]
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)  # in Shanghai


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("watch") / "home")) as opened:
        yield opened


def looks(*rows: int, start: datetime = NOON, apart: timedelta = timedelta(hours=1)) -> list[Look]:
    return [Look(at=start + apart * place, rows=one) for place, one in enumerate(rows)]


def look(
    ledger: Ledger, actor: str, rows: int, *, as_of: str = "2026-07-01", scheduled: bool = False
) -> None:
    """What the vault does at each look."""
    detail = {"as_of": as_of, "rows": rows, "customers": rows}
    record(ledger, actor=actor, action="vault.take", subject="desk", detail=detail)
    watch_look(ledger, actor=actor, scheduled=scheduled)


def told(ledger: Ledger, subject: str) -> list[str]:
    return [one["kind"] for one in reversed(alerts(ledger, last=1_000)) if one["subject"] == subject]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ((24,), []),
        ((24, 1), ["rows_noticed"]),
        ((25, 1), []),
        ((249, 1), ["rows_many"]),
        ((2_499, 1), ["rows_far_too_many"]),
        ((0, 2_500), ["rows_far_too_many"]),
    ],
)
def test_rows_of_a_day_alarm_once_at_each_step(rows: tuple[int, ...], kind: list[str]) -> None:
    assert [sign.kind for sign in signs_of(looks(*rows), watch=WATCH)] == kind


@pytest.mark.parametrize(("hour", "kinds_"), [(6, ["off_hours"]), (7, []), (20, []), (21, ["off_hours"])])
def test_a_look_outside_the_working_hours_of_the_bank_alarms(hour: int, kinds_: list[str]) -> None:
    at = NOON.replace(hour=0) + timedelta(hours=hour - 8)
    assert [sign.kind for sign in signs_of(looks(3, start=at), watch=WATCH)] == kinds_


def test_one_person_after_another_is_enumeration_and_so_are_refusals() -> None:
    quick = looks(*[1, 0] * 10, apart=timedelta(seconds=40))
    assert [sign.kind for sign in signs_of(quick, watch=WATCH)] == ["enumeration"]
    assert signs_of(quick[1:], watch=WATCH) == []
    slow = looks(*[1] * 20, apart=timedelta(minutes=1))
    assert signs_of(slow, watch=WATCH) == []  # 15 of them within 15 minutes


def test_a_nights_own_reading_is_held_against_its_own_nights() -> None:
    usual = [90_000, 100_000, 110_000, 100_000, 100_000]
    assert unusual([*usual, 200_000]) == []  # killed and run again
    assert [sign.kind for sign in unusual([*usual, 310_000])] == ["unusual_read"]
    assert unusual([100, 100, 100, 100, 10_000]) == []  # too few nights to know


def test_thresholds_may_be_tightened_and_never_loosened() -> None:
    assert load_settings(watch={"rows_noticed": 5}).watch.rows_noticed == 5
    for loose in ({"rows_noticed": 26}, {"rows_many": 251}, {"hour_to": 23}, {"looks": 21}):
        with pytest.raises(SettingsError, match="watch"):
            load_settings(watch=loose)


def test_a_persons_looks_alarm_as_they_happen(ledger: Ledger) -> None:
    for rows in (20, 20, 230, 1):
        look(ledger, "Wu Di", rows)
    rows = [kind for kind in told(ledger, "Wu Di") if kind.startswith("rows")]
    assert rows == ["rows_noticed", "rows_many"]
    assert not [kind for kind in told(ledger, "Lu Na") if kind.startswith("rows")]


def test_many_looks_at_one_person_each_alarm_once_within_the_quiet_time(ledger: Ledger) -> None:
    for _ in range(24):
        look(ledger, "Eve", 1)
    assert told(ledger, "Eve").count("enumeration") == 1


def test_the_night_does_not_drown_people_in_alarms_and_cannot_hide(ledger: Ledger) -> None:
    for night in range(1, 9):
        look(ledger, "contact list", 50_000, as_of=f"2026-07-0{night}", scheduled=True)
    assert told(ledger, "contact list") == []
    for _ in range(3):
        look(ledger, "contact list", 50_000, as_of="2026-07-08", scheduled=True)
    assert told(ledger, "contact list") == ["unusual_read"]


def test_an_alert_goes_into_the_log_the_table_and_the_webhook(
    tmp_path: Path, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    with Listener(status=500) as webhook:
        url = ledger.engine.url.render_as_string(hide_password=False)
        given: Any = {"webhook": webhook.address}
        with open_ledger(load_settings(home=tmp_path, database_url=url, watch=given)) as heard:
            tell(heard)
            webhook.status = 204
            tell(heard)
            webhook.heard.clear()
            webhook.status = 500
            raise_alert(heard, kind="canary_touched", subject="ai_dialler", detail={"rows": 1})
            assert webhook.heard == []
            with heard.engine.begin() as connection:
                raise_alert(connection, kind="canary_touched", subject="sms_gateway", detail={})
            webhook.status = 204
            assert tell(heard) == 2
            assert tell(heard) == 0
    assert [(one["kind"], one["subject"]) for one in webhook.heard if "subject" in one] == [
        ("canary_touched", "ai_dialler"),
        ("canary_touched", "sms_gateway"),
    ]
    assert "alert canary_touched: ai_dialler" in caplog.text


def test_an_alert_falls_with_its_transaction(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        assert raise_alert(connection, kind="canary_touched", subject="rolled back", detail={})
        connection.rollback()
    assert told(ledger, "rolled back") == []


def test_every_kind_says_what_it_means_in_both_languages(ledger: Ledger) -> None:
    for kind in kinds().values():
        words = kind.__doc__ or ""
        assert words.isascii() is False
        assert words[0].isascii(), kind
    with pytest.raises(DeclarationError, match="no kind of alert"):
        raise_alert(ledger, kind="misspelt", subject="x", detail={})


def test_the_vault_has_every_look_watched_whoever_takes_the_name_of_a_purpose(ledger: Ledger) -> None:
    vault = Vault(ledger.settings)
    for number in range(20):
        vault.find(
            "phone",
            f"138{number:08d}",
            purpose="complaint",
            ticket="T-1",
            actor="contact list",
            ledger=ledger,
        )
    assert "enumeration" in told(ledger, "contact list")
    for _ in range(20):
        with pytest.raises(VaultError):
            vault.find("phone", "13800000000", purpose="curiosity", ticket="", actor="Mallory", ledger=ledger)
    assert "enumeration" in told(ledger, "Mallory")
