"""Versions: written once, without a gap, never over somebody else's change, all of a call or none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from base.errors import BookError
from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import AUDIT, STRATEGIES, STRATEGY_VERSIONS
from strategies.book import versions_of
from strategies.folder import read_files
from strategies.lifecycle import retire
from strategies.versions import digest, import_
from tests.strategies.book_world import text_of, written


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("versions"))) as opened:
        yield opened


def texts(ledger: Ledger, name: str) -> list[str]:
    with ledger.engine.connect() as connection:
        return [version.text for version in versions_of(connection, name)]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_document_comes_back_byte_for_byte(ledger: Ledger, tmp_path: Path, mark: str, end: str) -> None:
    name = f"bytes_{len(mark)}_{len(end)}"
    content = (mark + text_of(name, note="注：“全角”，é, 😀  ").replace("\n", end)).encode()
    (tmp_path / f"{name}.yaml").write_bytes(content)
    import_(ledger, read_files([tmp_path]), actor="author")
    assert texts(ledger, name)[0].encode() == content


def test_versions_follow_each_other_and_unchanged_ones_are_told(ledger: Ledger) -> None:
    first = import_(ledger, [written("steps_a"), written("steps_b")], actor="author")
    assert [(one.name, one.version, one.outcome) for one in first] == [
        ("steps_a", 1, "new"),
        ("steps_b", 1, "new"),
    ]
    second = import_(
        ledger,
        [written("steps_a", who="aum_now >= 2000"), written("steps_b")],
        actor="other",
        bases={"steps_a": 1},
        note="richer",
    )
    assert [(one.version, one.outcome) for one in second] == [(2, "changed"), (1, "unchanged")]
    lines = trail(ledger, subject="steps_a")
    assert [(line["actor"], line["detail"]["version"], line["detail"]["note"]) for line in lines] == [
        ("other", 2, "richer"),
        ("author", 1, ""),
    ]
    assert lines[0]["detail"]["sha256"] == digest(texts(ledger, "steps_a")[1])
    assert len(trail(ledger, subject="steps_b")) == 1


def test_an_edit_of_an_old_version_is_refused_with_what_came_since(ledger: Ledger) -> None:
    import_(ledger, [written("edited")], actor="first")
    import_(
        ledger, [written("edited", title="Two")], actor="second", bases={"edited": 1}, note="a better title"
    )
    mine = written("edited", who="aum_now >= 9000")
    with pytest.raises(BookError) as caught:
        import_(ledger, [mine], actor="third", bases={"edited": 1})
    words = str(caught.value)
    assert "made from version 1" in words
    assert "version 2 by second, 20" in words
    assert "a better title" in words
    assert "+title: 县域储蓄 · Two" in words
    assert "--base 2" in words
    with pytest.raises(BookError, match="at version 2 by second; say which version"):
        import_(ledger, [mine], actor="third")
    with pytest.raises(BookError, match="there is no version 7"):
        import_(ledger, [mine], actor="third", bases={"edited": 7})
    assert len(texts(ledger, "edited")) == 2


def test_all_refusals_are_told_and_nothing_is_written(ledger: Ledger) -> None:
    import_(ledger, [written("whole_a"), written("whole_b")], actor="author")
    retire(ledger, ["whole_b"], actor="author", reason="a test")
    changed = [written(name, title="Later") for name in ("whole_a", "whole_b", "whole_c")]
    with pytest.raises(BookError) as caught:
        import_(ledger, changed, actor="author")
    assert "whole_a: is in the book" in str(caught.value)
    assert "whole_b: is retired, which is final" in str(caught.value)
    with pytest.raises(BookError, match="whole_c: no strategy of the book; did you mean whole_"):
        texts(ledger, "whole_c")
    assert len(texts(ledger, "whole_a")) == 1
    assert [one.outcome for one in import_(ledger, [written("whole_b")], actor="author")] == ["unchanged"]


def test_nobody_changes_removes_or_skips_what_is_written_whatever_program_asks(ledger: Ledger) -> None:
    import_(ledger, [written("carved")], actor="author")
    forged = {"name": "carved", "text": "x", "sha256": digest("x"), "author": "a", "note": ""}
    for statement, why in (
        (update(STRATEGY_VERSIONS).values(author="nobody"), "never changed"),
        (delete(STRATEGY_VERSIONS), "never changed"),
        (text("truncate strategy_versions cascade"), "never changed"),
        (update(AUDIT).values(actor="nobody"), "permission denied"),
        (delete(AUDIT), "permission denied"),
        (text("truncate audit"), "permission denied"),
        (delete(STRATEGIES), "never changed"),
        (text("truncate strategies, strategy_versions cascade"), "never changed"),
        (insert(STRATEGY_VERSIONS).values(**forged, version=3), "without a gap"),
        (
            insert(STRATEGY_VERSIONS).values(**{**forged, "sha256": "0" * 64}, version=2),
            "digest_is_of_the_text",
        ),
        (insert(STRATEGIES).values(name="born_live", running=1, state="live"), "born_live|never changed"),
    ):
        with pytest.raises(DBAPIError, match=why), ledger.engine.begin() as connection:
            connection.execute(statement)
    assert texts(ledger, "carved") == [text_of("carved")]


@pytest.mark.parametrize("actor", ["", "  ", "a\u202eb", "x" * 65, "tab\x00"])
def test_nobody_acts_without_a_name(ledger: Ledger, actor: str) -> None:
    with pytest.raises(BookError, match="is no name to act under"):
        import_(ledger, [written("nameless")], actor=actor)
