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
