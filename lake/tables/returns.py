"""What the contacts brought, against what they cost, and how it held up from week to week."""

from lake.table import Classification, Column, Table


def _word(name: str, doc: str, *, values: tuple[str, ...] = ()) -> Column:
    return Column(name=name, type="string", classification=Classification.INTERNAL, doc=doc, values=values)


def _count(name: str, doc: str) -> Column:
    return Column(name=name, type="long", classification=Classification.INTERNAL, doc=doc, low=0)


def _number(name: str, doc: str, *, unit: str) -> Column:
    return Column(
        name=name,
        type="double",
        classification=Classification.INTERNAL,
        doc=doc,
        required=False,
        unit=unit,
    )


def _estimate(name: str, doc: str, *, unit: str) -> tuple[Column, ...]:
    return (
        _number(name, doc, unit=unit),
        _number(f"{name}_low", "Lower end of its interval.", unit=unit),
        _number(f"{name}_high", "Upper end of its interval.", unit=unit),
    )


RETURNS_TABLE = Table(
    name="returns",
    doc="What contacts brought beyond what held-out customers did by themselves, and what they cost.",
    grain=("level", "name"),
    delivery="derived",
    columns=(
        _word(
            "level",
            "What the row speaks of.",
            values=("strategy", "kind", "segment", "channel", "manager", "all"),
        ),
        _word("name", "Strategy, kind, segment, channel of the first touch, manager, or 'all'."),
        _count("strategies", "Strategies counted."),
        _count("left_out", "Strategies that are not counted: not to be trusted, or without a lift."),
        _count("customers", "Customers treated, of the strategies counted."),
        _count("contacts", "Contacts made with them, on whatever channel."),
        _number("cost", "Expected cost of these contacts.", unit="CNY"),
        *_estimate("conversions", "Goals reached that would not have been reached.", unit="goals"),
        *_estimate("aum", "Assets that would not be here.", unit="CNY"),
        *_estimate("value", "Worth of the conversions, by the strategies' goals.", unit="CNY"),
        *_estimate("return_per_contact", "Value less cost, a contact.", unit="CNY"),
        _word("words", "What may be said of it, plainly."),
    ),
)

WEEKLY = Table(
    name="weekly",
    doc="The effect by week of exposure, of exposures whose window has closed: all watched equally long.",
    grain=("strategy", "week"),
    delivery="derived",
    columns=(
        _word("strategy", "Name of the strategy."),
        Column(
            name="week",
            type="int",
            classification=Classification.INTERNAL,
            doc="Calendar week of exposure, counted from the strategy's first, which is 1.",
            low=1,
        ),
        _count("customers", "Customers treated who were exposed in the week."),
        _count("control_customers", "Customers held out in the week."),
        _number("lift", "Difference of the shares that reached the goal.", unit="share"),
        _number("low", "Lower end of its interval.", unit="share"),
        _number("high", "Upper end of its interval.", unit="share"),
        _number("error", "Standard error of the lift.", unit="share"),
    ),
)
