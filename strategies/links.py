"""How the touches of a funnel are linked: what leads to what, in how many layers, and what is wrong there."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Protocol

MOST_LAYERS = 3


class Linked(Protocol):
    """A touch as far as links go: its name, the touches it comes after, and on which of their results."""

    @property
    def name(self) -> str: ...

    @property
    def after(self) -> tuple[str, ...]: ...

    @property
    def when(self) -> tuple[str, ...]: ...


def layers_of(touches: Sequence[Linked]) -> tuple[int, ...]:
    """The layer of every touch: 1 where a journey begins, else one more than the deepest touch before it.

    Touches in a circle, and those that only a circle leads to, have layer 0. Unknown names lead nowhere.
    """
    before = {touch.name: touch.after for touch in touches}
    layer: dict[str, int] = {}
    for _ in touches:
        for name, after in before.items():
            known = [layer[each] for each in after if each in layer]
            if name not in layer and len(known) == len(after):
                layer[name] = 1 + max(known, default=0)
    return tuple(layer.get(touch.name, 0) for touch in touches)


def mistakes(touches: Sequence[Linked]) -> Iterator[str]:
    """What is wrong with the links, in words that name the touches and the mend; none where all is well."""
    yield from _unknown(touches) or _circle(touches) or _backwards(touches) or _too_deep(touches)
    yield from _claimed_twice(touches)


def unlike_their_place(funnel: Sequence[Linked], *, final: tuple[str, ...]) -> list[str]:
    """Links that the first touch must not have, or the later ones lack, and results that lead nowhere:
    the ``final`` ones."""
    found = []
    for number, touch in enumerate(funnel, start=1):
        name = shown(funnel, touch.name)
        if number == 1:
            found += [
                f"{name} opens the funnel, so it has no '{key}'; remove it"
                for key, links in (("after", touch.after), ("when", touch.when))
                if links
            ]
        elif not touch.after:
            found.append(f"nothing leads to {name}; name the touches before it in 'after', or leave that out")
        elif not touch.when:
            found.append(f"{name} needs 'when': the results of {' or '.join(touch.after)} that lead on")
        over = sorted(set(touch.when) & set(final))
        if over:
            found.append(f"{name}: {', '.join(over)} ends the journey; remove it from 'when'")
    return found


def shown(touches: Sequence[Linked], name: str) -> str:
    """A touch as messages call it: its place, and its name where it was given one."""
    number = next(place for place, touch in enumerate(touches, start=1) if touch.name == name)
    return f"touch {number}" if name == f"touch {number}" else f"touch {number} ({name})"


def _unknown(touches: Sequence[Linked]) -> list[str]:
    names = [touch.name for touch in touches]
    twice = [
        f"two touches are called {name!r}; give each a name of its own"
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    return twice or [
        f"{shown(touches, touch.name)}: no touch is called {name!r}; there are: {', '.join(names)}"
        for touch in touches
        for name in touch.after
        if name not in names
    ]


def _circle(touches: Sequence[Linked]) -> list[str]:
    looped = {touch.name for touch, layer in zip(touches, layers_of(touches), strict=True) if layer == 0}
    if not looped:
        return []
    before = {touch.name: touch.after for touch in touches}
    # Every touch without a layer comes after another one without: walking back must meet itself.
    walk = [next(touch.name for touch in touches if touch.name in looped)]
    while walk.count(walk[-1]) == 1:
        walk.append(next(name for name in before[walk[-1]] if name in looped))
    circle = [shown(touches, name) for name in reversed(walk[walk.index(walk[-1]) :])]
    return [f"{' -> '.join(circle)} is a circle, nobody could ever leave it; take one 'after' out"]


def _backwards(touches: Sequence[Linked]) -> list[str]:
    # Places number the steps: in the order of the document, a journey only ever moves to higher ones.
    names = [touch.name for touch in touches]
    return [
        f"{shown(touches, touch.name)} comes after {shown(touches, name)}, which stands below it; "
        "write touches in the order in which they come"
        for place, touch in enumerate(touches)
        for name in touch.after
        if names.index(name) > place
    ]


def _too_deep(touches: Sequence[Linked]) -> list[str]:
    deep = [
        shown(touches, touch.name)
        for touch, layer in zip(touches, layers_of(touches), strict=True)
        if layer > MOST_LAYERS
    ]
    if not deep:
        return []
    return [f"a funnel has at most {MOST_LAYERS} layers; {', '.join(deep)} would come after the last"]


def _claimed_twice(touches: Sequence[Linked]) -> list[str]:
    return [
        f"{shown(touches, one.name)} and {shown(touches, other.name)} both come after "
        f"{shown(touches, name)} on {result!r}; only one of them can"
        for one, other in combinations(touches, 2)
        for name in one.after
        if name in other.after and any(name == touch.name for touch in touches)
        for result in one.when
        if result in other.when
    ]
