"""What is advised about strategies. Partition ``as_of`` is the night whose readouts it rests on."""

from lake.table import Classification, Column, Table
from lake.tables.words import VERDICTS

VERDICTS_TABLE = Table(
    name="verdicts",
    doc="Ship, stop, continue or broken: the advice on every strategy, with the numbers it rests on.",
    grain=("strategy",),
    delivery="derived",
    columns=(
        Column(name="strategy", type="string", classification=Classification.INTERNAL, doc="Strategy."),
        Column(
            name="verdict",
            type="string",
            classification=Classification.INTERNAL,
            doc="The advice.",
            values=VERDICTS,
        ),
        Column(
            name="words",
            type="string",
            classification=Classification.INTERNAL,
            doc="The advice and its reason, plainly.",
        ),
        Column(
            name="findings",
            type="string",
            classification=Classification.INTERNAL,
            doc="Kinds of the findings about its data, grave ones first, as a JSON list.",
        ),
        Column(
            name="metric",
            type="string",
            classification=Classification.INTERNAL,
            doc="The metric that decided; null where no number speaks.",
            required=False,
        ),
        *(
            Column(name=name, type="double", classification=Classification.INTERNAL, doc=doc, required=False)
            for name, doc in (
                ("lift", "That metric's lift."),
                ("low", "Lower end of its always-valid interval."),
                ("high", "Upper end of its always-valid interval."),
                ("q_value", "Its q-value over the portfolio."),
            )
        ),
    ),
)
