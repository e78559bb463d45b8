"""Declared things are found by scanning; a name is declared once."""

from pathlib import Path

import pytest

from base.errors import DeclarationError
from base.registry import instances, modules, subclasses, told


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / f"found_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


DECLARED = "class Thing:\n    def __init__(self, name): self.name = name\n"


def test_a_new_file_is_found(package: Path) -> None:
    (package / "thing.py").write_text(DECLARED)
    (package / "one.py").write_text(f"from {package.name}.thing import Thing\nONE = Thing('one')\n")
    (package / "two.py").write_text(f"from {package.name}.thing import Thing\nTWO = Thing('two')\n")
    thing = modules(package.name)[-2].Thing
    assert sorted(instances(package.name, thing)) == ["one", "two"]


def test_a_name_declared_twice_is_refused(package: Path) -> None:
    (package / "thing.py").write_text(DECLARED)
    for file in ("one", "two"):
        (package / f"{file}.py").write_text(f"from {package.name}.thing import Thing\nX = Thing('same')\n")
    thing = modules(package.name)[-2].Thing
    with pytest.raises(DeclarationError, match="'same' is declared twice"):
        instances(package.name, thing)


def test_only_named_classes_declared_there_count(package: Path) -> None:
    (package / "base.py").write_text("class Base: pass\n")
    (package / "kinds.py").write_text(
        f"from {package.name}.base import Base\n"
        "class Half(Base): pass\nclass A(Half): name = 'a'\nclass B(Base): name = 'b'\n"
    )
    base = modules(package.name)[1].Base
    assert sorted(subclasses(package.name, base)) == ["a", "b"]


def test_a_docstring_of_two_languages_is_told_apart() -> None:
    assert told("The customer has died. \n    客户已身故") == ("The customer has died.", "客户已身故")
    assert told("Asks twice. Then stops. 两次。 结束") == ("Asks twice. Then stops.", "两次。 结束")


@pytest.mark.parametrize("words", [None, "", "English only.", "只有中文"])
def test_a_docstring_of_one_language_is_refused(words: str | None) -> None:
    with pytest.raises(DeclarationError, match="both languages"):
        told(words)
