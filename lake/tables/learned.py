"""What is learned of customers: their segment, and the segments' cards."""

from lake.table import Classification, Column, Table

_SEGMENT = Column(
    name="segment",
    type="string",
    classification=Classification.SENSITIVE,
    doc="Segment, S01 and on; keeps its identity over re-fits.",
)
_VERSION = Column(
    name="version",
    type="string",
    classification=Classification.INTERNAL,
    doc="Version of the segmentation model.",
)

CUSTOMER_SEGMENTS = Table(
    name="customer_segments",
    doc="The segment of every long-tail customer.",
    grain=("customer",),
    delivery="derived",
    columns=(
        Column(
            name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
        ),
        _SEGMENT,
        _VERSION,
        Column(
            name="distance",
            type="double",
            classification=Classification.INTERNAL,
            doc="Distance to the segment's centre, in scaled units.",
        ),
    ),
)

SEGMENT_CATALOG = Table(
    name="segment_catalog",
    doc="A card for every segment: size, money, what sets it apart in words, who looks after it.",
    grain=("segment",),
    delivery="derived",
    columns=(
        _SEGMENT,
        _VERSION,
        Column(
            name="name", type="string", classification=Classification.INTERNAL, doc="Short name in words."
        ),
        Column(name="customers", type="long", classification=Classification.INTERNAL, doc="How many."),
        Column(
            name="aum_fen",
            type="long",
            classification=Classification.INTERNAL,
            doc="Assets in all.",
            unit="fen",
        ),
        Column(
            name="words",
            type="string",
            classification=Classification.INTERNAL,
            doc="What sets it apart, as a JSON list of short phrases.",
        ),
        Column(
            name="profile",
            type="string",
            classification=Classification.INTERNAL,
            doc="Medians of the segmentation's features, as a JSON object.",
        ),
        Column(name="manager", type="string", classification=Classification.INTERNAL, doc="Segment manager."),
    ),
)
