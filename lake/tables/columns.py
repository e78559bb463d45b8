"""Columns that several tables of a night share."""

from lake.table import Classification, Column
from lake.tables.words import ARMS, CHANNELS

CUSTOMER = Column(
    name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
)
STRATEGY = Column(
    name="strategy", type="string", classification=Classification.INTERNAL, doc="Name of the strategy."
)
STEP = Column(
    name="step",
    type="int",
    classification=Classification.INTERNAL,
    doc="Touch of the strategy's funnel, first is 1.",
    low=1,
    high=6,
)
CHANNEL = Column(
    name="channel", type="string", classification=Classification.INTERNAL, doc="Channel.", values=CHANNELS
)
ARM = Column(
    name="arm",
    type="string",
    classification=Classification.INTERNAL,
    doc="Arm of the strategy's experiment.",
    values=ARMS,
)
VALUE = Column(
    name="value",
    type="double",
    classification=Classification.INTERNAL,
    doc="Expected incremental value of the contact.",
    unit="CNY",
)
COST = Column(
    name="cost",
    type="double",
    classification=Classification.INTERNAL,
    doc="Expected cost of the contact.",
    unit="CNY",
    low=0,
)
SEGMENT = Column(
    name="segment", type="string", classification=Classification.SENSITIVE, doc="Segment of the customer."
)
HOUR = Column(
    name="hour",
    type="int",
    classification=Classification.SENSITIVE,
    doc="Planned hour of the day of contact.",
    unit="hour",
    low=0,
    high=23,
)
