"""The fields of the form beside a document, from what stands in it."""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from base.errors import StrategyError
from console.words import Said
from console.words.strategies import PARTS, SECTIONS
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS, RETURNS
from strategies.blank import TO_WRITE
from strategies.document import FINAL_RESULTS
from strategies.edits import Path
from strategies.opening import BY_PEOPLE, opening

Leaves = Mapping[Path, str | tuple[str, ...]]
Shape = Literal["line", "text", "number", "percent", "day", "choice", "choices", "words"]
_PLAIN: dict[str, tuple[tuple[str, Shape], ...]] = {
    "what": (("title", "line"), ("kind", "choice"), ("manager", "line"), ("offer", "text")),
    "goal": (("goal.window_days", "number"), ("goal.value", "number")),
    "experiment": (("experiment.holdout", "percent"),),
    "limits": (("limits.per_night", "number"), ("valid.start", "day"), ("valid.end", "day")),
    "more": (
        ("limits.at_least", "number"),
        ("limits.budget", "number"),
        ("caps.per_customer", "number"),
        ("caps.total", "number"),
        ("exits", "choices"),
        ("cool_off_days", "number"),
        ("experiment.ramp", "percent"),
        ("priority", "number"),
        ("tags", "words"),
    ),
}
_PERCENT = {"holdout", "ramp", "share", "expected_lift"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIELD, BOX, LIST = "f:", "c:", "l:"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A field. ``name``: as the form sends it; ``value``: as shown; ``grey``: what is said before it."""

    name: str
    label: Said
    shape: Shape
    value: str | tuple[str, ...]
    choices: Sequence[str] = ()
    grey: str = ""

    @property
    def place(self) -> str:
        """Its place in the document, as mistakes name it."""
        return ".".join(map(str, path_of(self.name[len(FIELD) :])))

    @property
    def id(self) -> str:
        """What its label points at."""
        return "field" + re.sub(r"\W+", "-", self.name)

    @property
    def unwritten(self) -> bool:
        """Whether nobody has written anything there yet."""
        return self.value in TO_WRITE

    @property
    def dated(self) -> bool:
        """Whether a calendar can show it; it would show nothing of what is no date."""
        return self.shape == "day" and (not self.value or bool(_DAY.fullmatch(str(self.value))))

    def shown(self, number: str) -> str:
        """A number of the document as the field shows it."""
        return percent_of(number) if self.shape == "percent" else number

    def in_its_unit(self, words: Said) -> Said:
        """What is said of the document's number, said of the field's."""
        if self.shape != "percent":
            return words
        return Said(*(re.sub(r"[0-9.]+$", lambda found: f"{percent_of(found[0])} %", one) for one in words))

    def box(self, choice: str) -> str:
        """The name of one choice's own box."""
        return f"{BOX}{self.name.removeprefix(LIST)}:{choice}"


@dataclass(frozen=True, kw_only=True)
class Section:
    """Fields that belong together. ``touch``: the place, from 0, of the touch they are of; ``arm``: whose
    other words they are; ``folded``: few ask for them; ``sized``: they say how much can be shown."""

    title: Said
    entries: tuple[Entry, ...]
    touch: int | None = None
    arm: str = ""
    folded: bool = False
    sized: bool = False

    @property
    def filled(self) -> bool:
        """Whether something stands in one of its fields."""
        return any(entry.value for entry in self.entries)

    def wrong(self, places: Container[str]) -> bool:
        """Whether a mistake is in one of its fields."""
        return any(entry.place in places for entry in self.entries)


def sections(leaves: Leaves, *, of: str) -> tuple[Section, ...]:
    """The form of a document, from its texts; ``of``: "terms" or "funnel"."""
    return tuple(_terms(leaves) if of == "terms" else _funnel(leaves))


def path_of(name: str) -> Path:
    """The place that a field's name holds. Raises StrategyError for what no form sends."""
    try:
        path = json.loads(name)
    except (ValueError, RecursionError):
        path = None
    if not isinstance(path, list) or not path or not all(map(_steps, path)):
        raise StrategyError(f"{name[:40]!r} is no place in a strategy; open the page again")
    return tuple(path)


def _steps(step: object) -> bool:
    """Whether it leads to a key or to a place of a list."""
    return isinstance(step, str) or (type(step) is int and step >= 0)


def _terms(leaves: Leaves) -> Iterator[Section]:
    for title, parts in _PLAIN.items():
        entries = [_entry(leaves, tuple(part.split(".")), PARTS[part], shape) for part, shape in parts]
        yield Section(
            title=SECTIONS[title],
            entries=tuple(entries),
            folded=title == "more",
            sized=title == "experiment",
        )
    variables = [path for path in leaves if path[0] == "variables"]
    if variables:
        entries = [_entry(leaves, path, _filled("variables", path[-1]), "line") for path in variables]
        yield Section(title=SECTIONS["variables"], entries=tuple(entries))
    # What has another shape than the form knows is for the document alone.
    inside = [path for path in leaves if path[:2] == ("experiment", "variants") and len(path) > 3]
    for arm in dict.fromkeys(path[2] for path in inside):
        entries = [_of_variant(leaves, path) for path in inside if path[2] == arm]
        said = Said(f"Other words: {arm}", f"另一话术组：{arm}")
        yield Section(title=said, entries=tuple(entries), arm=str(arm))


def _of_variant(leaves: Leaves, path: Path) -> Entry:
    if path[3:] == ("share",):
        return _entry(leaves, path, PARTS["variant.share"], "percent")
    part = "variant.script" if path[3] == "scripts" else "variant.variables"
    return _entry(leaves, path, _filled(part, path[-1]), "text" if path[3] == "scripts" else "line")


def _filled(part: str, word: object) -> Said:
    return Said(*(said % word for said in PARTS[part]))


def touches(leaves: Leaves) -> int:
    """How many touches the funnel has; 0 where it is no list of them."""
    places = [path[1] for path in leaves if path[0] == "funnel" and len(path) > 1]
    return max((place + 1 for place in places if isinstance(place, int)), default=0)


def _funnel(leaves: Leaves) -> Iterator[Section]:
    kind = str(leaves.get(("kind",), ""))
    for number in range(touches(leaves)):
        channel = str(leaves.get(("funnel", number, "channel"), ""))
        grey = opening(channel, kind=kind) if channel in CHANNELS and kind in PRODUCTS else ""
        parts: list[tuple[str, Shape]] = [("name", "line"), ("channel", "choice")]
        parts += [("wait_days", "number"), ("after", "words"), ("when", "choices")] if number else []
        parts += [("expected_lift", "percent"), ("script", "text")]
        parts += [("elderly_script", "text")] if channel in BY_PEOPLE else []
        entries = tuple(
            _entry(leaves, ("funnel", number, part), PARTS[f"touch.{part}"], shape, grey=grey)
            for part, shape in parts
        )
        yield Section(title=Said(f"Touch {number + 1}", f"触点 {number + 1}"), entries=entries, touch=number)


def _entry(leaves: Leaves, path: Path, label: Said, shape: Shape, *, grey: str = "") -> Entry:
    value = leaves.get(path, "")
    if shape in ("choices", "words") and isinstance(value, str):
        value = (value,) if value else ()
    if shape not in ("choices", "words") and not isinstance(value, str):
        value = ""  # a list where one value belongs: the field does not write over it unseen
    mark = LIST if shape == "choices" else FIELD
    return Entry(
        name=mark + json.dumps(path, ensure_ascii=False, separators=(",", ":")),
        label=label,
        shape=shape,
        value=percent_of(value) if shape == "percent" and isinstance(value, str) else value,
        choices=_choices(leaves, path) if shape in ("choice", "choices") else (),
        grey=grey if path[-1] in ("script", "elderly_script") else "",
    )


def _choices(leaves: Leaves, path: Path) -> Sequence[str]:
    match path[-1]:
        case "kind":
            return PRODUCTS
        case "channel":
            return CHANNELS
        case "exits":
            return [word for word in RESULTS if word not in FINAL_RESULTS]
        case "when":
            return _answers_to(leaves, int(path[1]))
    return ()


def _answers_to(leaves: Leaves, number: int) -> list[str]:
    """What can come back from the touches before it, and what stands there though it cannot."""
    before = {str(leaves.get(("funnel", place, "channel"), "")) for place in range(number)}
    stands = leaves.get(("funnel", number, "when"), ())
    can = {word for channel in before & RETURNS.keys() for word in RETURNS[channel]} - set(FINAL_RESULTS)
    return [word for word in RESULTS if word in can or word in stands]


def answers(leaves: Leaves) -> list[str]:
    """What can come back from the funnel's touches and lead on; what is likeliest to be asked for first."""
    found = _answers_to(leaves, touches(leaves))
    return sorted(found, key=lambda word: word not in ("no_answer", "delivered"))


def in_percent(path: Path) -> bool:
    """Whether the field shows in % what the document says as a share."""
    return path[-1] in _PERCENT and not named_freely(path)


def named_freely(path: Path) -> bool:
    """Whether its author named the place, perhaps like a part of the document: a variable, other words."""
    return path[0] == "variables" or path[3:4] in (("variables",), ("scripts",))


def percent_of(value: str) -> str:
    try:
        return f"{float(value) * 100:.10g}"
    except ValueError:
        return value
