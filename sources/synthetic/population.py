"""Who lives in the world: one array a trait, drawn part by part so that ten million customers fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lake.tables.words import ASSET_CLASSES, PRODUCTS
from sources.synthetic.archetypes import ARCHETYPES, Archetype
from sources.synthetic.draws import Flags, Floats, Ints, day_number, stream

PART = 50_000
"""Customers that are drawn and written together."""

CASUAL = 0.0004
"""Chance a day that somebody who does not regularly take up a product does so all the same."""

UNKNOWN_DAY = -1_000_000
"""Stands for a day nobody knows; no customer was born then."""

CITIES = (
    *("北京", "上海", "天津", "成都", "杭州", "广州", "深圳", "长沙", "福州", "武汉", "西安"),
    *("沈阳", "合肥", "南昌", "昆明", "郑州", "青岛", "宝鸡", "兰州", "乌鲁木齐", "厦门", "东莞"),
)

OCCUPATIONS = tuple(sorted({word for kind in ARCHETYPES for word in kind.occupations}))

_NEVER = 1_000_000
_MODULUS = 10**9
_STRIDE = 387_420_489
_OFFSET = 271_828_182
_BACK = pow(_STRIDE, -1, _MODULUS)


@dataclass(frozen=True, kw_only=True)
class Population:
    """Customers as arrays of one length. Days are days since 1970; money is yuan. A birth
    day may be ``UNKNOWN_DAY``; a risk level of -1 was never assessed.

    ``silent_day``: from then on nothing is done of one's own accord but what standing orders do.
    ``base``: chance a day of taking up each product unprompted, one column a product of ``PRODUCTS``.
    ``mix``: share of the assets in each of ``ASSET_CLASSES``.
    """

    seed: int
    index: Ints
    archetype: Ints
    birth_day: Ints
    female: Flags
    city: Ints
    occupation: Ints
    opened_day: Ints
    risk_level: Ints
    has_app: Flags
    assets: Floats
    mix: Floats
    trend: Floats
    salary: Floats
    payday: Ints
    activity: Floats
    silent_day: Ints
    base: Floats

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> "Population":
        """The customers at ``rows`` of this population, in that order, repeats allowed."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "seed"}
        return Population(seed=self.seed, **arrays)

    @staticmethod
    def joined(pieces: "Sequence[Population]") -> "Population":
        """Several populations of one world after one another."""
        names = [f.name for f in fields(Population) if f.name != "seed"]
        arrays = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in names}
        return Population(seed=pieces[0].seed, **arrays)

    @cached_property
    def numbers(self) -> pa.StringArray:
        """The bank's own customer numbers."""
        return customer_numbers(self.index)


def parts(customers: int) -> Iterator[tuple[int, int]]:
    """(part, size) of every part of a world of so many customers."""
    for part in range(-(-customers // PART)):
        yield part, min(PART, customers - part * PART)


def customer_numbers(index: Ints) -> pa.StringArray:
    """Eleven characters each, in no order that shows: multiplication modulo 10^9 permutes the indices."""
    scrambled = (index * _STRIDE + _OFFSET) % _MODULUS
    digits = scrambled[:, None] // 10 ** np.arange(8, -1, -1, dtype=np.int64) % 10 + ord("0")
    letters = np.full((len(index), 2), [ord("K"), ord("H")], dtype=np.uint8)
    return strings(np.hstack([letters, digits.astype(np.uint8)]))


def customer_index(numbers: pa.Array | pa.ChunkedArray) -> Ints:
    """The inverse of ``customer_numbers``; -1 for what is no customer number."""
    formed = pc.match_substring_regex(numbers, r"^KH\d{9}$")
    digits = pc.utf8_slice_codeunits(pc.if_else(formed, numbers, "KH000000000"), 2)
    scrambled = np.asarray(digits.cast(pa.int64()))
    index: Ints = (scrambled - _OFFSET) % _MODULUS * _BACK % _MODULUS
    return np.where(np.asarray(formed), index, -1)


def strings(letters: NDArray[np.uint8]) -> pa.StringArray:
    """Arrow strings from a matrix of ASCII codes, one row a string, without a Python object a row."""
    rows, width = letters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(letters)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def population(size: int, *, seed: int, part: int = 0, today: date = date(2026, 7, 1)) -> Population:
    """``size`` customers of one part of the world ``seed``; ages and tenures are as of ``today``."""
    draw = stream(seed, "population", part)
    weights = np.array([kind.weight for kind in ARCHETYPES])
    archetype = draw.choice(len(ARCHETYPES), p=weights / weights.sum(), size=size).astype(np.int64)
    columns = {name: _per_kind(name, archetype) for name in ("app", "assets", "trend")}
    low, high = (np.array([kind.ages[end] for kind in ARCHETYPES])[archetype] for end in (0, 1))
    age_days = ((low + (high - low) * draw.random(size)) * 365.25).astype(np.int64)
    minor = (draw.random(size) < 0.004) & (archetype == _position("salary_fresh"))
    age_days[minor] = draw.integers(15 * 365, 18 * 365 - 40, size=int(minor.sum()))
    birth_day = day_number(today) - age_days
    adult_days = np.maximum(age_days - 16 * 366, 120)
    tenure = 30 + (adult_days - 30) * draw.beta(1.3, 3.0, size)
    tenure = np.where(draw.random(size) < 0.03, draw.integers(5, 90, size), tenure)
    paid_share, pay = (np.array([kind.salary[end] for kind in ARCHETYPES])[archetype] for end in (0, 1))
    salary = np.where(draw.random(size) < paid_share, pay * draw.lognormal(0.0, 0.2, size), 0.0)
    return Population(
        seed=seed,
        index=part * PART + np.arange(size, dtype=np.int64),
        archetype=archetype,
        birth_day=np.where(draw.random(size) < 0.01, UNKNOWN_DAY, birth_day),
        female=draw.random(size) < 0.5,
        city=(len(CITIES) * draw.random(size) ** 1.3).astype(np.int64),
        occupation=_occupations(archetype, draw.random(size)),
        opened_day=day_number(today) - np.minimum(tenure, adult_days).astype(np.int64),
        risk_level=_risk_levels(archetype, draw),
        has_app=draw.random(size) < columns["app"],
        assets=columns["assets"] * draw.lognormal(0.0, 0.42, size),
        mix=_mixes(archetype, draw),
        trend=columns["trend"] + draw.normal(0.0, 0.08, size),
        salary=salary,
        payday=draw.integers(5, 26, size),
        activity=draw.gamma(9.0, 1 / 9.0, size),
        silent_day=_silent_days(size, day_number(today), draw),
        base=_bases(archetype, draw),
    )


def _position(name: str) -> int:
    return [kind.name for kind in ARCHETYPES].index(name)


def _per_kind(name: str, archetype: Ints) -> Floats:
    values: Floats = np.array([getattr(kind, name) for kind in ARCHETYPES], dtype=np.float64)[archetype]
    return values


def _occupations(archetype: Ints, luck: Floats) -> Ints:
    found = np.zeros(len(archetype), dtype=np.int64)
    for position, kind in enumerate(ARCHETYPES):
        members = archetype == position
        choices = np.array([OCCUPATIONS.index(word) for word in kind.occupations])
        found[members] = choices[(luck[members] * len(choices)).astype(np.int64)]
    return found


def _risk_levels(archetype: Ints, draw: np.random.Generator) -> Ints:
    """The riskier what a kind holds, the higher; one in eight was never assessed."""
    centre = np.array([1.6 + 2.6 * _risky(kind) for kind in ARCHETYPES])[archetype]
    level = np.clip(np.rint(centre + draw.normal(0.0, 0.7, len(archetype))), 1, 5).astype(np.int64)
    never: Ints = np.where(draw.random(len(archetype)) < 0.125, -1, level)
    return never


def _risky(kind: Archetype) -> float:
    return sum(kind.mix.get(asset, 0.0) for asset in ("wealth", "fund", "precious_metal", "trust"))


def _mixes(archetype: Ints, draw: np.random.Generator) -> Floats:
    """Shares of the asset classes, scattered around those of the kind; what a kind does not hold stays 0."""
    centre = np.array([[kind.mix.get(asset, 0.0) for asset in ASSET_CLASSES] for kind in ARCHETYPES])[
        archetype
    ]
    scattered = centre * draw.gamma(12.0, 1 / 12.0, centre.shape)
    shares: Floats = scattered / scattered.sum(axis=1, keepdims=True)
    return shares


def _silent_days(size: int, today: int, draw: np.random.Generator) -> Ints:
    """One in sixteen has fallen silent in the half year before ``today``, or will within a year."""
    falls = draw.random(size) < 3 / 16
    days: Ints = np.where(falls, today + draw.integers(-183, 366, size), _NEVER)
    return days


def _bases(archetype: Ints, draw: np.random.Generator) -> Floats:
    buys = np.array([[kind.buys.get(p, (0.0, CASUAL)) for p in PRODUCTS] for kind in ARCHETYPES])[archetype]
    regular = draw.random(buys.shape[:2]) < buys[:, :, 0]
    chances: Floats = np.where(regular, buys[:, :, 1], CASUAL)
    return chances


def first_of_month(days: Ints) -> Ints:
    """The first day of the month in which each day lies, in days since 1970."""
    months: Ints = (
        days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    )
    return months
