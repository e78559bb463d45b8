"""Slips of an author in his variables, each with the place in the document."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strategies.variables.figures import figure_in
from strategies.variables.template import is_name, mistakes, placeholders
from strategies.variables.variable import house_variables

Path = tuple[str | int, ...]
"""Where something stands in a document: keys, and places in lists."""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """``message``: what is wrong with what stands at ``path``; in a text, ``said``, from ``offset`` on."""

    path: Path
    message: str
    said: str = ""
    offset: int = 0


class SlipsError(ValueError):
    """Raised by a document for all its ``slips``, so that its reader can say where each one is."""

    def __init__(self, slips: Sequence[Slip]) -> None:
        self.slips = tuple(slips)
        super().__init__("; ".join(f"{'.'.join(map(str, slip.path))}: {slip.message}" for slip in slips))


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Other words of an arm: its ``variables`` by ``path``, and all ``scripts`` that its customers get."""

    path: Path
    variables: Mapping[str, str]
    scripts: Sequence[str]


def slips(
    *,
    own: Mapping[str, str],
    scripts: Mapping[Path, str],
    plain: Mapping[Path, str],
    arms: Sequence[Arm],
) -> list[Slip]:
    """Every slip. ``own``: the author's variables; ``scripts`` have places to fill, ``plain`` has none."""
    wanted = {name for script in scripts.values() for name in placeholders(script)}
    return [
        *_in_names(own, wanted),
        *_in_plain({**plain, **{("variables", name): value for name, value in own.items()}}),
        *(slip for path, script in scripts.items() for slip in _in_script(path, script, own)),
        *(slip for arm in arms for slip in _in_arm(arm, own)),
    ]


def _in_names(own: Mapping[str, str], wanted: set[str]) -> Iterator[Slip]:
    house = house_variables()
    for name in own:
        path = ("variables", "key", name)
        if not is_name(name):
            yield Slip(
                path=path,
                message=f"{name!r} is no name of a variable: letters, digits and _, a letter first, at "
                "most 30 变量名无效",
            )
        elif name in house:
            yield Slip(
                path=path,
                message=f"the house itself fills {{{name}}}; choose another name 与内置变量重名",
            )
        elif name not in wanted:
            yield Slip(
                path=path,
                message=f"no script uses {{{name}}}; use it or take it out 变量未被使用",
            )


def _in_plain(texts: Mapping[Path, str]) -> Iterator[Slip]:
    for path, text in texts.items():
        brace = next((at for at, character in enumerate(text) if character in "{}｛｝"), None)
        if brace is not None:
            yield Slip(
                path=path,
                said=text,
                offset=brace,
                message="a brace stands here, but only scripts are filled; take it out 只有话术可用变量",
            )


def _in_script(path: Path, script: str, own: Mapping[str, str]) -> Iterator[Slip]:
    for offset, message in mistakes(script):
        yield Slip(path=path, said=script, offset=offset, message=message)
    known = [*own, *house_variables()]
    for name, offset in placeholders(script).items():
        if is_name(name) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(known)}"
            yield Slip(
                path=path,
                said=script,
                offset=offset,
                message=f"{{{name}}} is no variable, of this strategy or of the house; {mend} 变量不存在",
            )


def _in_arm(arm: Arm, own: Mapping[str, str]) -> Iterator[Slip]:
    used = {name for script in arm.scripts for name in placeholders(script)}
    yield from _in_plain({(*arm.path, name): value for name, value in arm.variables.items()})
    for name, value in arm.variables.items():
        reason = None
        if name not in own:
            reason = f"the strategy has no variable {name!r} that this could replace 变量不存在"
        elif name not in used:
            reason = f"no script of this arm uses {{{name}}} 变量未被使用"
        elif figure := figure_in(value) or figure_in(own[name]):
            # A rate by any other name: an experiment must not change the price.
            reason = (
                f"{{{name}}} holds {figure!r}, which may be part of a figure, and figures are the same for "
                "everybody; take it out 数字不得分组不同"
            )
        if reason:
            yield Slip(path=(*arm.path, "key", name), message=reason)
