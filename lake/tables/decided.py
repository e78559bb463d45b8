"""What is decided in a night. The lists of night ``as_of`` are worked on the next day."""

from lake.table import Classification, Column, Table
from lake.tables.words import ARMS, CHANNELS, FATES, PRODUCTS, RECIPIENTS, RESULTS

_CUSTOMER = Column(
    name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
)
_STRATEGY = Column(
    name="strategy", type="string", classification=Classification.INTERNAL, doc="Name of the strategy."
)
_STEP = Column(
    name="step",
    type="int",
    classification=Classification.INTERNAL,
    doc="Touch of the strategy's funnel, first is 1.",
    low=1,
    high=6,
)
_CHANNEL = Column(
    name="channel", type="string", classification=Classification.INTERNAL, doc="Channel.", values=CHANNELS
)
_ARM = Column(
    name="arm",
    type="string",
    classification=Classification.INTERNAL,
    doc="Arm of the strategy's experiment.",
    values=ARMS,
)
_VALUE = Column(
    name="value",
    type="double",
    classification=Classification.INTERNAL,
    doc="Expected incremental value of the contact.",
    unit="CNY",
)
_COST = Column(
    name="cost",
    type="double",
    classification=Classification.INTERNAL,
    doc="Expected cost of the contact.",
    unit="CNY",
    low=0,
)
_SEGMENT = Column(
    name="segment", type="string", classification=Classification.SENSITIVE, doc="Segment of the customer."
)
_HOUR = Column(
    name="hour",
    type="int",
    classification=Classification.SENSITIVE,
    doc="Planned hour of the day of contact.",
    unit="hour",
    low=0,
    high=23,
)

CANDIDATES = Table(
    name="candidates",
    doc="Who could be contacted by what, and which policy rule forbids it.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        _STEP,
        _CHANNEL,
        _SEGMENT,
        _ARM,
        _VALUE,
        _COST,
        _HOUR,
        Column(
            name="dropped_by",
            type="string",
            classification=Classification.INTERNAL,
            doc="Name of the first policy rule that forbids the contact; null when none does.",
            required=False,
        ),
    ),
)

_DRAW = (
    _SEGMENT,
    Column(
        name="kind",
        type="string",
        classification=Classification.INTERNAL,
        doc="Product family that the strategy's goal counts, as promised at exposure.",
        values=PRODUCTS,
    ),
    Column(
        name="window_days",
        type="int",
        classification=Classification.INTERNAL,
        doc="Days after exposure in which the goal counts, as promised at exposure.",
        unit="days",
        low=1,
    ),
    Column(
        name="treatment_share",
        type="double",
        classification=Classification.INTERNAL,
        doc="Probability of any treated arm, given that no holdout above the strategy holds the customer.",
        unit="share",
        low=0,
        high=1,
    ),
    Column(
        name="arm_share",
        type="double",
        classification=Classification.INTERNAL,
        doc="Probability of this very arm, given the same; null where a holdout holds the customer.",
        unit="share",
        low=0,
        high=1,
        required=False,
    ),
    Column(
        name="channel",
        type="string",
        classification=Classification.INTERNAL,
        doc="Channel of the first touch.",
        values=CHANNELS,
        required=False,
    ),
    Column(
        name="manager",
        type="string",
        classification=Classification.INTERNAL,
        doc="Who answers for the strategy.",
        required=False,
    ),
    Column(
        name="aum_before",
        type="double",
        classification=Classification.SENSITIVE,
        doc="Assets on the night of the decision; null where unknown.",
        unit="CNY",
        required=False,
    ),
    Column(
        name="covered_by",
        type="string",
        classification=Classification.INTERNAL,
        doc="Holdouts above the strategy that cover it and the customer's segment, each with the share it "
        "held then (name:share), joined by commas.",
        required=False,
    ),
    Column(
        name="held_by",
        type="string",
        classification=Classification.INTERNAL,
        doc="Those of them that hold this customer, joined by commas.",
        required=False,
    ),
)

ASSIGNMENTS = Table(
    name="assignments",
    doc="Arms as first exposed: the first night a customer's contact would have been made.",
    grain=("customer", "strategy"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        _ARM,
        Column(
            name="first_exposed",
            type="date",
            classification=Classification.INTERNAL,
            doc="Day of the contact, or of the contact held back: the day after as_of.",
        ),
        *_DRAW,
    ),
)

ENTRIES = Table(
    name="entries",
    doc="Arms of everybody whose first contact was chosen, or would have been if there were room for all.",
    grain=("customer", "strategy"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        _ARM,
        Column(
            name="entered_on",
            type="date",
            classification=Classification.INTERNAL,
            doc="First day on which the contact was chosen, or passed over for a limit or capacity alone.",
        ),
        *_DRAW,
    ),
)

PLAN = Table(
    name="plan",
    doc="The fate of every candidate that policy lets through, and why.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        _STEP,
        _CHANNEL,
        _SEGMENT,
        _ARM,
        _VALUE,
        _COST,
        _HOUR,
        Column(
            name="fate",
            type="string",
            classification=Classification.INTERNAL,
            doc="'contact' leaves the house; 'held_out' was chosen like it but its arm receives nothing.",
            values=FATES,
        ),
        Column(name="reason", type="string", classification=Classification.INTERNAL, doc="Why, in words."),
        Column(
            name="shadow_price",
            type="double",
            classification=Classification.INTERNAL,
            doc="Price of everything the contact would use; below zero where a minimum pays for it.",
            unit="CNY",
        ),
        Column(
            name="short_by",
            type="double",
            classification=Classification.INTERNAL,
            doc="By how much its value would have had to be higher for it to be chosen at tonight's prices. "
            "Null for what was chosen, where the value is no number, and for all of a customer for whom one "
            "was drawn in place of the best.",
            unit="CNY",
            required=False,
            low=0,
        ),
        Column(
            name="put_forward",
            type="boolean",
            classification=Classification.INTERNAL,
            doc="Whether it is the one of the customer's candidates that he was to be tried with first.",
            required=False,
        ),
        Column(
            name="propensity",
            type="double",
            classification=Classification.INTERNAL,
            doc="Probability with which it was put forward; null for what is not worth its cost.",
            unit="share",
            required=False,
            low=0,
            high=1,
        ),
    ),
)

POSITIONS = Table(
    name="positions",
    doc="How far every customer had come in every strategy as the night began: each touch, made or held "
    "back, and the gravest result that came of it.",
    grain=("customer", "strategy", "step", "contact_day"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        Column(
            name="journey",
            type="int",
            classification=Classification.INTERNAL,
            doc="Which of the customer's journeys through the funnel it is, first is 1.",
            low=1,
        ),
        _STEP,
        Column(
            name="contact_day",
            type="date",
            classification=Classification.SENSITIVE,
            doc="Day of the contact, or of the contact held back.",
        ),
        Column(
            name="fate",
            type="string",
            classification=Classification.INTERNAL,
            doc="'contact' or 'held_out'.",
            values=("contact", "held_out"),
        ),
        Column(
            name="result",
            type="string",
            classification=Classification.SENSITIVE,
            doc="The gravest result so far; null while nothing has come back.",
            values=RESULTS,
            required=False,
        ),
        Column(
            name="result_day",
            type="date",
            classification=Classification.SENSITIVE,
            doc="First day of that result.",
            required=False,
        ),
    ),
)

HELD_BACK = Table(
    name="held_back",
    doc="Contacts that were decided and did not leave, and contacts held out that would not have left either.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        _CUSTOMER,
        _STRATEGY,
        _STEP,
        _CHANNEL,
        Column(
            name="fate",
            type="string",
            classification=Classification.INTERNAL,
            doc="As decided: 'contact' or 'held_out'.",
            values=("contact", "held_out"),
        ),
        Column(name="reason", type="string", classification=Classification.INTERNAL, doc="Why, in a word."),
    ),
)

CONTACT_LISTS = Table(
    name="contact_lists",
    doc="What leaves the house: one masked row a contact, for one recipient.",
    grain=("contact",),
    delivery="derived",
    columns=(
        Column(
            name="contact", type="string", classification=Classification.TOKEN, doc="Token of the contact."
        ),
        _CUSTOMER,
        Column(
            name="recipient",
            type="string",
            classification=Classification.INTERNAL,
            doc="Who receives the row.",
            values=RECIPIENTS,
        ),
        _STRATEGY,
        _STEP,
        _CHANNEL,
        Column(
            name="hour",
            type="int",
            classification=Classification.SENSITIVE,
            doc="Planned hour of contact.",
            unit="hour",
        ),
        Column(
            name="payload",
            type="string",
            classification=Classification.SENSITIVE,
            doc="The masked row as the recipient gets it, as JSON.",
        ),
        Column(
            name="expires_on",
            type="date",
            classification=Classification.INTERNAL,
            doc="Last day the row may be used.",
        ),
    ),
)
