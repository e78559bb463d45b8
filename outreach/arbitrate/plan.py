"""The night's choice as tables: every candidate with its fate, how good the choice is, what limited it.

Held-out candidates compete at the same prices as all others and are chosen or not without a look at their
arm; then they receive nothing and use no room (``docs/adr/0001-arms-are-blind.md``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.tables import CERTIFICATES, LIMITS, PLAN
from outreach.arbitrate.build import Field, lay_out
from outreach.arbitrate.certificate import Certificate
from outreach.arbitrate.factors import prices_of
from outreach.arbitrate.fates import Outcome, told
from outreach.arbitrate.problem import NO_HIGH, WHOLE, Floats
from outreach.arbitrate.rooms import Rooms
from outreach.arbitrate.solve import Solution, solve
from outreach.explore import Exploration, Tries, explore

_EXPOSED = ("contact", "held_out")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The night's PLAN, one row a candidate in their order, CERTIFICATES and LIMITS."""

    plan: pa.Table
    certificate: pa.Table
    limits: pa.Table


def arbitrate(
    candidates: pa.Table,
    *,
    rooms: Rooms,
    day: date,
    exploration: Exploration,
    last_prices: Mapping[str, float] | None = None,
) -> Decision:
    """Who is contacted on ``day``, who is held back, why all others are not, and how good that is.

    Parameters
    ----------
    candidates: customer, number (null where unknown), person (null for who has one account), strategy, step,
        channel, segment, arm, value, cost, hour, and last_fate, what the night before made of it (null where
        it was no candidate); value and cost in CNY; one row a customer, strategy and step; in any order.
    rooms: every limit.
    exploration: whose first choice is drawn, and how.
    last_prices: last night's, CNY a unit by name of the limit, to begin from; None for none.

    Ties are broken by hashes that change with the day. Raises SettingsError where a channel has no room,
    StrategyError where a strategy has none, ArbitrationError where a room is below zero.
    """
    night = lay_out(candidates, rooms=rooms, salt=day.isoformat())
    names = [limit.name for limit in night.declared]
    start = None if last_prices is None else np.array([last_prices.get(name, 0.0) for name in names])
    tries = explore(candidates, worth=night.worth, expense=_expense(night, start), exploration=exploration)
    solution = solve(night.problem(tries.bid, first=tries.put_forward), start=start)
    outcome = _outcome(night, tries, solution)
    return Decision(
        plan=_plan(candidates, night, tries, outcome),
        certificate=_certificate(candidates, night, outcome, solution.certificate, day),
        limits=_limits(night, solution),
    )


def _expense(night: Field, start: Floats | None) -> Floats:
    """What room will probably cost a candidate, at last night's prices: it is known before anything is
    drawn."""
    expense = np.zeros(len(night.worth))
    if start is not None and len(night.row_candidate):
        reduced = night.worth[night.row_candidate] * night.row_share - prices_of(night.rows, start)
        row, best = night.best_rows(reduced)
        expense[row >= 0] = (night.worth - best)[row >= 0]
    return expense


def _outcome(night: Field, tries: Tries, solution: Solution) -> Outcome:
    rows = np.flatnonzero(solution.chosen)
    reduced = tries.bid[night.row_candidate] * night.row_share - prices_of(night.rows, solution.prices)
    row, _ = night.best_rows(reduced)
    candidates = night.row_candidate[rows]
    row[candidates] = rows
    chosen = np.zeros(len(night.worth), dtype=np.bool_)
    chosen[candidates] = True
    winner = np.full(len(night.unit_luck), -1)
    winner[night.unit[candidates]] = candidates
    return Outcome(
        chosen=chosen, row=row, winner=winner, prices=solution.prices, used=solution.certificate.used
    )


def _plan(candidates: pa.Table, night: Field, tries: Tries, outcome: Outcome) -> pa.Table:
    """The columns of PLAN."""
    placed = outcome.row >= 0
    price = prices_of(night.own, outcome.prices)
    price[placed] = prices_of(night.rows, outcome.prices)[outcome.row[placed]]
    share = np.ones(len(price))
    share[placed] = night.row_share[outcome.row[placed]]
    short_by = _short_by(night, tries, outcome, price=price, share=share)
    hour = candidates["hour"].to_numpy().astype(np.int32)
    made = outcome.chosen & placed
    hour[made] = night.row_hour[outcome.row[made]]
    fate, reason = told(night, tries, outcome)
    found = {
        "hour": pa.array(hour),
        "fate": fate,
        "reason": reason,
        "shadow_price": pa.array(_micro(price)),
        "short_by": pa.array(_micro(short_by), mask=~np.isfinite(short_by)),
        "put_forward": pa.array(tries.put_forward),
        "propensity": pa.array(tries.propensity, pa.float64(), from_pandas=True),
    }
    return pa.table({name: found[name] if name in found else candidates[name] for name in PLAN.names})


def _short_by(night: Field, tries: Tries, outcome: Outcome, *, price: Floats, share: Floats) -> Floats:
    """CNY by which each candidate's own value would have had to be higher, all prices staying.

    No number for what was chosen, what has no value, and all of a customer for whom a draw exchanged the
    bids: whatever one of them is worth, the drawn one competes with it. ``share``: of its worth, that is left
    at its hour.
    """
    left, winner = tries.bid * share - price, outcome.winner[night.unit]
    to_beat = np.where(winner >= 0, np.maximum(left[winner], 0.0), 0.0)
    needed = np.maximum((to_beat + price) / (share * night.stay), 0.0)
    exchanged = np.zeros(len(night.customer.words), dtype=np.bool_)
    exchanged[night.customer.codes[tries.drawn]] = True
    unknown = outcome.chosen | exchanged[night.customer.codes]
    return np.where(unknown, np.nan, np.maximum(needed - night.net, 0.0))


def _certificate(
    candidates: pa.Table, night: Field, outcome: Outcome, certificate: Certificate, day: date
) -> pa.Table:
    chosen, made = outcome.chosen, outcome.chosen & night.treated
    before = pc.is_in(candidates["last_fate"], value_set=pa.array(_EXPOSED)).to_numpy()
    net = candidates["value"].to_numpy() - candidates["cost"].to_numpy()
    row = {
        "day": day,
        "candidates": len(chosen),
        "units": len(np.unique(night.unit)),
        "contacts": int(made.sum()),
        "held_back": int((chosen & ~made).sum()),
        "value": certificate.value,
        "contact_value": float(np.rint(net[made] * 1e6).sum() / 1e6),
        "bound": certificate.bound,
        # Where a file has one value of a column, the engine reads it from Delta's log, whose JSON loses the
        # last bit of a small fraction.
        "gap": round(certificate.gap, 12),
        "unconstrained": certificate.unconstrained,
        "violations": certificate.violations,
        "kept": float(chosen[before].mean()) if before.any() else None,
        "overlap": None,  # lists of two nights are compared where both are known
        "warm": certificate.warm,
        "passes": certificate.passes,
    }
    return pa.Table.from_pylist([row], schema=CERTIFICATES.arrow_schema())


def _limits(night: Field, solution: Solution) -> pa.Table:
    relaxed = {each.limit: each for each in solution.relaxed}
    rows = [
        {
            "name": limit.name,
            "kind": limit.kind,
            "low": limit.low / WHOLE if limit.low else None,
            "high": None if limit.high == NO_HIGH else limit.high / WHOLE,
            "used": solution.certificate.used[place] / WHOLE,
            "unit": limit.unit,
            "price": float(_micro(solution.prices[place])),
            "lost": float(_micro(solution.certificate.lost[place])),
            "relaxed_from": None,
        }
        for place, limit in enumerate(night.declared)
    ]
    for place, each in relaxed.items():
        rows[place] |= {"low": each.possible / WHOLE, "relaxed_from": each.asked / WHOLE}
    return pa.Table.from_pylist(rows, schema=LIMITS.arrow_schema())


def _micro(yuan: Floats) -> Floats:
    """To micro-yuan, so that no sum's last bit is seen."""
    return np.asarray(np.round(yuan, 6)) + 0.0
