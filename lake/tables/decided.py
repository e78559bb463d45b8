"""What is decided in a night. The lists of night ``as_of`` are worked on the next day."""

from lake.table import Classification, Column, Table
from lake.tables.columns import ARM, CHANNEL, COST, CUSTOMER, HOUR, SEGMENT, STEP, STRATEGY, VALUE
from lake.tables.words import FATES, RECIPIENTS, RESULTS

CANDIDATES = Table(
    name="candidates",
    doc="Who could be contacted by what, and which policy rule forbids it.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        CUSTOMER,
        STRATEGY,
        STEP,
        CHANNEL,
        SEGMENT,
        ARM,
        VALUE,
        COST,
        HOUR,
        Column(
            name="dropped_by",
            type="string",
            classification=Classification.INTERNAL,
            doc="Name of the first policy rule that forbids the contact; null when none does.",
            required=False,
        ),
    ),
)

PLAN = Table(
    name="plan",
    doc="The fate of every candidate that policy lets through, and why.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        CUSTOMER,
        STRATEGY,
        STEP,
        CHANNEL,
        SEGMENT,
        ARM,
        VALUE,
        COST,
        HOUR,
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
        CUSTOMER,
        STRATEGY,
        Column(
            name="journey",
            type="int",
            classification=Classification.INTERNAL,
            doc="Which of the customer's journeys through the funnel it is, first is 1.",
            low=1,
        ),
        STEP,
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
    doc="Contacts that were decided and did not leave, and contacts held out that would not have left "
    "either.",
    grain=("customer", "strategy", "step"),
    delivery="derived",
    columns=(
        CUSTOMER,
        STRATEGY,
        STEP,
        CHANNEL,
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
        CUSTOMER,
        Column(
            name="recipient",
            type="string",
            classification=Classification.INTERNAL,
            doc="Who receives the row.",
            values=RECIPIENTS,
        ),
        STRATEGY,
        STEP,
        CHANNEL,
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
