"""``longreach experiments ...``: what came of every strategy, and what was decided about it."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from base.roles import Action
from base.settings import Settings, load_settings
from jobs.terminal import As, AsOfOrLast, Json, Name, acting, out, print_json, say

experiments = typer.Typer(
    help="What came of every strategy: verdicts, the numbers behind them, and reviews of what was decided.",
    no_args_is_help=True,
)

Verdict = Literal["ship", "stop", "continue", "broken"]
Decide = Literal["ship", "stop", "continue", "redesign"]


@experiments.command("list")
def list_(
    verdict: Annotated[Verdict | None, typer.Option(help="Only with this verdict.")] = None,
    as_of: AsOfOrLast = None,
    as_json: Json = False,
) -> None:
    """Lists the strategies with their verdicts, one line each."""
    from jobs.experiment_lists import line_table
    from jobs.experiment_tables import open_experiments, records

    with open_experiments(load_settings(), as_of=as_of, progress=say) as found:
        rows = found.verdicts()
    if verdict is not None:
        rows = rows[rows["verdict"] == verdict]
    if as_json:
        print_json(records(rows))
    else:
        out.print(line_table(rows))


@experiments.command()
def show(name: Name, as_of: AsOfOrLast = None, as_json: Json = False) -> None:
    """Shows what to do about a strategy, and why: verdict, numbers, segments, findings, reviews."""
    from evaluation.metrics.metric import load_metrics
    from jobs.experiment_pages import page_of
    from jobs.experiment_tables import open_experiments, records

    settings = load_settings()
    with open_experiments(settings, as_of=as_of, progress=say) as found:
        shown = found.page(name)
    if as_json:
        frames = {"readouts": shown.readouts, "segments": shown.segments, "findings": shown.findings}
        told = {**vars(shown), **{key: records(frame) for key, frame in frames.items()}}
        print_json({**told, "reviews": [asdict(review) for review in shown.reviews]})
    else:
        level = settings.experiments.false_discovery
        out.print(page_of(shown, metrics=load_metrics(), level=level), crop=False)


@experiments.command()
def portfolio(as_of: AsOfOrLast = None, as_json: Json = False) -> None:
    """Shows how many strategies are proven, and what they certainly bring together."""
    from evaluation.portfolio import VERDICT_NAMES, sentences
    from evaluation.portfolio import portfolio as add_up
    from jobs.experiment_lists import pooled_table
    from jobs.experiment_tables import open_experiments, records
    from strategies.book import ever_live

    settings = load_settings()
    with open_experiments(settings, as_of=as_of, progress=say) as found:
        values = {strategy.name: strategy.goal.value for strategy in ever_live(found.ledger)}
        confidence = settings.experiments.confidence
        total = add_up(found.of_all(), found.verdicts(), values=values, confidence=confidence)
        pooled = found.pooled()
    if as_json:
        print_json({"as_of": found.as_of, **asdict(total), "pooled": records(pooled)})
    else:
        counts = [f"{count:,} {VERDICT_NAMES[verdict]}" for verdict, count in total.strategies.items()]
        out.print(f"read on {found.as_of}", *counts, *sentences(total), sep="\n", markup=False)
        out.print(pooled_table(pooled))


@experiments.command()
def review(
    name: Name,
    decide: Annotated[Decide, typer.Option(help="What is decided.")],
    reason: Annotated[str, typer.Option(help="Why; kept for good.")],
    against_advice: Annotated[
        bool, typer.Option("--against-advice", help="Ship although the verdict is another.")
    ] = False,
    as_of: AsOfOrLast = None,
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Writes a review: what is decided, on the numbers of the last night, by whom and why; kept for good."""
    from jobs.experiment_tables import open_experiments, records
    from jobs.reviews import write_review

    who = acting(actor, Action.REVIEW)
    with open_experiments(load_settings(), as_of=as_of, progress=say) as found:
        seen = found.page(name)
        written = write_review(
            found.ledger,
            name,
            decision=decide,
            as_of=found.as_of,
            verdict=seen.verdict["verdict"],
            seen={"verdict": seen.verdict, "readouts": records(seen.readouts)},
            actor=who,
            reason=reason,
            against_advice=against_advice,
        )
    if as_json:
        print_json(asdict(written))
    else:
        said = f"{name} v{written.version}: {decide}, by {written.actor}, on the verdict {written.verdict}"
        out.print(said, markup=False)


@experiments.command()
def reviews(
    name: Annotated[str | None, typer.Argument(help="Only of this strategy.")] = None,
    as_json: Json = False,
) -> None:
    """Lists what was decided, by whom and why, the newest first."""
    from jobs.experiment_lists import review_table
    from jobs.reviews import reviews as written
    from ledger.database import open_ledger

    with open_ledger(load_settings()) as ledger:
        found = written(ledger, name)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        out.print(review_table(found))


@experiments.command()
def holdouts(
    export: Annotated[str | None, typer.Option(metavar="NAME", help="Write out who this one holds.")] = None,
    to: Annotated[Path | None, typer.Option(help="Into this file; else under the home.")] = None,
    as_of: AsOfOrLast = None,
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Lists the holdouts above strategies, or writes out whom one holds, for those who call elsewhere."""
    from jobs.experiment_lists import holdout_table, told_holdouts
    from jobs.holdouts import export as write_out
    from jobs.holdouts import standing

    settings = load_settings()
    if export is None:
        if to is not None:
            raise typer.BadParameter("--to goes with --export NAME")
        found = standing(settings, as_of=as_of, progress=say)
        if as_json:
            print_json(told_holdouts(found))
        else:
            out.print(holdout_table(found))
        return
    who = acting(actor, Action.EXPORT_HOLDOUT)
    path, rows = write_out(settings, export, actor=who, as_of=as_of, path=to, progress=say)
    if as_json:
        print_json({"holdout": export, "path": path, "rows": rows})
    else:
        out.print(f"{rows:,} customer numbers held by {export} in {path}", markup=False, soft_wrap=True)


@experiments.command()
def value(
    weight: Annotated[list[str], typer.Option(metavar="NAME=FACTOR", help="Multiplies a strategy's values.")],
    as_of: AsOfOrLast = None,
    as_json: Json = False,
) -> None:
    """Says what nights so far would have brought, had these strategies weighed more, or less."""
    from jobs.experiment_lists import value_table
    from jobs.experiment_tables import open_read_night
    from jobs.policy_value import value_of_weights
    from strategies.book import newest

    weights = dict(map(_weight, weight))
    with open_read_night(load_settings(), as_of=as_of, progress=say) as night:
        with night.ledger.engine.connect() as connection:
            newest(connection, weights)  # names all that the book does not have
        told = value_of_weights(night, weights)
    if as_json:
        print_json(asdict(told))
    else:
        out.print(value_table(told))
        out.print(told.words, style=None if told.finding is None else "red", markup=False)


@experiments.command()
def quantile(
    name: Name,
    at: Annotated[float, typer.Option(min=0.01, max=0.99, help="Which quantile; 0.5 is the median.")] = 0.5,
    metric: Annotated[str, typer.Option(help="Of what: amount or aum_change.")] = "amount",
    as_of: AsOfOrLast = None,
    as_json: Json = False,
) -> None:
    """Says what a strategy changed at a quantile: of the largest tenth, say, where means tell little."""
    from jobs.experiment_lists import quantile_words
    from jobs.experiment_quantile import read_quantile
    from jobs.experiment_tables import of_night, open_read_night

    with open_read_night(load_settings(), as_of=as_of, progress=say) as night:
        verdict = of_night(night).page(name).verdict["verdict"]
        told = read_quantile(night, name, verdict=verdict, metric=metric, quantile=at)
    if as_json:
        print_json(asdict(told))
    else:
        out.print(quantile_words(told), markup=False)


@experiments.command()
def plan(
    base: Annotated[float, typer.Option(min=0, max=1, help="Share who reach the goal if left alone.")],
    lift: Annotated[float | None, typer.Option(help="The lift to be shown, such as 0.01.")] = None,
    customers: Annotated[int | None, typer.Option(min=2, help="Customers there are, both arms.")] = None,
    holdout: Annotated[float, typer.Option(min=0, max=1, help="Share left alone.")] = 0.15,
    power: Annotated[float, typer.Option(min=0.01, max=0.99, help="How surely it is to be seen.")] = 0.8,
    strategies: Annotated[
        int | None, typer.Option(min=1, help="How many are read together; else as many as are live.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Says how many customers show a lift, or which lift so many customers show."""
    from jobs.experiment_lists import plan_words
    from jobs.experiment_plan import Terms, plan_for_customers, plan_for_lift

    if (lift is None) == (customers is None):
        raise typer.BadParameter(
            "give --lift, to learn how many customers, or --customers, to learn which lift, not both"
        )
    settings = load_settings()
    terms = Terms(
        base=base,
        holdout=holdout,
        power=power,
        confidence=settings.experiments.confidence,
        false_discovery=settings.experiments.false_discovery,
        strategies=strategies or _live(settings),
    )
    found = plan_for_lift(lift, terms) if lift is not None else plan_for_customers(customers or 0, terms)
    if as_json:
        print_json(asdict(found))
    else:
        out.print(plan_words(found), markup=False)


def _live(settings: Settings) -> int:
    """How many strategies verdicts are read over; the one that is planned, where there is none yet."""
    from ledger.database import open_ledger
    from strategies.book import live

    with open_ledger(settings) as ledger:
        return max(1, len(live(ledger)))


def _weight(text: str) -> tuple[str, float]:
    name, _, factor = text.partition("=")
    try:
        weight = float(factor)
    except ValueError:
        weight = -1.0
    if not name or not 0 <= weight < math.inf:
        raise typer.BadParameter(f"{text!r}: write it like county_savers=2, with a factor of 0 or more")
    return name, weight
