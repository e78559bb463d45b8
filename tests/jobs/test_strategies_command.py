"""The strategy book on the command line: what its page tells people to type, and how they are refused."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from base.errors import BookError, LongreachError, StrategyError
from base.settings import load_settings
from jobs.command import app, main
from jobs.terminal import out
from ledger.database import Ledger, open_ledger
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK
from tests.strategies.book_world import text_of, written

PAGE = Path(__file__).parents[2] / "docs" / "book.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands") / "home"


@pytest.fixture(scope="module")
def ledger(home: Path) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=home)) as opened:
        yield opened


@pytest.fixture
def desk(home: Path, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manager's folder, at a terminal wide enough."""
    monkeypatch.setenv("LONGREACH_HOME", str(home))
    monkeypatch.setenv("LONGREACH_ACTOR", "Zhou Lin")
    monkeypatch.setattr(out, "width", 160)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(words: str) -> Result:
    return CliRunner().invoke(app, ["strategies", *shlex.split(words)])


def said(words: str) -> str:
    """What a command that ends well prints."""
    result = call(words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def refused(words: str) -> str:
    """In which words a command is refused."""
    result = call(words)
    assert isinstance(result.exception, LongreachError), (words, result.output)
    return str(result.exception)


def put(folder: Path, name: str, **words: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text_of(name, **words), encoding="utf-8")
    return path


def test_all_that_the_page_says_can_be_typed_in_its_order(desk: Path) -> None:
    lines = re.findall(r"^ {4}longreach strategies (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    put(desk, "deposit_county_savers")
    answers = {}
    for line in lines:
        answers[line] = said(line)
        if line.startswith("export"):
            file = desk / "desk" / "deposit_county_savers.yaml"
            assert file.read_bytes() == (desk / "deposit_county_savers.yaml").read_bytes()
            if "--version" not in line:
                file.write_text(text_of("deposit_county_savers", title="More"), encoding="utf-8")
    assert "+title: 县域储蓄 · More" in answers["diff desk/deposit_county_savers.yaml"]
    assert answers["diff deposit_county_savers"].count("title:") == 2
    assert "live v2" in answers['golive deposit_county_savers --as "Chen Mo"'] or "live v2" in said(
        "show deposit_county_savers"
    )
    assert "live v2, draft v3" in answers["list county --state live"]
    assert "Savings" in answers["show deposit_county_savers"]
    assert "channel sms is stopped since" in said("list")
    assert ElementTree.parse(desk / "funnel.svg").getroot().tag.endswith("svg")
    told = json.loads(said("history deposit_county_savers --json"))
    assert [(line["actor"], line["action"]) for line in told[-3:]] == [
        ("Chen Mo", "strategy approved"),
        ("Zhou Lin", "strategy submitted"),
        ("Zhou Lin", "strategy imported"),
    ]
    assert told[-1]["detail"]["note"] == "Savings in the county"


def test_a_folder_goes_out_and_comes_back_without_loss(desk: Path) -> None:
    said(f"import {OWN_BOOK}")
    said("export everything")
    for own in OWN_BOOK.glob("*.yaml"):
        assert (desk / "everything" / own.name).read_bytes() == own.read_bytes()
    again = json.loads(said("import everything --json"))
    own_names = {own.stem for own in OWN_BOOK.glob("*.yaml")}
    assert {one["outcome"] for one in again if one["name"] in own_names} == {"unchanged"}


def test_every_mistake_of_every_file_is_told_and_the_book_stays_as_it_was(desk: Path) -> None:
    put(desk, "well_written")
    put(desk, "misspelt", who="aum_nou > 1")
    put(desk, "too_many").write_text("name: too_many\nname: again\n", encoding="utf-8")
    words = refused("import .")
    assert words.startswith("misspelt.yaml:6:")
    assert "aum_now" in words
    assert "too_many.yaml:2:1" in words
    assert "well_written: no strategy" in refused("show well_written")
    assert words == refused("check .")


def test_export_never_overwrites_what_the_book_does_not_hold(desk: Path) -> None:
    said(f"import {put(desk, 'unsaved')}")
    said("export . unsaved")
    changed = put(desk, "unsaved", title="Unsaved work")
    assert "not yet in the book, and not overwritten: unsaved.yaml" in refused("export . unsaved")
    assert "Unsaved work" in changed.read_text(encoding="utf-8")
    said("import unsaved.yaml")
    put(desk, "unsaved")
    assert said("export . unsaved").startswith("1 documents")
    assert "Unsaved work" in changed.read_text(encoding="utf-8")
    assert "not live: unsaved" in refused("export . unsaved --live")


def test_a_file_of_unknown_age_must_say_from_which_version_it_comes(desk: Path) -> None:
    file = put(desk, "aged")
    said(f"import {file}")
    put(desk, "aged", title="Two")
    assert "say which version" in refused("import aged.yaml")
    assert "aged: changed, v2" in said("import aged.yaml --base 1 --as Other")
    put(desk, "aged", title="Three")
    assert "version 2 by Other" in refused("import aged.yaml --base 1")


def test_a_note_that_does_not_read_is_refused(desk: Path) -> None:
    put(desk, "noted")
    (desk / ".checkout.json").write_text("[1, 2]", encoding="utf-8")
    assert ".checkout.json does not read" in refused("import noted.yaml")


def test_nothing_with_a_grave_finding_is_submitted(desk: Path) -> None:
    said(f"import {put(desk, 'for_nobody', who='aum_now > 5 and aum_now < 3')}")
    assert call("check for_nobody.yaml").exit_code == 1
    words = refused("submit for_nobody")
    assert words.startswith("not submitted:\nfor_nobody: ")
    assert "draft v1" in said("show for_nobody")
    findings = json.loads(call("check for_nobody --json").output)
    assert [(one["grave"], one["strategies"]) for one in findings if one["grave"]] == [(True, ["for_nobody"])]


def test_drafts_that_are_submitted_together_are_checked_beside_each_other(desk: Path) -> None:
    files = [put(desk, name, who="aum_now >= 1234 and age >= 31") for name in ("twin_one", "twin_two")]
    said(f"import {' '.join(map(str, files))}")
    findings = json.loads(said("check twin_one twin_two --json"))
    assert [one["strategies"] for one in findings if one["kind"] == "copies"] == [["twin_one", "twin_two"]]
    assert "twin_one, twin_two" in said("submit twin_one twin_two")


def test_the_brake_asks_for_one_thing_and_says_when_it_is_on_already(desk: Path, ledger: Ledger) -> None:
    put_live(ledger, [written("braked")])
    assert call("stop --reason x").exit_code == 2
    assert call("stop braked --all --reason x").exit_code == 2
    assert call("stop braked").exit_code == 2
    assert "takes a reason" in refused("stop braked --reason ' '")
    assert "from the next release on" in said("stop braked --reason wrong")
    assert "braked: is stopped already" in refused("stop braked --reason again")
    assert "live v1, stopped" in said("list braked")
    said("start braked --reason mended")
    assert "braked: is not stopped" in refused("start braked --reason again")
    assert "did you mean braked?" in refused("stop brakes --reason x")
    assert "channels are push" in refused("stop --channel fax --reason x")


def test_words_in_brackets_are_words(desk: Path) -> None:
    said(f"import {put(desk, 'brackets', title='[bold]a[/b]')} --note '[/red]'")
    for words in ("list brackets", "show brackets", "history brackets"):
        assert "[bold]a[/b]" in said(words) or "[/red]" in said(words)


def test_brackets_in_paths_are_letters(desk: Path) -> None:
    said(f"import {put(desk, 'bracketed')}")
    assert said("export 'a[/b]' bracketed") == "1 documents in a[/b]\n"
    assert said("draw bracketed --svg 'a[/b]/:cat:.svg'") == "drawn into a[/b]/:cat:.svg\n"


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """How the program itself ends."""
    monkeypatch.setattr("sys.argv", ["longreach", "strategies", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(str(stop.value.code))


def test_a_missing_folder_with_brackets_is_told(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said(f"import {put(desk, 'folderless')}")
    assert typed(monkeypatch, "draw", "folderless", "--svg", "no[/bold]/x.svg") == 1
    assert capsys.readouterr().err == "error: No such file or directory: no[/bold]/x.svg\n"


@pytest.mark.parametrize("words", [["show", "\udcff"], ["pause", "x", "--reason", "\udcce\udcd2"]])
def test_what_is_not_utf8_is_refused_once_and_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert typed(monkeypatch, *words) == 2
    assert "is not UTF-8; set the terminal to UTF-8" in capsys.readouterr().err


def test_long_lines_are_not_broken(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 80)
    long = "很长的一行说明 " * 40 + "end"
    said(f"import {put(desk, 'long_lines', note=long)}")
    assert said("show long_lines").endswith(text_of("long_lines", note=long))
    put(desk, "long_lines", note=f"{long} more")
    assert f"\n+# {long} more\n" in said("diff long_lines.yaml")


def test_the_note_of_a_folder_speaks_of_its_own_files_alone(desk: Path) -> None:
    mine, other = desk / "d1", desk / "other"
    other.mkdir()
    said(f"import {put(desk, 'note_first')} {put(desk, 'note_second')}")
    said("export d1 note_first note_second")
    put(other, "note_second", title="Two")
    assert "note_second: is in the book" in refused("import d1/note_first.yaml other/note_second.yaml")
    put(mine, "note_first", title="Two")
    said("import d1/note_first.yaml")
    said("import other --base 1")
    put(mine, "note_second", title="Mine")
    assert "your text was made from version 1" in refused("import d1/note_second.yaml")


def test_a_note_of_a_file_of_another_ending_is_not_its_own(desk: Path) -> None:
    said(f"import {put(desk, 'two_endings')}")
    said("export . two_endings")
    (desk / "two_endings.yml").write_text(text_of("two_endings", title="Two"), encoding="utf-8")
    assert call("check two_endings.yml").exit_code == 0
    assert "say which version" in refused("import two_endings.yml")


def test_an_import_whose_note_fails_is_told_as_an_import(desk: Path) -> None:
    said(f"import {put(desk, 'half_noted')}")
    (desk / ".checkout.json").write_text("[", encoding="utf-8")
    put(desk, "half_noted", title="Two")
    words = said("import half_noted.yaml --base 1")
    assert "half_noted: changed, v2" in words
    assert "half_noted v2: in the book, but .checkout.json could not be brought up to date" in words
    (desk / ".checkout.json").unlink()
    (desk / ".checkout.json").mkdir()
    put(desk, "half_noted", title="Three")
    assert "half_noted v3: in the book, but .checkout.json" in said("import half_noted.yaml --base 2")


def test_version_nought_is_no_version(desk: Path) -> None:
    said(f"import {put(desk, 'noughted')}")
    assert "there is no version 0" in refused("diff noughted --from 0")


def test_export_of_a_version_is_of_one_strategy(desk: Path) -> None:
    said(f"import {put(desk, 'one_of_all')}")
    assert call("export out --version 1").exit_code == 2
    assert call("export out one_of_all --live --version 1").exit_code == 2
    assert "there is no version 2" in refused("export out one_of_all --version 2")


def test_one_version_goes_with_one_strategy(desk: Path) -> None:
    said(f"import {put(desk, 'single')}")
    assert call("submit single single_too --version 1").exit_code == 2
    assert "version 4 was meant" in refused("submit single --version 4")


def test_a_name_and_a_file_at_once_are_refused(desk: Path) -> None:
    put(desk, "mixed")
    result = call("check mixed.yaml mixed")
    assert isinstance(result.exception, StrategyError)
    assert isinstance(call("draw unheard_of").exception, BookError)


def test_what_customers_would_hear_is_shown_by_example(desk: Path) -> None:
    script = '"尊敬的{surname}客户，利率{rate}。"'
    text = text_of("with_variables").replace("一年期定期存款，网点可办。", script)
    path = desk / "with_variables.yaml"
    path.write_text(f"{text}variables: {{rate: 2.1%}}\n", encoding="utf-8")
    said("import with_variables.yaml")
    shown = "尊敬的张客户，利率2.1%。"
    assert shown in said("show with_variables")
    (example,) = json.loads(said("show with_variables --json"))["examples"]
    assert example["text"].endswith(shown)
    assert (example["touch"], example["channel"], example["arm"]) == ("touch 1", "sms", "treatment")
    path.write_text(f'{text}variables: {{rate: "138 1234 5678"}}\n', encoding="utf-8")
    assert "variables.rate: it holds what may be somebody's number" in refused("check with_variables.yaml")
