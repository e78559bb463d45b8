"""What is said in each contact: the words of its touch and arm, with the places of its script filled.

Filled are the different fillings, not the rows: a script has as many as there are surnames, or one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ReleaseError
from lake.tables.words import TREATED
from outreach.mask import WHOLE
from strategies.document import Strategy
from strategies.variables import Occasion, filled, house_variables, placeholders

PLACE = "place"
"""The column that says which of the words a row has."""
_Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script with places to fill, of a strategy so titled; ``own``: its author's variables."""

    text: str
    title: str
    offer: str
    own: Mapping[str, str]

    @property
    def is_personal(self) -> bool:
        """Whether something in it differs from person to person."""
        house = house_variables()
        return any(house[name].is_personal for name in placeholders(self.text) if name in house)

    def values(self, masked_name: str, last_day: date) -> dict[str, str]:
        """What to put for each name in it, to a person whose name is shown so."""
        occasion = Occasion(title=self.title, offer=self.offer, masked_name=masked_name, last_day=last_day)
        house = house_variables()
        return {
            name: house[name].of(occasion) if name in house else self.own[name]
            for name in placeholders(self.text)
        }

    def filled(self, masked_name: str, last_day: date) -> str:
        """What that person hears or reads."""
        return filled(self.text, self.values(masked_name, last_day))


@dataclass(frozen=True, kw_only=True)
class Said:
    """The words of a touch in one arm: ``script``, and that which is said to the elderly."""

    strategy: str
    step: int
    arm: str
    script: Script
    to_elderly: Script


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is said, of every touch of every strategy in every arm with words of its own."""

    said: tuple[Said, ...]

    @classmethod
    def of(cls, book: Sequence[Strategy]) -> "Words":
        """The words of every touch of every strategy, and of its variants."""
        return cls(
            said=tuple(
                Said(
                    strategy=strategy.name,
                    step=step,
                    arm=arm,
                    script=_script(strategy, arm, script),
                    to_elderly=_script(strategy, arm, to_elderly),
                )
                for strategy in book
                for arm in (TREATED[0], *strategy.experiment.variants)
                for step, (script, to_elderly) in enumerate(
                    zip(strategy.scripts(arm), strategy.scripts(arm, elderly=True), strict=True), start=1
                )
            )
        )

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Every script; that for the elderly behind that for the others."""
        return tuple(script for one in self.said for script in (one.script, one.to_elderly))

    def placed(self, rows: pa.Table) -> pa.Table:
        """``rows`` (strategy, step, arm) with the place of their words, reason and offer.

        Raises ReleaseError where a touch has no words.
        """
        places = {(one.strategy, one.step, one.arm): place for place, one in enumerate(self.said)}
        wanted = zip(*(rows[name].to_pylist() for name in ("strategy", "step", "arm")), strict=True)
        # Who is in an arm that the document has given up since gets the words of the strategy as it stands.
        found = pa.array([places.get(key, places.get((*key[:2], TREATED[0]))) for key in wanted], pa.int32())
        if found.null_count:
            unknown = rows.filter(pc.is_null(found))["strategy"].unique().to_pylist()
            raise ReleaseError(
                f"the plan has touches that the strategy book lacks, of: {', '.join(sorted(unknown))}; "
                "put them back, or run decide for this date again"
            )
        reasons = pa.array([one.script.title for one in self.said], pa.string())
        offers = pa.array([one.script.offer for one in self.said], pa.string())
        return (
            rows.append_column(PLACE, found)
            .append_column("reason", pa.DictionaryArray.from_arrays(found, reasons))
            .append_column("offer", pa.DictionaryArray.from_arrays(found, offers))
        )

    def spoken(self, rows: pa.Table, *, last_day: date, as_written: bool) -> pa.Table:
        """``rows`` (place, elderly, masked_name) with ``text`` and ``variables``.

        ``as_written``: for a recipient who fills the places himself, with what ``variables`` says as JSON.
        """
        scripts = 2 * rows[PLACE].to_numpy() + rows["elderly"].cast(pa.int32()).to_numpy()
        by_person = _ByPerson.of(self.scripts, scripts=scripts, names=rows["masked_name"])
        if as_written:
            written = pa.array([script.text for script in self.scripts], pa.string())
            text = pa.DictionaryArray.from_arrays(pa.array(scripts), written)
            variables = by_person.coded(lambda script, name: _as_json(script.values(name, last_day)))
        else:
            text = by_person.coded(lambda script, name: script.filled(name, last_day))
            variables = pa.nulls(rows.num_rows, pa.dictionary(pa.int32(), pa.string()))
        return rows.append_column("text", text).append_column("variables", variables)

    def own_words(self, masked_names: Iterable[str], *, last_day: date) -> frozenset[str]:
        """Every text that can stand on a list by right: what authors wrote, and what the house made of it for
        people whose names are shown so."""
        names = (*masked_names, WHOLE)
        found: set[str] = set()
        for script in self.scripts:
            found |= {script.title, script.offer, script.text, *placeholders(script.text)}
            for name in names if script.is_personal else (WHOLE,):
                found |= {script.filled(name, last_day), *script.values(name, last_day).values()}
        return frozenset(found)


class _ByPerson(NamedTuple):
    """The different scripts with names that are said in them; ``rows`` says which of those each row has."""

    said: Sequence[tuple[Script, str]]
    rows: pa.Int32Array

    @classmethod
    def of(cls, all_scripts: Sequence[Script], *, scripts: _Ints, names: pa.ChunkedArray) -> "_ByPerson":
        """``scripts``: of each row, by its place in ``all_scripts``; ``names``: masked."""
        coded = names.combine_chunks().dictionary_encode()
        personal = np.array([script.is_personal for script in all_scripts], bool)
        name = np.where(personal[scripts], coded.indices.to_numpy(), 0)
        count = max(len(coded.dictionary), 1)
        pairs = pa.array(scripts.astype(np.int64) * count + name).dictionary_encode()
        said = [divmod(pair, count) for pair in pairs.dictionary.to_pylist()]
        shown = coded.dictionary.to_pylist()
        return cls([(all_scripts[script], shown[name]) for script, name in said], pairs.indices)

    def coded(self, words: Callable[[Script, str], str]) -> pa.DictionaryArray:
        """For each row what ``words`` makes of its script and name."""
        made = pa.array([words(script, name) for script, name in self.said], pa.string())
        return pa.DictionaryArray.from_arrays(self.rows, made)


def _script(strategy: Strategy, arm: str, text: str) -> Script:
    return Script(text=text, title=strategy.title, offer=strategy.offer, own=strategy.values(arm))


def _as_json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False)
