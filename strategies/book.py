"""The strategy book: every strategy document of a folder, checked."""

from collections.abc import Mapping
from pathlib import Path

from base.errors import StrategyError
from base.settings import Settings
from features.catalogue import FEATURES
from strategies.atoms import Described
from strategies.document import Strategy
from strategies.reader import read

OWN_BOOK = Path(__file__).parent / "book"


def load_book(settings: Settings) -> tuple[Strategy, ...]:
    """The strategies of ``settings.strategy_book`` (or the book that comes with the house), by name.

    Raises StrategyError listing every mistake of every file.
    """
    return read_folder(settings.strategy_book or OWN_BOOK, features=FEATURES)


def read_folder(folder: Path, *, features: Mapping[str, Described]) -> tuple[Strategy, ...]:
    """All strategies in ``folder``, by name. Raises StrategyError listing every mistake of every file."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise StrategyError(
            f"{folder}: no strategy documents (*.yaml) here; write one, see docs/strategies.md"
        )
    found: list[Strategy] = []
    mistakes: list[str] = []
    for file in files:
        try:
            found.append(_read_file(file, features))
        except StrategyError as error:
            mistakes.append(str(error))
    if mistakes:
        raise StrategyError("\n".join(mistakes))
    return tuple(sorted(found, key=lambda strategy: strategy.name))


def _read_file(file: Path, features: Mapping[str, Described]) -> Strategy:
    shown = f"{file.parent.name}/{file.name}"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StrategyError(f"{shown}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise StrategyError(
            f"{shown}: not UTF-8 (byte {error.start}); save it as UTF-8, or try iconv -f GBK -t UTF-8"
        ) from error
    strategy = read(text, file=shown, features=features)
    # One file a name: so two documents cannot carry the same one.
    if strategy.name != file.stem:
        raise StrategyError(f"{shown}: the name is {strategy.name!r}; call the file {strategy.name}.yaml")
    return strategy
