"""What customers hold: assets as a function of the customer and the day, written when they change."""

from datetime import timedelta

import numpy as np
import pyarrow as pa

from lake.tables import BALANCES
from lake.tables.words import ASSET_CLASSES
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Floats, Ints, chance
from sources.synthetic.extracts import SECONDS, Span, extract, fen_of
from sources.synthetic.population import Population

_CHANGES = np.array([1.0 + 0.06 * sum(h.per_year for h in kind.habits) for kind in ARCHETYPES]).clip(1.0, 6.0)
"""How many times a year a kind's assets are written down besides at month's end."""

_RESTATED = 0.003
_FAR = 1_000_000
_CLOSE = 23 * 3600 + 1800


def assets_on(people: Population, row: Ints, day: Ints, *, today: int) -> Floats:
    """Yuan in each asset class at the close of ``day``, one row a pair of ``row`` and ``day``.

    Growth by the customer's trend around ``today`` (when they hold what ``people.assets`` says), a slow wave
    of their own, and, for those with a salary, current money that runs down until the next payday.
    """
    who = people.take(row)
    years = (day - today) / 365.0
    phase = chance(people.seed, "wave", index=who.index, day=0)
    wave = 1.0 + 0.10 * np.sin(2 * np.pi * (day / 120.0 + phase))
    ripple = 0.94 + 0.12 * chance(people.seed, "ripple", index=who.index, day=day)
    total = who.assets * np.maximum(1.0 + who.trend * years, 0.1) * wave * ripple
    held = total[:, None] * who.mix
    since_payday = (day - who.payday) % 30
    tide = np.where(who.salary > 0, 1.25 - 0.5 * since_payday / 30.0, 1.0)
    held[:, ASSET_CLASSES.index("demand")] *= tide
    return held


def balances(people: Population, *, span: Span, today: int, opening: bool = False) -> pa.Table:
    """Balances written on the days of ``span``: at month's end for all, in between where assets changed.

    With ``opening``, also one on the first day of the span (or the day the customer joined, if later), so
    that nobody is without. A few are restated the morning after, and only then known so.
    """
    draw = span.draw(people, "balances")
    everyone = np.arange(len(people))
    ends = [
        span.first + offset
        for offset in range(span.days)
        if (span.start + timedelta(days=offset + 1)).day == 1
    ]
    counts = draw.binomial(span.days, _CHANGES[people.archetype] / 365.0)
    changed = np.repeat(everyone, counts)
    row = np.concatenate([np.tile(everyone, len(ends)), changed, everyone if opening else everyone[:0]])
    day = np.concatenate(
        [
            np.repeat(np.array(ends, dtype=np.int64), len(people)),
            span.first + draw.integers(0, span.days, len(changed)),
            np.maximum(people.opened_day, span.first) if opening else everyone[:0],
        ]
    )
    inside = (day >= people.opened_day[row]) & (day < span.first + span.days)
    row, day = _without_repeats(row[inside], day[inside])
    again = draw.random(len(row)) < _RESTATED
    known = np.concatenate([day * SECONDS + _CLOSE, day[again] * SECONDS + SECONDS + 7 * 3600]) * 1_000_000
    fen = fen_of(assets_on(people, row, day, today=today))
    fen = np.concatenate(
        [fen, fen[again] + (fen[again] > 0) * draw.integers(0, 5_000, (int(again.sum()), 1))]
    )
    columns: dict[str, object] = {f"{name}_fen": fen[:, at] for at, name in enumerate(ASSET_CLASSES)}
    columns["balance_date"] = np.concatenate([day, day[again]]).astype("datetime64[D]")
    columns["known_at"] = known
    return extract(BALANCES, people, np.concatenate([row, row[again]]), columns)


def _without_repeats(row: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Each pair once, in order. (Sorting is several times faster here than ``np.unique``, which hashes.)"""
    pair = np.sort(row * _FAR + day)
    return np.divmod(pair[np.append(True, pair[1:] != pair[:-1])] if len(pair) else pair, _FAR)
