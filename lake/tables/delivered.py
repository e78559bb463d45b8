"""What the bank delivers. In the extracts a customer goes by ``customer_no``; here by a token."""

from lake.table import Classification, Column, Table
from lake.tables.words import ASSET_CLASSES, CHANNELS, PRODUCTS, RESULTS, SUPPRESSION_KINDS

_CUSTOMER = Column(
    name="customer", type="string", classification=Classification.TOKEN, doc="Token of the customer."
)
_KNOWN_AT = Column(
    name="known_at",
    type="timestamp",
    classification=Classification.INTERNAL,
    doc="When the bank learned of it.",
)


def _id(name: str, doc: str) -> Column:
    return Column(name=name, type="long", classification=Classification.INTERNAL, doc=doc)


def _happened(name: str, doc: str) -> Column:
    return Column(name=name, type="timestamp", classification=Classification.SENSITIVE, doc=doc)


def _word(name: str, doc: str, *, values: tuple[str, ...] = (), required: bool = True) -> Column:
    return Column(
        name=name,
        type="string",
        classification=Classification.SENSITIVE,
        doc=doc,
        values=values,
        required=required,
    )


CUSTOMERS = Table(
    name="customers",
    doc="Who banks here, without anything that names a person.",
    grain=("customer",),
    delivery="snapshot",
    known="known_at",
    tolerance=0.01,
    columns=(
        _CUSTOMER,
        Column(
            name="birth_month",
            type="date",
            classification=Classification.QUASI,
            doc="First day of the month of birth.",
            required=False,
        ),
        Column(
            name="gender",
            type="string",
            classification=Classification.QUASI,
            doc="F or M.",
            required=False,
            values=("F", "M"),
        ),
        Column(
            name="city",
            type="string",
            classification=Classification.QUASI,
            doc="City of residence.",
            required=False,
        ),
        Column(
            name="occupation",
            type="string",
            classification=Classification.QUASI,
            doc="Trade.",
            required=False,
        ),
        Column(
            name="opened_on",
            type="date",
            classification=Classification.SENSITIVE,
            doc="Day the customer joined.",
        ),
        Column(
            name="risk_level",
            type="int",
            classification=Classification.SENSITIVE,
            doc="Assessed risk appetite, 1 (lowest) to 5; null when never assessed.",
            required=False,
            low=1,
            high=5,
        ),
        Column(
            name="has_app",
            type="boolean",
            classification=Classification.SENSITIVE,
            doc="The app is installed.",
        ),
        _KNOWN_AT,
    ),
)

BALANCES = Table(
    name="balances",
    doc="Assets at the close of a day, one column an asset class; written on change and at month's end.",
    grain=("customer", "balance_date", "known_at"),
    delivery="events",
    happened="balance_date",
    known="known_at",
    tolerance=0.01,
    columns=(
        _CUSTOMER,
        Column(
            name="balance_date",
            type="date",
            classification=Classification.SENSITIVE,
            doc="Close of which day.",
        ),
        *(
            Column(
                name=f"{asset}_fen",
                type="long",
                classification=Classification.SENSITIVE,
                doc=f"Held in {asset.replace('_', ' ')}.",
                unit="fen",
                low=0,
            )
            for asset in ASSET_CLASSES
        ),
        _KNOWN_AT,
    ),
)

TRANSACTIONS = Table(
    name="transactions",
    doc="Money that moved.",
    grain=("transaction",),
    delivery="events",
    happened="occurred_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("transaction", "Number of the posting."),
        _CUSTOMER,
        _happened("occurred_at", "When the money moved."),
        _word("direction", "Seen from the customer's account.", values=("credit", "debit")),
        Column(
            name="amount_fen",
            type="long",
            classification=Classification.SENSITIVE,
            doc="How much, never negative.",
            unit="fen",
            low=0,
        ),
        _word("channel", "Where it was asked for.", values=("counter", "atm", "app", "web", "pos", "auto")),
        _word(
            "category",
            "What for.",
            values=("salary", "transfer", "purchase", "cash", "fee", "interest", "repayment", "other"),
        ),
        _KNOWN_AT,
    ),
)

OPENINGS = Table(
    name="openings",
    doc="Products taken up: the bank's own record of a conversion, whoever or whatever caused it.",
    grain=("opening",),
    delivery="events",
    happened="occurred_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("opening", "Number of the contract or activation."),
        _CUSTOMER,
        _happened("occurred_at", "When it was taken up."),
        _word("product", "Product family.", values=PRODUCTS),
        Column(
            name="amount_fen",
            type="long",
            classification=Classification.SENSITIVE,
            doc="Money placed or lent, 0 for activations.",
            unit="fen",
            low=0,
        ),
        _KNOWN_AT,
    ),
)

APP_EVENTS = Table(
    name="app_events",
    doc="What customers did in the app.",
    grain=("event",),
    delivery="events",
    happened="occurred_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("event", "Number of the event."),
        _CUSTOMER,
        _happened("occurred_at", "When."),
        _word("kind", "What was done.", values=("login", "browse", "search", "transfer", "service")),
        _word("product", "Product family looked at, if any.", values=PRODUCTS, required=False),
        _KNOWN_AT,
    ),
)

CONSENTS = Table(
    name="consents",
    doc="What a customer has agreed to, by purpose and channel. No row means no consent.",
    grain=("customer", "purpose", "channel"),
    delivery="snapshot",
    known="known_at",
    tolerance=0.01,
    columns=(
        _CUSTOMER,
        _word("purpose", "What for.", values=("marketing", "service")),
        _word("channel", "By which channel.", values=CHANNELS),
        Column(name="granted", type="boolean", classification=Classification.SENSITIVE, doc="Yes or no."),
        Column(
            name="valid_from", type="date", classification=Classification.SENSITIVE, doc="First day in force."
        ),
        Column(
            name="valid_until",
            type="date",
            classification=Classification.SENSITIVE,
            doc="Last day in force; null when open.",
            required=False,
        ),
        _KNOWN_AT,
    ),
)

SUPPRESSIONS = Table(
    name="suppressions",
    doc="Why a customer must be left alone, wholly or on one channel.",
    grain=("customer", "kind", "channel", "since"),
    delivery="snapshot",
    known="known_at",
    tolerance=0.0,
    columns=(
        _CUSTOMER,
        _word("kind", "Which reason.", values=SUPPRESSION_KINDS),
        _word("channel", "Which channel it binds, or 'all'.", values=(*CHANNELS, "all")),
        Column(name="since", type="date", classification=Classification.SENSITIVE, doc="First day in force."),
        Column(
            name="until",
            type="date",
            classification=Classification.SENSITIVE,
            doc="Last day in force; null for good.",
            required=False,
        ),
        _KNOWN_AT,
    ),
)

CONTACTS = Table(
    name="contacts",
    doc="Contacts that other systems of the bank made; Longreach's own are in plan and outcomes.",
    grain=("contact",),
    delivery="events",
    happened="contacted_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("contact", "Number of the contact in the other system."),
        _CUSTOMER,
        _happened("contacted_at", "When."),
        _word("channel", "By which channel.", values=CHANNELS),
        _word("purpose", "What for.", values=("marketing", "service")),
        _word("product", "Product family it was about, if any.", values=PRODUCTS, required=False),
        _word("result", "What came back.", values=RESULTS),
        _KNOWN_AT,
    ),
)

COMPLAINTS = Table(
    name="complaints",
    doc="Complaints as opened.",
    grain=("complaint",),
    delivery="events",
    happened="opened_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("complaint", "Number of the complaint."),
        _CUSTOMER,
        _happened("opened_at", "When it was opened."),
        _word("topic", "What about.", values=("contact", "fee", "service", "product", "other")),
        _KNOWN_AT,
    ),
)

INBOUND_CALLS = Table(
    name="inbound_calls",
    doc="Calls that customers made to the bank.",
    grain=("call",),
    delivery="events",
    happened="occurred_at",
    known="known_at",
    tolerance=0.01,
    columns=(
        _id("call", "Number of the call."),
        _CUSTOMER,
        _happened("occurred_at", "When."),
        _word("intent", "What for.", values=("balance", "card", "loan", "complaint", "other")),
        _KNOWN_AT,
    ),
)

DELIVERED = (
    CUSTOMERS,
    BALANCES,
    TRANSACTIONS,
    OPENINGS,
    APP_EVENTS,
    CONSENTS,
    SUPPRESSIONS,
    CONTACTS,
    COMPLAINTS,
    INBOUND_CALLS,
)
