"""People against whose contact nothing speaks, to be given one reason each."""

from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from base.settings import Contact
from lake.tables.words import CHANNELS, PRODUCTS
from tests.truth.house_policy import house_verdicts
from tests.truth.person_states import MARKETING, NEVER, STEPS, STRATEGIES, People, Slots, Touches

DAY = date(2026, 8, 31)
CONTACT = Contact.model_validate({})


def plain_people(
    people: int, *, channel: str = "sms", kind: str = "deposit", personal: bool = True
) -> People:
    """So many born in 1990, each with a mobile of their own, the app, and consent; a place each for more.

    ``personal``: whether the strategies chose them by anything that is known of them.
    """
    shape = (STRATEGIES, STEPS)
    touches = Touches(
        channel=np.full(shape, CHANNELS.index(channel)),
        kind=np.full(shape, PRODUCTS.index(kind)),
        marketing_number=np.ones(shape, bool),
        switched_off=np.zeros(shape, bool),
        personal=np.full(shape, personal),
        valid_from=np.full(shape, -90),
        valid_until=np.full(shape, 90),
    )
    usual = {"born_year": 1990, "born_month": 1, "risk": 5, "has_app": 1, "hour": 10}
    flat = {name: np.full(people, usual.get(name, 0), np.int64) for name in _INTS}
    consents = _slots(
        people,
        channel=CHANNELS.index(channel),
        purpose=MARKETING,
        granted=1,
        valid_from=-400,
        valid_until=NEVER,
        known_on=-400,
        minute=0,
    )
    consents.here[:] = True
    return People(
        **flat | {"number": np.arange(people), "person": np.full(people, NEVER)},
        day=DAY,
        touches=touches,
        registered=np.ones(people, bool),
        has_number_row=np.ones(people, bool),
        consents=consents,
        suppressions=_slots(people, kind=0, channel=0, since=-1, until=NEVER, known_on=-1),
        opt_outs=_slots(people, by=1, channel=0),
        contacts=_slots(people, channel=0, purpose=MARKETING, result=3, on=0, minute=720),
        outcomes=_slots(people, channel=0, result=0, on=-1, strategy=0),
        plan=_slots(people, channel=0, fate=0, on=-1, strategy=1, step=0),
        assignments=_slots(people, strategy=0, first=-1, window=7),
        begun_again=_slots(people, strategy=0, first=-1, window=7),
        journeys=_slots(people, strategy=0, last=1),
    )


def happens(slots: Slots, person: int, **words: int) -> None:
    """Fills a person's next free place."""
    place = int(np.flatnonzero(~slots.here[person])[0])
    for name, value in words.items():
        slots.words[name][person, place] = value
    slots.here[person, place] = True


def verdicts(engine: SparkSession, people: People, *, contact: Contact = CONTACT) -> list[str | None]:
    """What policy says of each person's candidate."""
    return house_verdicts(engine, people, contact=contact)


_PLACES = 4
_INTS = [field.name for field in fields(People) if field.type == "Ints" or "int64" in str(field.type)]


def _slots(people: int, **words: Any) -> Slots:
    shape = (people, _PLACES)
    return Slots(np.zeros(shape, bool), {name: np.full(shape, value) for name, value in words.items()})
