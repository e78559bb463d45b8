"""Lists of experiments, reviews and holdouts, and how their numbers are written."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from evaluation.suppress import few
from evaluation.verdicts import per_hundred
from jobs.reviews import Review

if TYPE_CHECKING:
    from evaluation.policy_value import PolicyValue
    from jobs.experiment_plan import Plan
    from jobs.experiment_quantile import Quantile
    from jobs.holdouts import Standing

COLOURS = {"ship": "green", "stop": "red", "continue": "yellow", "broken": "bold magenta"}
_LOOSEST = 18  # cells; the longest words are names of metrics


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table that drops its ``spare`` columns, one after the other, until no word must break.

    ``loose`` columns hold words and may wrap, down to ``_LOOSEST`` cells; all others stay on one line.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | Text]]
    loose: Collection[str]
    spare: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, as wide as ``options`` allow."""
        kept, spare = list(self.headings), iter(self.spare)
        while self._width(kept) > options.max_width and (dropped := next(spare, None)) is not None:
            kept.remove(dropped)
        table = Table(title=self.title, title_justify="left")
        for heading in kept:
            table.add_column(heading, overflow="fold", no_wrap=heading not in self.loose)
        for row in self.rows:
            cells = zip(self.headings, row, strict=True)
            table.add_row(*(cell for heading, cell in cells if heading in kept))
        yield table

    def _width(self, kept: Sequence[str]) -> int:
        total = 1
        for place, heading in enumerate(self.headings):
            if heading in kept:
                widest = max(cell_len(str(cell)) for cell in (heading, *(row[place] for row in self.rows)))
                total += 3 + (min(widest, _LOOSEST) if heading in self.loose else widest)
        return total


def line_table(verdicts: pd.DataFrame) -> Sheet | str:
    """One line a strategy; ``verdicts``: VERDICTS_TABLE's columns."""
    if verdicts.empty:
        return "no strategy here"
    counts = verdicts["verdict"].value_counts()
    told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in COLOURS if verdict in counts)
    return Sheet(
        title=f"{len(verdicts):,} strategies: {told}",
        headings=("strategy", "verdict", "rests on", "of 100", "surely from", "to", "q"),
        rows=[
            (
                Text(row["strategy"]),
                Text(row["verdict"], style=COLOURS[row["verdict"]]),
                row["metric"] or "",
                *(of_hundred(row[name]) for name in ("lift", "low", "high")),
                probability(row["q_value"]),
            )
            for row in verdicts.to_dict("records")
        ],
        loose=("strategy",),
        spare=("q", "rests on"),
    )


def pooled_table(rows: pd.DataFrame) -> Sheet:
    """Lifts of many strategies together; ``rows``: READOUTS' columns, small cells hidden."""
    return Sheet(
        title="Everybody together, against those left alone; customers of holdouts against the others",
        headings=("level", "name", "treated", "left alone", "of 100", "surely from", "to"),
        rows=[
            (
                row["level"],
                Text(row["name"]),
                *(people(row[name]) for name in ("customers", "control_customers")),
                *(of_hundred(row[name]) for name in ("lift", "always_low", "always_high")),
            )
            for row in rows.to_dict("records")
        ],
        loose=("name",),
    )


def review_table(reviews: Sequence[Review]) -> Sheet | str:
    """Reviews, as they are given."""
    if not reviews:
        return "no review yet; longreach experiments review NAME --decide ... writes one"
    return Sheet(
        title="Reviews 复盘",
        headings=("when", "strategy", "seen on", "verdict", "decided", "who", "why"),
        rows=[
            (
                f"{review.at:%Y-%m-%d %H:%M}",
                Text(f"{review.strategy} v{review.version}"),
                review.as_of.isoformat(),
                review.verdict,
                f"{review.decision}{' against advice' if review.against_advice else ''}",
                Text(review.actor),
                Text(review.reason),
            )
            for review in reviews
        ],
        loose=("strategy", "decided", "who", "why"),
        spare=("seen on", "verdict"),
    )


def told_holdouts(holdouts: Sequence["Standing"]) -> list[dict[str, Any]]:
    """The holdouts with their counts, null where these, or who is left beside them, are few people."""
    return [
        {**asdict(one), "customers": None, "among": None}
        if few(np.array([one.customers, one.among, one.among - one.customers])).any()
        else asdict(one)
        for one in holdouts
    ]


def holdout_table(holdouts: Sequence["Standing"]) -> Sheet | str:
    """The holdouts above strategies, as they stand."""
    if not holdouts:
        return "no holdout above strategies; experiments.global_holdout and experiments.holdouts set them"
    return Sheet(
        title="Holdouts above strategies",
        headings=("holdout", "share", "covers", "held", "of"),
        rows=[
            (
                Text(one.name),
                f"{100 * one.share:g} %",
                Text(one.covers),
                _or_few(told["customers"]),
                _or_few(told["among"]),
            )
            for one, told in zip(holdouts, told_holdouts(holdouts), strict=True)
        ],
        loose=("holdout", "covers"),
    )


def _or_few(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def value_table(told: "PolicyValue") -> Sheet:
    """Incremental conversions of a hundred decisions: as they were made, and as they would have been."""
    named = {
        "as it was": told.logged,
        **{name.replace("_", " "): one for name, one in told.estimates.items()},
    }
    return Sheet(
        title=f"Of 100 decisions ({told.decisions:,} known)",
        headings=("", "goals more", "from", "to"),
        rows=[
            (name, *(of_hundred(number) for number in (one.value, one.low, one.high)))
            for name, one in named.items()
        ],
        loose=("",),
    )


def plan_words(plan: "Plan") -> str:
    """A plan in sentences."""
    terms = plan.terms
    held = round(plan.customers * terms.holdout)
    words = (
        f"{plan.customers:,} customers ({held:,} of them left alone) show a lift of {per_hundred(plan.lift)} "
        f"of 100, from {100 * terms.base:.2f} of 100, with a probability of {100 * plan.power:.0f} %, if one "
        "looks once, at the end."
    )
    among = f"Read every night over {terms.strategies:,} strategies, as verdicts are, it takes"
    if plan.nightly_customers is None:
        words += f"\n{among} more customers than any bank has"
    else:
        words += f"\n{among} {plan.nightly_customers:,} customers"
    if plan.nightly_lift is not None:
        words += f", or a lift of {per_hundred(plan.nightly_lift)}"
    if terms.strategies > 1:
        words += ". That is, should no other strategy work: the more are proven, the fewer customers it takes"
    return f"{words}."


def quantile_words(told: "Quantile") -> str:
    """A quantile in sentences."""
    return (
        f"{told.strategy}, {told.metric}: {100 * told.quantile:g} of 100 customers lie below "
        f"{told.treated:,.0f} yuan treated ({told.customers:,}), below {told.left_alone:,.0f} left alone "
        f"({told.control_customers:,}). The difference is {told.lift:+,.0f} yuan ({told.low:+,.0f} to "
        f"{told.high:+,.0f}, for one look planned beforehand; windows that have closed)."
    )


def known(value: Any) -> bool:
    """Whether there is a number."""
    return value is not None and not pd.isna(value)


def people(count: Any) -> str:
    """A count of customers."""
    return f"{count:,}" if known(count) else "hidden"


def probability(p: Any) -> str:
    """A p-value or q-value."""
    if not known(p):
        return "–"
    return f"{p:.3f}" if p >= 0.0005 else f"{p:.0e}"


def of_hundred(lift: Any) -> str:
    """A lift of a share, as customers of each hundred."""
    return per_hundred(lift) if known(lift) else "–"
