"""What came of it. Partition ``as_of`` is the night after whose lists it became known."""

from lake.table import Classification, Column, Table, Type
from lake.tables.exposed import ASSIGNMENTS, ENTRIES
from lake.tables.words import CHANNELS, RESULTS, TREATED, VIEWS

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


def _internal(
    name: str, kind: Type, doc: str, *, required: bool = True, values: tuple[str, ...] = ()
) -> Column:
    return Column(
        name=name,
        type=kind,
        classification=Classification.INTERNAL,
        doc=doc,
        required=required,
        values=values,
    )


def _numbers(**docs: str) -> tuple[Column, ...]:
    return tuple(_internal(name, "double", doc, required=False) for name, doc in docs.items())


def _measure(name: str, doc: str, *, unit: str | None = None, required: bool = True) -> Column:
    return Column(
        name=name,
        type="long",
        classification=Classification.SENSITIVE,
        doc=doc,
        required=required,
        unit=unit,
    )


_RESULT = (
    Column(
        name="listed",
        type="boolean",
        classification=Classification.SENSITIVE,
        doc="A contact of the strategy was on a list for this customer inside the window.",
    ),
    Column(
        name="contacted",
        type="boolean",
        classification=Classification.SENSITIVE,
        doc="Such a contact came through: it was delivered, answered or acted on.",
    ),
    _internal(
        "flaw",
        "string",
        "Name of the finding that this row is part of; null where nothing is wrong with it.",
        required=False,
    ),
    _measure("converted", "1 where the goal's product was taken up within the window, else 0."),
    _measure("openings", "How many times it was taken up."),
    _measure("amount", "Money placed or lent by it.", unit="CNY"),
    _measure(
        "aum_change",
        "Assets at the window's end less those before; null if unknown.",
        unit="CNY",
        required=False,
    ),
    _measure(
        "outflow",
        "1 where assets fell by half or more, else 0; null where they are not known.",
        required=False,
    ),
    _measure("complained", "1 where the customer complained within the window, else 0."),
    _measure("opted_out", "1 where the customer opted out within the window, else 0."),
)

_FIRST_IN = _internal(
    "first_in",
    "string",
    "Portfolio holdouts, comma-joined, for which this is the customer's first covered exposure.",
)

MEASURED = Table(
    name="measured",
    doc="What exposed customers did in their windows; written once, when the window and three days for late "
    "postings are over.",
    grain=("customer", "strategy"),
    delivery="derived",
    columns=(*ASSIGNMENTS.columns, *_RESULT, _FIRST_IN),
)

MEASURED_ENTRIES = Table(
    name="measured_entries",
    doc="The same of everybody who would have been contacted but for capacity, from the day of that on.",
    grain=("customer", "strategy"),
    delivery="derived",
    columns=(*ENTRIES.columns, *_RESULT),
)

_LEVELS = ("strategy", "kind", "segment", "channel", "manager", "holdout", "all")
_LIFT = {
    "lift": "Difference of the means.",
    "error": "Standard error of the lift.",
    "low": "Lower end of the lift's interval, for one look planned beforehand.",
    "high": "Upper end of the lift's interval, for one look planned beforehand.",
}
_ADJUSTED = {
    "adjusted_lift": "Lift adjusted for what was known of the customers before (CUPED).",
    "adjusted_low": "Lower end of the adjusted lift's interval.",
    "adjusted_high": "Upper end of the adjusted lift's interval.",
}
_SHRUNK = {
    "shrunk_lift": "Lift drawn towards what strategies in general achieve (empirical Bayes).",
    "shrunk_low": "Lower end of the drawn lift's interval.",
    "shrunk_high": "Upper end of the drawn lift's interval.",
}

READOUTS = Table(
    name="readouts",
    doc="What strategies did, against their control groups.",
    grain=("level", "name", "metric", "view", "arm"),
    delivery="derived",
    columns=(
        _internal("level", "string", "What the row speaks of.", values=_LEVELS),
        _internal("name", "string", "Strategy, kind (its product), segment, ..., or 'all'."),
        _internal("metric", "string", "What is measured."),
        _internal(
            "view",
            "string",
            "Who is compared: 'exposed' by intention to treat; 'entered' also those who found no room; "
            "'contacted' only those reached, which is not randomised. Null in what was written before this "
            "was kept.",
            required=False,
            values=VIEWS,
        ),
        _internal(
            "arm",
            "string",
            "Treated arm, or 'any' for all of them together.",
            required=False,
            values=("any", *TREATED),
        ),
        _internal("customers", "long", "Customers in the treated arm."),
        _internal("control_customers", "long", "Customers held out."),
        *_numbers(
            compared="Customers treated whom the lift rests on: with a value, in draws that can be compared.",
            mean="Mean of the metric under treatment.",
            control_mean="Mean of the metric held out.",
            **_LIFT,
            p_value="Two-sided p-value of no lift, for one look planned beforehand.",
            always_low="Lower end of the interval that holds however often one looks.",
            always_high="Upper end of the interval that holds however often one looks.",
            always_p="P-value of no lift that holds however often one looks.",
            **_ADJUSTED,
            variance_kept="Share of the variance that the adjustment leaves.",
            **_SHRUNK,
            q_value="Share of false discoveries if this one and all stronger ones are called real.",
            sample_ratio_p="P-value that the arms are as large as they were drawn, however often one looks.",
            detectable_lift="Smallest lift that so many customers show with probability 80 %.",
            heterogeneity_p="P-value, for one look, that the lift is the same in every segment.",
        ),
        _internal("words", "string", "What may be said of it, plainly."),
    ),
)

SEGMENT_READOUTS = Table(
    name="segment_readouts",
    doc="What strategies did in each segment, by intention to treat, all treated arms together.",
    grain=("strategy", "segment", "metric"),
    delivery="derived",
    columns=(
        _internal("strategy", "string", "Name of the strategy."),
        _internal("segment", "string", "Segment."),
        _internal("metric", "string", "What is measured."),
        _internal("customers", "long", "Customers treated."),
        _internal("control_customers", "long", "Customers held out."),
        *_numbers(
            compared="Customers treated whom the lift rests on: with a value, in draws that can be compared.",
            **_LIFT,
            **_ADJUSTED,
            always_p="P-value of no lift that holds however often one looks.",
            q_value="Share of false discoveries if this one and all stronger ones are called real.",
            **_SHRUNK,
        ),
    ),
)

EXPERIMENT_FINDINGS = Table(
    name="experiment_findings",
    doc="What is wrong with an experiment, so that its numbers cannot be trusted or are not there.",
    grain=("strategy", "kind"),
    delivery="derived",
    columns=(
        _internal("strategy", "string", "Name of the strategy."),
        _internal("kind", "string", "Name of the finding."),
        _internal("grave", "boolean", "No number of the strategy is to be trusted."),
        _internal(
            "rows",
            "long",
            "How many exposures it concerns; null where it is not about single ones.",
            required=False,
        ),
        _internal("words", "string", "What is wrong, plainly."),
    ),
)
