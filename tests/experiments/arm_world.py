"""Strategies that differ in their experiments alone, under holdouts that cover some of them."""

from base.settings import Experiments, Holdout
from experiments.holdouts import GLOBAL
from strategies.document import Goal, Limits, Strategy, Touch
from strategies.experiment import Experiment, Layer, Variant

SCRIPTS = {"touch 1": "您好"}
VARIED = {
    "treatment_b": Variant(share=0.2, scripts=SCRIPTS),
    "treatment_d": Variant(share=0.5, scripts=SCRIPTS),
}
PLAIN = Experiment(holdout=0.15)
RICH = Experiment(
    holdout=0.15,
    by_segment={"S03": 0.4},
    variants=VARIED,
    ramp=0.6,
    layer=Layer(name="calls", first=11, last=70),
)
ABOVE = Experiments(
    global_holdout=0.02,
    holdouts={
        "wealth_quiet": Holdout(share=0.1, tags=("wealth",)),
        "young": Holdout(share=0.2, segments=("S03",)),
        "of_zhou": Holdout(share=0.3, tags=("wealth", "fund"), managers=("周立成",)),
    },
)


def document(
    name: str, experiment: Experiment, *, tags: tuple[str, ...] = (), manager: str = "陈静"
) -> Strategy:
    """A strategy of two touches with this experiment."""
    return Strategy(
        name=name,
        title=name,
        kind="fund",
        manager=manager,
        tags=tags,
        who="aum_now >= 0",
        offer="基金定投。",
        funnel=(
            Touch(channel="sms", script="您好", expected_lift=0.02),
            Touch(channel="push", script="您好", expected_lift=0.02, when=("no_answer",)),
        ),
        goal=Goal(product="fund", window_days=10, value=100.0),
        experiment=experiment,
        limits=Limits(per_night=1_000),
    )


BOOK = (
    document("fund_plain", PLAIN),
    document("fund_rich", RICH, tags=("wealth",)),
    document("fund_quiet", Experiment(holdout=0.5, variants=VARIED), tags=("wealth", "x"), manager="周立成"),
)


def covering(name: str, segment: str) -> tuple[str, ...]:
    """The holdouts of ABOVE that cover a strategy of the book in a segment, written out by hand."""
    named = {"fund_plain": (), "fund_rich": ("wealth_quiet",), "fund_quiet": ("of_zhou", "wealth_quiet")}
    return (GLOBAL, *sorted((*named[name], *(("young",) if segment == "S03" else ()))))
