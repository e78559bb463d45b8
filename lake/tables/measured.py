"""What came of it. Partition ``as_of`` is the night after whose lists it became known."""

from lake.table import Classification, Column, Table
from lake.tables.words import CHANNELS, RESULTS

OUTCOMES = Table(
    name="outcomes",
    doc="Results of Longreach's own contacts, as recipients sent them back. A contact is here again where a "
    "graver result came with a later night.",
    grain=("contact",),
    delivery="derived",
    columns=(
        Column(
            name="contact", type="string", classification=Classification.TOKEN, doc="Token of the contact."
        ),
        Column(
            name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
        ),
        Column(name="strategy", type="string", classification=Classification.INTERNAL, doc="Strategy."),
        Column(name="step", type="int", classification=Classification.INTERNAL, doc="Touch of the funnel."),
        Column(
            name="channel",
            type="string",
            classification=Classification.INTERNAL,
            doc="Channel.",
            values=CHANNELS,
        ),
        Column(
            name="result",
            type="string",
            classification=Classification.SENSITIVE,
            doc="What came back.",
            values=RESULTS,
        ),
        Column(
            name="happened_at",
            type="timestamp",
            classification=Classification.SENSITIVE,
            doc="When it happened.",
        ),
        Column(
            name="seconds",
            type="int",
            classification=Classification.SENSITIVE,
            doc="Length of the talk; 0 where there was none.",
            unit="seconds",
            low=0,
        ),
        Column(
            name="contact_day",
            type="date",
            classification=Classification.INTERNAL,
            doc="Day of the contact; null in what was written before this was kept: the day after as_of.",
            required=False,
        ),
    ),
)

READOUTS = Table(
    name="readouts",
    doc="What strategies did, against their control groups, by intention to treat.",
    grain=("level", "name", "metric"),
    delivery="derived",
    columns=(
        Column(
            name="level",
            type="string",
            classification=Classification.INTERNAL,
            doc="What the row speaks of.",
            values=("strategy", "kind", "all"),
        ),
        Column(
            name="name",
            type="string",
            classification=Classification.INTERNAL,
            doc="Strategy, kind of strategy (its product), or 'all'.",
        ),
        Column(name="metric", type="string", classification=Classification.INTERNAL, doc="What is measured."),
        Column(
            name="customers",
            type="long",
            classification=Classification.INTERNAL,
            doc="Customers in the treatment arm.",
        ),
        Column(
            name="control_customers",
            type="long",
            classification=Classification.INTERNAL,
            doc="Customers held out.",
        ),
        *(
            Column(name=name, type="double", classification=Classification.INTERNAL, doc=doc, required=False)
            for name, doc in (
                ("mean", "Mean of the metric under treatment."),
                ("control_mean", "Mean of the metric held out."),
                ("lift", "Difference of the means."),
                ("low", "Lower end of the lift's interval."),
                ("high", "Upper end of the lift's interval."),
                ("p_value", "Two-sided p-value of no lift."),
                ("sample_ratio_p", "P-value that the arms are as large as they were drawn."),
            )
        ),
        Column(
            name="words",
            type="string",
            classification=Classification.INTERNAL,
            doc="What may be said of it, plainly.",
        ),
    ),
)
