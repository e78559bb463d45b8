"""What intake makes of the delivered files: identities, number tokens, and what was rejected."""

from lake.table import Classification, Column, Table
from lake.tables.columns import CUSTOMER

IDENTITIES = Table(
    name="identities",
    doc="Who a token stands for. Lives in the vault; read only for a named purpose and recipient.",
    grain=("customer",),
    delivery="snapshot",
    columns=(
        CUSTOMER,
        Column(
            name="customer_no",
            type="string",
            classification=Classification.IDENTIFIER,
            doc="The bank's own number.",
        ),
        Column(
            name="name", type="string", classification=Classification.IDENTIFIER, doc="Name.", required=False
        ),
        Column(
            name="phone",
            type="string",
            classification=Classification.IDENTIFIER,
            doc="Phone.",
            required=False,
        ),
        Column(
            name="id_number",
            type="string",
            classification=Classification.IDENTIFIER,
            doc="Number of the identity document.",
            required=False,
        ),
        Column(
            name="generated",
            type="boolean",
            classification=Classification.INTERNAL,
            doc="True where the identity was made up, as it is for public and synthetic data.",
        ),
    ),
)

NUMBERS = Table(
    name="numbers",
    doc="What kind of phone number a customer can be reached at, and the number's own token.",
    grain=("customer",),
    delivery="snapshot",
    columns=(
        CUSTOMER,
        Column(
            name="number",
            type="string",
            classification=Classification.TOKEN,
            doc="Token of the phone number: people who share a number share it.",
            required=False,
        ),
        Column(
            name="kind",
            type="string",
            classification=Classification.SENSITIVE,
            doc="Shape of the number; anything not recognised is 'unknown'.",
            values=("mobile", "landline", "overseas", "unknown", "none"),
        ),
    ),
)

PERSONS = Table(
    name="persons",
    doc="Which customers are one person, by their ID numbers; only who has several accounts, ended ones too.",
    grain=("customer",),
    delivery="snapshot",
    columns=(
        CUSTOMER,
        Column(
            name="person",
            type="string",
            classification=Classification.TOKEN,
            doc="Token of the person's ID number: all accounts of a person share it.",
        ),
    ),
)

QUARANTINE = Table(
    name="quarantine",
    doc="Rows delivered and not accepted, with the reason; never with the values that name a person.",
    grain=("source_table", "file", "row", "reason"),
    delivery="derived",
    columns=(
        Column(
            name="source_table",
            type="string",
            classification=Classification.INTERNAL,
            doc="Table it was meant for.",
        ),
        Column(
            name="file",
            type="string",
            classification=Classification.INTERNAL,
            doc="File it came in (name only).",
        ),
        Column(
            name="row",
            type="long",
            classification=Classification.INTERNAL,
            doc="Row in the file, first is 1.",
        ),
        Column(
            name="column",
            type="string",
            classification=Classification.INTERNAL,
            doc="Column at fault, if one.",
            required=False,
        ),
        Column(
            name="reason", type="string", classification=Classification.INTERNAL, doc="Why it was rejected."
        ),
        Column(
            name="content",
            type="string",
            classification=Classification.SENSITIVE,
            doc="The row as JSON, identifiers left out.",
            required=False,
        ),
    ),
)
