"""Which arm a customer is in: drawn by salted hashes, the same on every engine, every night, in every order.

Holdouts above the strategy come first, the global one before all; then the strategy's own control group, by
segment where the document says so; then its variants; the rest is 'treatment'. Each of the four is a draw of
its own, so a larger control group or another ramp moves nobody between variants.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from base.settings import Experiments, Holdout
from experiments.draws import below, draw, drawn
from experiments.enrolment import enrolled, ramp_bound, slot_bounds
from experiments.holdouts import GLOBAL, held, holdouts, in_its_segments, is_held, speaks_of, with_share
from lake.tables.words import ARMS, TREATED
from strategies.document import Strategy
from strategies.experiment import Experiment

_VARIANTS = TREATED[1:]
_PLACES = len(ARMS) + 1
# Small tables, joined: a branch a strategy in one expression is more than an engine's planner bears.
_TERMS = (
    "strategy string, ramp string, layer string, slots_from string, slots_below string, covers bigint, "
    "varied boolean, own_held_out double, own_bound string, "
    + ", ".join(f"{arm} double, {arm}_bound string" for arm in _VARIANTS)
)
_BY_SEGMENT = "strategy string, segment string, stratum_held_out double, stratum_bound string"


def assign(
    candidates: DataFrame, *, strategies: Sequence[Strategy], recorded: DataFrame, settings: Experiments
) -> DataFrame:
    """The candidates who take part, with ``arm``.

    ``candidates``: at least customer, strategy, step, segment. ``recorded``: customer, strategy, arm and
    first_exposed of everybody ever exposed; he stays in that arm whatever has changed since. Ramp and layer
    decide who begins; a journey under way goes on. Rows of a strategy not among ``strategies`` are left out.
    """
    rows = _with_terms(candidates, strategies, settings)
    takes_part = (F.col("step") > 1) | enrolled(F.col("customer"), F.col("strategy"), salt=settings.salt)
    return (
        rows.where(takes_part)
        .join(_first(recorded), ["customer", "strategy"], "left")
        .select(*candidates.columns, F.coalesce(_recorded_arm(), _arm(settings)).alias("arm"))
    )


def with_draw(exposed: DataFrame, *, strategies: Sequence[Strategy], settings: Experiments) -> DataFrame:
    """The rows with the draw they were in: treatment_share, arm_share, covered_by, held_by as ASSIGNMENTS has
    them.

    ``exposed``: at least customer, strategy, segment, arm.
    """
    above = holdouts(settings)
    names = [
        F.when(_covered(place, holdout), F.lit(with_share(name, holdout)))
        for place, (name, holdout) in enumerate(above.items())
    ]
    holding = [F.when(_holds(place, name, settings), F.lit(name)) for place, name in enumerate(above)]
    treated = 1 - F.col("held_out")
    share = F.when(F.col("arm") == "control", F.col("held_out"))
    for arm in _VARIANTS:
        share = share.when(F.col("arm") == arm, treated * F.coalesce(arm, F.lit(0.0)))
    left = F.lit(1.0)
    for arm in _VARIANTS:
        left = left - F.coalesce(arm, F.lit(0.0))
    return _with_terms(exposed, strategies, settings).select(
        *exposed.columns,
        treated.alias("treatment_share"),
        share.when(F.col("arm") == "treatment", treated * left).alias("arm_share"),
        F.concat_ws(",", F.lit(None).cast("string"), *names).alias("covered_by"),
        F.concat_ws(",", F.lit(None).cast("string"), *holding).alias("held_by"),
    )


def arms_of(
    customers: Iterable[str],
    *,
    strategy: str,
    experiment: Experiment,
    settings: Experiments,
    segment: str = "",
    covered_by: Collection[str] = (GLOBAL,),
) -> NDArray[np.str_]:
    """The arms of many customers of one segment, in their order, as ``assign`` draws them in the engine.

    ``covered_by``: the holdouts above that cover the strategy in the segment.
    """
    above = {name: holdout for name, holdout in holdouts(settings).items() if name in covered_by}
    salt, control = settings.salt, below(experiment.held_out(segment))
    bounds = dict(_bounds(experiment))

    def arm_of(customer: str) -> str:
        for name, holdout in above.items():
            if is_held(customer, name=name, holdout=holdout, salt=salt):
                return _arm_above(name)
        if drawn(customer, strategy, salt=salt) < control:
            return "control"
        place = drawn(customer, f"variant/{strategy}", salt=salt) if bounds else ""
        return next((arm for arm, bound in bounds.items() if place < bound), TREATED[0])

    return np.array([arm_of(customer) for customer in customers], dtype=np.str_)


def _first(recorded: DataFrame) -> DataFrame:
    """``first``: day and arm of the first exposure, in one number, by customer and strategy.

    Nights decided again out of their order may have recorded a customer twice, and engines are slow at the
    minimum of anything but numbers.
    """
    place = F.lit(len(ARMS))
    for number, arm in enumerate(ARMS):
        place = F.when(F.col("arm") == arm, F.lit(number)).otherwise(place)
    packed = F.unix_date("first_exposed") * _PLACES + place
    return recorded.groupBy("customer", "strategy").agg(F.min(packed).alias("first"))


def _recorded_arm() -> Column:
    """The arm in ``first``; null where nothing is recorded."""
    place = F.col("first") % _PLACES
    chain = F.when(place == 0, F.lit(ARMS[0]))
    for number, arm in enumerate(ARMS[1:], start=1):
        chain = chain.when(place == number, F.lit(arm))
    return chain


def _arm(settings: Experiments) -> Column:
    own = draw(F.col("customer"), F.col("strategy"), salt=settings.salt) < F.col("bound")
    arm = (
        F.when(own, F.lit("control"))
        .when(F.col("varied"), _variant(settings.salt))
        .otherwise(F.lit(TREATED[0]))
    )
    for place, name in reversed(list(enumerate(holdouts(settings)))):
        arm = F.when(_holds(place, name, settings), F.lit(_arm_above(name))).otherwise(arm)
    return arm


def _variant(salt: str) -> Column:
    place = draw(F.col("customer"), F.concat(F.lit("variant/"), F.col("strategy")), salt=salt)
    first, *others = ((place < F.col(f"{arm}_bound"), F.lit(arm)) for arm in _VARIANTS)
    chain = F.when(*first)
    for other in others:
        chain = chain.when(*other)
    return chain.otherwise(F.lit(TREATED[0]))


def _arm_above(holdout: str) -> str:
    return "global_holdout" if holdout == GLOBAL else "portfolio_holdout"


def _bounds(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """The variants in order, each with the bound that draws of it and of those before it lie below."""
    taken = 0.0
    for arm in sorted(experiment.variants):
        taken += experiment.variants[arm].share
        yield arm, below(taken)


def _covered(place: int, holdout: Holdout) -> Column:
    """Whether the holdout of that place covers the row's strategy and segment."""
    speaks = F.col("covers").bitwiseAND(F.lit(1 << place)) != 0
    return speaks & in_its_segments(holdout, F.col("segment"))


def _holds(place: int, name: str, settings: Experiments) -> Column:
    """Whether the holdout of that place covers and holds the row's customer."""
    holdout = holdouts(settings)[name]
    drawn_by_it = held(F.col("customer"), name=name, holdout=holdout, salt=settings.salt)
    return F.when(_covered(place, holdout), drawn_by_it).otherwise(F.lit(False))


def _with_terms(rows: DataFrame, strategies: Sequence[Strategy], settings: Experiments) -> DataFrame:
    """The rows with the columns of _TERMS, ``held_out`` and its ``bound`` in the row's segment."""
    spark = rows.sparkSession
    terms = spark.createDataFrame([_term(each, settings) for each in strategies], _TERMS)
    joined = rows.join(F.broadcast(terms), "strategy")
    strata = [
        (strategy.name, segment, share, below(share))
        for strategy in strategies
        for segment, share in strategy.experiment.by_segment.items()
    ]
    by_segment = F.broadcast(spark.createDataFrame(strata, _BY_SEGMENT))
    return (
        joined.join(by_segment, ["strategy", "segment"], "left")
        .withColumn("held_out", F.coalesce("stratum_held_out", "own_held_out"))
        .withColumn("bound", F.coalesce("stratum_bound", "own_bound"))
    )


def _term(strategy: Strategy, settings: Experiments) -> tuple[object, ...]:
    experiment = strategy.experiment
    speaking = [
        speaks_of(holdout, tags=strategy.tags, manager=strategy.manager)
        for holdout in holdouts(settings).values()
    ]
    bounds = dict(_bounds(experiment))
    given = {arm: variant.share for arm, variant in experiment.variants.items()}
    return (
        strategy.name,
        ramp_bound(experiment),
        experiment.layer.name if experiment.layer else None,
        *slot_bounds(experiment.layer),
        sum(1 << place for place, speaks in enumerate(speaking) if speaks),
        bool(bounds),
        experiment.holdout,
        below(experiment.holdout),
        *(value for arm in _VARIANTS for value in (given.get(arm), bounds.get(arm))),
    )
