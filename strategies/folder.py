"""Strategy documents as files: one a strategy, called like it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from base.errors import StrategyError
from features.catalogue import FEATURES
from strategies.atoms import Described
from strategies.document import Strategy
from strategies.markup import LONGEST
from strategies.reader import read

OWN_BOOK = Path(__file__).parent / "book"
_LARGEST = 4 * LONGEST


@dataclass(frozen=True, kw_only=True)
class Written:
    """A document exactly as its author wrote it, what it says, and the file it was read from, if one was."""

    text: str
    strategy: Strategy
    file: Path | None = None


def read_folder(
    folder: Path = OWN_BOOK, *, features: Mapping[str, Described] = FEATURES
) -> tuple[Strategy, ...]:
    """All strategies in ``folder``, by name. Raises StrategyError listing every mistake of every file."""
    return tuple(written.strategy for written in read_files([folder], features=features))


def read_files(paths: Iterable[Path], *, features: Mapping[str, Described] = FEATURES) -> tuple[Written, ...]:
    """The documents of files and of whole folders, by name.

    Raises StrategyError listing every mistake of every file.
    """
    found: dict[str, Written] = {}
    mistakes: list[str] = []
    for file in _files(paths):
        try:
            written = _read_file(file, features)
            if written.strategy.name in found:
                raise StrategyError(f"{file}: {written.strategy.name} was given twice; give it once")
            found[written.strategy.name] = written
        except StrategyError as error:
            mistakes.append(str(error))
    if mistakes:
        raise StrategyError("\n".join(mistakes))
    return tuple(found[name] for name in sorted(found))


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.glob("*.yaml"))
        if not inside:
            raise StrategyError(
                f"{path}: no strategy documents (*.yaml) here; write one, see docs/strategies.md"
            )
        yield from inside


def _read_file(file: Path, features: Mapping[str, Described]) -> Written:
    shown = str(file)
    try:
        if file.stat().st_size > _LARGEST:
            raise StrategyError(f"{shown}: larger than {_LARGEST} bytes; a strategy is a page or two")
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise StrategyError(f"{shown}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise StrategyError(
            f"{shown}: not UTF-8 (byte {error.start}); save it as UTF-8, or try iconv -f GBK -t UTF-8"
        ) from error
    strategy = read(text.removeprefix("\ufeff"), file=shown, features=features)
    # One file a name: so two documents cannot carry the same one.
    if strategy.name != file.stem:
        raise StrategyError(f"{shown}: the name is {strategy.name!r}; call the file {strategy.name}.yaml")
    return Written(text=text, strategy=strategy, file=file)
