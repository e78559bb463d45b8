"""Lists of experiments, reviews and holdouts, and how their numbers are written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from evaluation.suppress import shown
from evaluation.verdicts import per_hundred
from jobs.reviews import Review

if TYPE_CHECKING:
    from evaluation.policy_value import PolicyValue
    from jobs.experiment_plan import Plan
    from jobs.experiment_quantile import Quantile
    from jobs.holdouts import Standing

COLOURS = {"ship": "green", "stop": "red", "continue": "yellow", "broken": "bold magenta"}


def line_table(verdicts: pd.DataFrame) -> Table | str:
    """One line a strategy; ``verdicts``: VERDICTS_TABLE's columns."""
    if verdicts.empty:
        return "no strategy here"
    counts = verdicts["verdict"].value_counts()
    told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in COLOURS if verdict in counts)
    table = Table(title=f"{len(verdicts):,} strategies: {told}", title_justify="left")
    table.add_column("strategy", no_wrap=True)
    for heading in ("verdict", "rests on", "of 100", "surely from", "to", "q"):
        table.add_column(heading, overflow="fold")
    for row in verdicts.to_dict("records"):
        table.add_row(
            Text(row["strategy"]),
            Text(row["verdict"], style=COLOURS[row["verdict"]]),
            row["metric"] or "",
            *(of_hundred(row[name]) for name in ("lift", "low", "high")),
            probability(row["q_value"]),
        )
    return table


def pooled_table(rows: pd.DataFrame) -> Table:
    """Lifts of many strategies together; ``rows``: READOUTS' columns, small cells hidden."""
    title = "Everybody together, against those left alone; customers of holdouts against the others"
    table = headed(title, ("", "", "treated", "left alone", "of 100", "surely from", "to"))
    for row in rows.to_dict("records"):
        table.add_row(
            row["level"],
            Text(row["name"]),
            *(people(row[name]) for name in ("customers", "control_customers")),
            *(of_hundred(row[name]) for name in ("lift", "always_low", "always_high")),
        )
    return table


def review_table(reviews: Sequence[Review]) -> Table | str:
    """Reviews, as they are given."""
    if not reviews:
        return "no review yet; longreach experiments review NAME --decide ... writes one"
    table = Table(title="Reviews 复盘", title_justify="left")
    for heading in ("when", "strategy", "seen on", "verdict", "decided", "who", "why"):
        table.add_column(heading, overflow="fold")
    for review in reviews:
        contrary = " against advice" if review.against_advice else ""
        table.add_row(
            f"{review.at:%Y-%m-%d %H:%M}",
            Text(f"{review.strategy} v{review.version}"),
            review.as_of.isoformat(),
            review.verdict,
            f"{review.decision}{contrary}",
            Text(review.actor),
            Text(review.reason),
        )
    return table


def holdout_table(holdouts: Sequence["Standing"]) -> Table | str:
    """The holdouts above strategies, as they stand."""
    if not holdouts:
        return "no holdout above strategies; experiments.global_holdout and experiments.holdouts set them"
    table = headed("Holdouts above strategies", ("holdout", "share", "covers", "held", "of"))
    for one in holdouts:
        covers = Text(one.covers)
        table.add_row(one.name, f"{100 * one.share:g} %", covers, shown(one.customers), shown(one.among))
    return table


def value_table(told: "PolicyValue") -> Table:
    """Incremental conversions of a hundred decisions: as they were made, and as they would have been."""
    table = headed(f"Of 100 decisions ({told.decisions:,} known)", ("", "goals more", "from", "to"))
    named = {
        "as it was": told.logged,
        **{name.replace("_", " "): one for name, one in told.estimates.items()},
    }
    for name, one in named.items():
        table.add_row(name, *(of_hundred(number) for number in (one.value, one.low, one.high)))
    return table


def plan_words(plan: "Plan") -> str:
    """A plan in sentences."""
    held = round(plan.customers * plan.holdout)
    words = (
        f"{plan.customers:,} customers ({held:,} of them left alone) show a lift of {per_hundred(plan.lift)} "
        f"of 100, from {100 * plan.base:.2f} of 100, with a probability of {100 * plan.power:.0f} %, if one "
        "looks once, at the end."
    )
    if plan.nightly_customers is not None:
        words += f"\nRead every night, as verdicts are, it takes {plan.nightly_customers:,} customers"
        if plan.nightly_lift is not None:
            words += f", or a lift of {per_hundred(plan.nightly_lift)}"
        words += "."
    return words


def quantile_words(told: "Quantile") -> str:
    """A quantile in sentences."""
    return (
        f"{told.strategy}, {told.metric}: {100 * told.quantile:g} of 100 customers lie below "
        f"{told.treated:,.0f} yuan treated ({told.customers:,}), below {told.left_alone:,.0f} left alone "
        f"({told.control_customers:,}). The difference is {told.lift:+,.0f} yuan ({told.low:+,.0f} to "
        f"{told.high:+,.0f}, for one look planned beforehand; windows that have closed)."
    )


def headed(title: str, headings: Sequence[str]) -> Table:
    """An empty table; long words wrap instead of being cut off."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


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
