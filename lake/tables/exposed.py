"""Who was drawn into which arm. Arms of night ``as_of`` are those of contacts on the next day."""

from lake.table import Classification, Column, Table
from lake.tables.columns import ARM, CUSTOMER, SEGMENT, STRATEGY
from lake.tables.words import CHANNELS, PRODUCTS

_DRAW = (
    SEGMENT,
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
        CUSTOMER,
        STRATEGY,
        ARM,
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
        CUSTOMER,
        STRATEGY,
        ARM,
        Column(
            name="entered_on",
            type="date",
            classification=Classification.INTERNAL,
            doc="First day on which the contact was chosen, or passed over for a limit or capacity alone.",
        ),
        *_DRAW,
    ),
)
