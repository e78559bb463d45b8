"""How good a night's choice is, and which limits it ran into."""

from lake.table import Classification, Column, Table, Type

LIMIT_KINDS = (
    "channel",
    "hour",
    "budget",
    "skill",
    "ahead",
    "strategy",
    "spend",
    "begin",
    "exposures",
    "segment",
    "manager",
)
"""Room of a channel, of one of its hours, its money, agents of a skill, calls that funnels lead to; contacts,
money, new journeys and first exposures of a strategy; the least that segments and their managers get."""


def _column(
    name: str,
    kind: Type,
    doc: str,
    *,
    unit: str | None = None,
    required: bool = True,
    values: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
) -> Column:
    return Column(
        name=name,
        type=kind,
        classification=Classification.INTERNAL,
        doc=doc,
        unit=unit,
        required=required,
        values=values,
        low=low,
        high=high,
    )


CERTIFICATES = Table(
    name="certificates",
    doc="How good the night's choice is: what it is worth, and what no choice within the limits exceeds.",
    grain=("day",),
    delivery="derived",
    columns=(
        _column("day", "date", "Day of the contacts."),
        _column("candidates", "long", "Contacts that policy lets through.", low=0),
        _column("units", "long", "Phone numbers, and customers without one, that they are among.", low=0),
        _column("contacts", "long", "Contacts chosen that are made.", low=0),
        _column("held_back", "long", "Contacts chosen that are held back, to measure by.", low=0),
        _column("value", "double", "Worth of what was chosen, held back or not, as it competed.", unit="CNY"),
        _column("contact_value", "double", "Value less cost of the contacts that are made.", unit="CNY"),
        _column("bound", "double", "What no choice that holds back as many exceeds.", unit="CNY"),
        _column("gap", "double", "(bound - value) / bound.", unit="share", low=0),
        _column("unconstrained", "double", "Worth with room for everybody and no minimum.", unit="CNY"),
        _column("violations", "long", "Limits that are broken, counted.", low=0),
        _column(
            "kept",
            "double",
            "Share of last night's choices, where they are possible still, that were chosen again; null "
            "where none is.",
            unit="share",
            required=False,
            low=0,
            high=1,
        ),
        _column(
            "overlap",
            "double",
            "Share of the customers on last night's list who are on tonight's too; null where nobody was.",
            unit="share",
            required=False,
            low=0,
            high=1,
        ),
        _column("warm", "boolean", "Whether the search began from last night's prices."),
        _column("passes", "long", "Passes over the candidates that it took.", low=0),
    ),
)

LIMITS = Table(
    name="limits",
    doc="What the night's choice may and must use, what it used, and what one more of it is worth.",
    grain=("name",),
    delivery="derived",
    columns=(
        _column("name", "string", "What is limited, such as channel.human_call@10."),
        _column("kind", "string", "What sort of limit it is.", values=LIMIT_KINDS),
        _column("low", "double", "The least that must be used; null for none.", required=False, low=0),
        _column("high", "double", "The most that may be used; null for any.", required=False, low=0),
        _column("used", "double", "What is used.", low=0),
        _column(
            "unit",
            "string",
            "Unit of the three.",
            values=("contacts", "CNY", "journeys", "customers", "calls expected"),
        ),
        _column("price", "double", "What one more is worth; below zero: what the last one cost.", unit="CNY"),
        _column("lost", "double", "Its part in unconstrained less value.", unit="CNY"),
        _column(
            "relaxed_from",
            "double",
            "The minimum as asked for, where it cannot be met and was lowered to what can.",
            required=False,
            low=0,
        ),
    ),
)
