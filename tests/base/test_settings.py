"""Settings come from arguments, environment and file, and say what is wrong with them."""

from pathlib import Path

import pytest

from base.errors import SettingsError
from base.settings import load_settings


def test_the_environment_beats_the_file_and_arguments_beat_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "longreach.toml").write_text(
        'source = "files"\n[segments]\ncount = 30\nrefit_days = 9\n', encoding="utf-8"
    )
    monkeypatch.setenv("LONGREACH_SEGMENTS__COUNT", "40")
    settings = load_settings()
    assert (settings.source, settings.segments.count, settings.segments.refit_days) == ("files", 40, 9)
    assert load_settings(source="berka").source == "berka"


def test_every_bad_setting_is_named() -> None:
    with pytest.raises(SettingsError, match=r"(?s)segments\.count.*unheard_of"):
        load_settings(segments={"count": 0}, unheard_of=1)


@pytest.mark.parametrize(
    "loose", [{"per_day": 2}, {"per_week": 4}, {"elderly_age": 80}, {"adult_age": 16}, {"hour_from": 6}]
)
def test_contact_policy_cannot_be_made_looser_than_law(loose: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="contact"):
        load_settings(contact=loose)


@pytest.mark.parametrize(
    ("record", "least"),
    [
        ("call_evidence_days", 30),
        ("consent_proof_months", 5),
        ("log_months", 6),
        ("processor_record_years", 3),
    ],
)
def test_records_are_kept_at_least_as_long_as_law_asks(record: str, least: int) -> None:
    assert getattr(load_settings().retention, record) == least
    assert getattr(load_settings(retention={record: least + 1}).retention, record) == least + 1
    with pytest.raises(SettingsError, match=f"retention.{record}"):
        load_settings(retention={record: least - 1})


def test_a_watch_that_makes_no_sense_is_refused() -> None:
    for watch, words in (
        ({"time_zone": "Asia/Nowhere"}, "no time zone"),
        ({"hour_from": 20, "hour_to": 8}, "before"),
        ({"rows_noticed": 20, "rows_many": 10}, "must rise"),
        ({"webhook": "not an address"}, "webhook"),
    ):
        with pytest.raises(SettingsError, match=words):
            load_settings(watch=watch)
