"""The form beside a document: fields by place, and what is changed in them put into the document."""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from base.errors import StrategyError
from console.words import Said
from console.words.strategies import PARTS, SECTIONS
from lake.tables.words import CHANNELS, PRODUCTS, RESULTS, RETURNS, TREATED
from strategies.blank import SCRIPT, TO_WRITE
from strategies.document import FINAL_RESULTS
from strategies.edits import Path, leaves_of, put, with_touch, without_touch
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
_FOLDED = "more"
_PERCENT = {"holdout", "ramp", "share", "expected_lift"}
_LISTS = {"tags", "exits", "when", "after"}
_FIELD, _BOX, _LIST = "f:", "c:", "l:"


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
        return ".".join(map(str, _path(self.name[len(_FIELD) :])))

    @property
    def id(self) -> str:
        """What its label points at."""
        return "field" + re.sub(r"\W+", "-", self.name)

    @property
    def unwritten(self) -> bool:
        """Whether nobody has written anything there yet."""
        return self.value in TO_WRITE

    def shown(self, number: str) -> str:
        """A number of the document as the field shows it."""
        return _percent(number) if self.shape == "percent" else number

    def in_its_unit(self, words: Said) -> Said:
        """What is said of the document's number, said of the field's."""
        if self.shape != "percent":
            return words
        return Said(*(re.sub(r"[0-9.]+$", lambda found: f"{_percent(found[0])} %", one) for one in words))

    def box(self, choice: str) -> str:
        """The name of one choice's own box."""
        return f"{_BOX}{self.name.removeprefix(_LIST)}:{choice}"


@dataclass(frozen=True, kw_only=True)
class Section:
    """Fields that belong together. ``touch``: the place, from 0, of the touch they are of; ``arm``: whose
    other words they are; ``folded``: few ask for them."""

    title: Said
    entries: tuple[Entry, ...]
    touch: int | None = None
    arm: str = ""
    folded: bool = False

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


def edited(told: Mapping[str, str], *, file: str, language: Literal["en", "zh"]) -> str:
    """The document with what the form changed since it was shown, and with the touch added or taken out.

    ``told``: the document as ``text``, as it was when the form was made from it as ``was``, and the fields.
    Raises StrategyError where form and document were both changed in one place, and as ``edits.put``.
    """
    text = told.get("text", "").rstrip() + "\n"
    was = _leaves_shown(told.get("was", ""), file)
    if was:
        now = leaves_of(text, file=file)
        for path, given in _given(told):
            if _same(given, was.get(path)) or _same(given, now.get(path)):
                continue
            if now.get(path) != was.get(path):
                shown = ".".join(map(str, path))
                raise StrategyError(
                    f"{file}: {shown} was changed in the form and in the document; make them one"
                )
            text = put(text, path, given or None, file=file)
            if path == ("kind",):
                text = put(text, ("goal", "product"), given, file=file)
    verb, _, place = told.get("change", "").partition(":")
    if verb == "add":
        return _with_touch(told, text, file, language)
    if verb == "remove" and place.isdecimal():
        return without_touch(text, int(place), file=file)
    if verb == "drop":
        return put(text, ("experiment", "variants", place), None, file=file)
    if verb == "variant":
        return _with_variant(text, file, language)
    if verb == "variable" and told.get("new_variable", "").strip():
        return put(text, ("variables", told["new_variable"].strip(" {}")), SCRIPT[language], file=file)
    return text


def _leaves_shown(was: str, file: str) -> Leaves:
    """What the form was made from; nothing where that was no YAML, for then there was no form."""
    try:
        return leaves_of(was, file=file) if was else {}
    except StrategyError:
        return {}


def _same(given: str | tuple[str, ...], stands: str | tuple[str, ...] | None) -> bool:
    """Whether a field says what the document says, which may say it in other figures or as one word."""
    if isinstance(given, tuple):
        return given == ((stands,) if stands and isinstance(stands, str) else stands or ())
    plain = stands.strip() if isinstance(stands, str) else ""
    return given in (plain, _share(_percent(plain)))


def _given(told: Mapping[str, str]) -> Iterator[tuple[Path, str | tuple[str, ...]]]:
    """What every field holds, as the document would say it."""
    for name, value in told.items():
        if name.startswith(_FIELD):
            path = _path(name.removeprefix(_FIELD))
            if path[-1] in _LISTS:
                words = (word.strip() for word in re.split(r"[,，、]", value))
                yield path, tuple(word for word in words if word)
            else:
                yield path, _share(value) if path[-1] in _PERCENT else value.strip()
        elif name.startswith(_LIST):
            own = name.removeprefix(_LIST)
            chosen = [word for word in RESULTS if f"{_BOX}{own}:{word}" in told]
            yield _path(own), tuple(chosen)


def _path(name: str) -> Path:
    try:
        path = json.loads(name)
    except ValueError:
        path = None
    if not isinstance(path, list) or not path or not all(isinstance(step, str | int) for step in path):
        raise StrategyError(f"{name[:40]!r} is no place in a strategy; open the page again")
    return tuple(path)


def _terms(leaves: Leaves) -> Iterator[Section]:
    for title, parts in _PLAIN.items():
        entries = [_entry(leaves, tuple(part.split(".")), PARTS[part], shape) for part, shape in parts]
        yield Section(title=SECTIONS[title], entries=tuple(entries), folded=title == _FOLDED)
    variables = [path for path in leaves if path[0] == "variables"]
    if variables:
        entries = [_entry(leaves, path, _filled("variables", path[-1]), "line") for path in variables]
        yield Section(title=SECTIONS["variables"], entries=tuple(entries))
    arms = dict.fromkeys(path[2] for path in leaves if path[:2] == ("experiment", "variants"))
    for arm in arms:
        entries = [_of_variant(leaves, path) for path in leaves if path[1:3] == ("variants", arm)]
        said = Said(f"Other words: {arm}", f"另一话术组：{arm}")
        yield Section(title=said, entries=tuple(entries), arm=str(arm))


def _of_variant(leaves: Leaves, path: Path) -> Entry:
    if path[-1] == "share":
        return _entry(leaves, path, PARTS["variant.share"], "percent")
    part = "variant.script" if path[3] == "scripts" else "variant.variables"
    return _entry(leaves, path, _filled(part, path[-1]), "text" if path[3] == "scripts" else "line")


def _filled(part: str, word: object) -> Said:
    return Said(*(said % word for said in PARTS[part]))


def _funnel(leaves: Leaves) -> Iterator[Section]:
    kind = str(leaves.get(("kind",), ""))
    many = len({path[1] for path in leaves if path[0] == "funnel"})
    for number in range(many):
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
    mark = _LIST if shape == "choices" else _FIELD
    return Entry(
        name=mark + json.dumps(path, ensure_ascii=False, separators=(",", ":")),
        label=label,
        shape=shape,
        value=_percent(value) if shape == "percent" and isinstance(value, str) else value,
        choices=_choices(leaves, path),
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
    many = len({path[1] for path in leaves if path[0] == "funnel"})
    found = _answers_to(leaves, many)
    return sorted(found, key=lambda word: word not in ("no_answer", "delivered"))


def _with_touch(told: Mapping[str, str], text: str, file: str, language: Literal["en", "zh"]) -> str:
    """One more touch, after the one and the result that were chosen; after the last one by itself."""
    leaves = leaves_of(text, file=file)
    many = len({path[1] for path in leaves if path[0] == "funnel"})
    channel, when = told.get("new_channel", "sms"), told.get("new_when") or answers(leaves)[0]
    text = with_touch(text, channel=channel, script=SCRIPT[language], when=(when,), file=file)
    after = told.get("new_after", "")
    if after.isdecimal() and int(after) < many - 1:
        name = str(leaves.get(("funnel", int(after), "name")) or f"touch {int(after) + 1}")
        text = put(text, ("funnel", many, "after"), (name,), file=file)
    return text


def _with_variant(text: str, file: str, language: Literal["en", "zh"]) -> str:
    leaves = leaves_of(text, file=file)
    taken = {path[2] for path in leaves if path[:2] == ("experiment", "variants")}
    free = next((arm for arm in TREATED[1:] if arm not in taken), None)
    if free is None:
        raise StrategyError(f"{file}: it has {len(TREATED) - 1} variants already; take one out first")
    first = leaves.get(("funnel", 0, "name")) or "touch 1"
    words = {"share": "0.3", "scripts": {str(first): SCRIPT[language]}}
    return put(text, ("experiment", "variants", free), words, file=file)


def _percent(value: str) -> str:
    try:
        return f"{float(value) * 100:.10g}"
    except ValueError:
        return value


def _share(value: str) -> str:
    try:
        return f"{float(value) / 100:.10g}"
    except ValueError:
        return value.strip()
