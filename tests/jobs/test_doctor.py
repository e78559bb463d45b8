"""The doctor tells every illness and never falls ill itself."""

from pathlib import Path

from base.settings import load_settings
from jobs.doctor import examine


def test_a_healthy_house_is_told_so(tmp_path: Path) -> None:
    findings = examine(load_settings(home=tmp_path / "home"))
    assert [finding.part for finding in findings] == [
        "disk",
        "PostgreSQL",
        "vault",
        "engine",
        "source",
        "strategy book",
        "caller numbers",
        "recipients",
        "roles",
        "console",
    ]
    assert all(finding.well for finding in findings), findings
    assert any("made up" in finding.words for finding in findings)
    assert any("keys made here" in finding.words for finding in findings)


def test_every_ill_part_is_named_with_its_mend(tmp_path: Path) -> None:
    settings = load_settings(
        home=tmp_path / "home",
        database_url="postgresql://nobody@127.0.0.1:9/longreach",
        source="unheard_of",
        recipients={"ai_dialer": {}},
    )
    ill = {finding.part: finding.words for finding in examine(settings) if not finding.well}
    assert set(ill) == {
        "PostgreSQL",
        "vault",
        "source",
        "strategy book",
        "caller numbers",
        "recipients",
        "console",
    }
    assert "LONGREACH_DATABASE_URL" in ill["PostgreSQL"]
    assert "synthetic" in ill["source"]
    assert "ai_dialer: lists go to" in ill["recipients"]
    assert "does not answer" in ill["strategy book"]
