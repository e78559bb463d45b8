"""The synthetic bank: a made-up world that delivers extracts and answers contacts, its truth kept apart."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import SourceError
from base.settings import Settings
from lake.tables.words import CHANNELS, PRODUCTS
from sources.source import Source
from sources.synthetic import activity, openings, standing
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.balances import balances
from sources.synthetic.draws import Ints, day_number, each_day
from sources.synthetic.extracts import LATE_DAYS, SECONDS, Span
from sources.synthetic.identities import identities
from sources.synthetic.landing import lay_down
from sources.synthetic.population import PART, Population, customer_index, parts, population
from sources.synthetic.response import TIRING_DAYS, Contacts, respond, result_words
from sources.synthetic.standing import COMPLAINT_OPEN_DAYS, Complained
from sources.synthetic.transactions import transactions
from sources.synthetic.truth import PLANTED_WINDOW_DAYS, Truth

_EDITION = 2
"""Raised when the same settings come to make other extracts than before, so that old ones are replaced."""

_USUAL_HOUR = 12


class SyntheticBank(Source):
    """A made-up bank of any size, grown from a seed: it delivers extracts and answers contact lists itself.

    What nobody in a real bank could know (kinds of customers, true effects) lies under ``world/truth`` of the
    home folder, away from the extracts.
    """

    name = "synthetic"
    by_calendar = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._made = settings.synthetic
        self._sizes = dict(parts(self._made.customers))
        self._truth = Truth(settings.home / "world" / "truth")

    def deliver(self, as_of: date) -> Path:
        """The whole history on the first night, then what became known on the day; snapshots are whole.

        Made only of the seed, the date and what was answered before; the same again gives the same bytes.
        Raises SourceError for a date before the first night, and where the extracts cannot be written.
        """
        if as_of < self._made.first_night:
            raise SourceError(
                f"the synthetic bank opens on {self._made.first_night}; ask for that date or a later one, "
                f"not {as_of}, or set synthetic.first_night (LONGREACH_SYNTHETIC__FIRST_NIGHT)"
            )
        complained = self._complained(as_of)
        return lay_down(
            self.settings.landing_folder / as_of.isoformat(),
            world=self._fingerprint(as_of),
            parts=self._sizes,
            extracts=lambda part: self._extracts(self._people(part), as_of, complained),
        )

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table:
        """What came of the contacts of night ``as_of``, worked the day after; that day's news will show it.

        Asking again with the same list changes nothing; with another, the earlier answers are forgotten.
        Raises SourceError for customers, products or channels that this world does not have.
        """
        day = day_number(as_of) + 1
        index = customer_index(contacts["customer_no"])
        people = self._find(index)
        before = each_day(as_of - timedelta(days=TIRING_DAYS), TIRING_DAYS)
        contacted = Contacts(
            day=day,
            product=_positions(PRODUCTS, contacts["kind"]),
            channel=_positions(CHANNELS, contacts["channel"]),
            hour=np.asarray(pc.fill_null(contacts["hour"], _USUAL_HOUR)).astype(np.int64),
            earlier=self._truth.earlier(index, before),
        )
        answers = respond(people, contacted, effects=self._made.effects)
        self._truth.remember(as_of, index=index, contacts=contacted, answers=answers)
        self._truth.plant(as_of, contacts, archetype=_archetypes(people), answers=answers)
        happened = pa.array((day * SECONDS + answers.second) * 1_000_000)
        return pa.table(
            {
                "contact": contacts["contact"],
                "result": result_words(answers.result),
                "happened_at": happened.cast(pa.timestamp("us", tz="UTC")),
                "seconds": pa.array(answers.seconds.astype(np.int32)),
            }
        )

    def truth(self) -> pa.Table:
        """customer_no and archetype of everybody."""
        found = (self._people(part) for part in self._sizes)
        return pa.concat_tables(
            pa.table({"customer_no": people.numbers, "archetype": _archetypes(people)}) for people in found
        )

    def planted(self, nights: Iterable[date], *, window_days: int = PLANTED_WINDOW_DAYS) -> pa.Table:
        """The true effect of every contact of those nights; see ``Truth.planted``."""
        return self._truth.planted(nights, window_days=window_days)

    def _people(self, part: int) -> Population:
        return population(self._sizes[part], seed=self._made.seed, part=part, today=self._made.first_night)

    def _find(self, index: Ints) -> Population:
        """The customers with these indices, in that order; only the parts they live in are drawn."""
        if not ((index >= 0) & (index < self._made.customers)).all():
            raise SourceError("the contact list names customers that the synthetic bank does not have")
        touched = np.unique(np.append(index // PART, 0))
        drawn = [self._people(int(part)) for part in touched]
        starts = np.cumsum([0, *(len(people) for people in drawn)])
        return Population.joined(drawn).take(starts[np.searchsorted(touched, index // PART)] + index % PART)

    def _extracts(self, people: Population, as_of: date, complained: Complained) -> dict[str, pa.Table]:
        opening, today = as_of == self._made.first_night, day_number(self._made.first_night)
        days = [Span(start=day, days=1) for day in each_day(as_of - timedelta(days=LATE_DAYS), LATE_DAYS + 1)]
        long_ago = self._made.first_night - timedelta(days=self._made.history_days - 1)
        past = Span(start=long_ago, days=self._made.history_days - len(days))

        def news(make: Callable[..., pa.Table], make_past: Callable[..., pa.Table] | None = None) -> pa.Table:
            tables = [make(people, span=span) for span in days]
            if opening:
                tables.append((make_past or make)(people, span=past))
            return _known_on(pa.concat_tables(tables), as_of, whole=opening)

        return {
            "customers": standing.customers(people, as_of=as_of),
            "identities": identities(people),
            "balances": news(partial(balances, today=today), partial(balances, today=today, opening=True)),
            "transactions": news(partial(transactions, per_year=self._made.transactions_per_customer)),
            "openings": news(self._openings, openings.openings),
            "app_events": news(activity.app_events),
            "consents": standing.consents(people, as_of=as_of),
            "suppressions": standing.suppressions(
                people, complained, as_of=as_of, today=self._made.first_night
            ),
            "contacts": news(activity.contacts),
            "complaints": news(self._complaints, activity.complaints),
            "inbound_calls": news(activity.inbound_calls),
        }

    def _openings(self, people: Population, *, span: Span) -> pa.Table:
        """Openings of one day: what is wanted, less what a contact put off, and what a contact caused."""
        wanted = openings.wants(people, day=span.first)
        answered = self._answered(people, span)
        row, product, second = (answered[name].to_numpy() for name in ("index", "product", "second"))
        caused, stifled = (np.asarray(answered[name]) for name in ("caused", "stifled"))
        row = row - people.index[0]
        wanted[row[stifled], product[stifled]] = False
        return pa.concat_tables(
            [
                openings.unprompted(people, wanted=wanted, span=span),
                openings.prompted(
                    people, row[caused], product[caused], _soon_after(second[caused]), span=span
                ),
            ]
        )

    def _complaints(self, people: Population, *, span: Span) -> pa.Table:
        """Complaints of one day, those about its contacts among them."""
        answered = self._answered(people, span)
        answered = answered.filter(answered["complained"])
        row, second = (answered[name].to_numpy() for name in ("index", "second"))
        row, soon = row - people.index[0], _soon_after(second)
        about = activity.complaints_about_contacts(people, row, soon, span=span)
        return pa.concat_tables([activity.complaints(people, span=span), about])

    def _answered(self, people: Population, span: Span) -> pa.Table:
        """What was answered on the span's one day by these people."""
        answered = self._truth.answers(span.start - timedelta(days=1))
        return answered.filter(pc.equal(pc.divide(answered["index"], PART), people.index[0] // PART))

    def _complained(self, as_of: date) -> Complained:
        """Who complained of a contact so lately that the complaint is still open, and when."""
        nights = each_day(as_of - timedelta(days=COMPLAINT_OPEN_DAYS), COMPLAINT_OPEN_DAYS)
        found = [self._truth.answers(night) for night in nights]
        index = [answered.filter(answered["complained"])["index"].to_numpy() for answered in found]
        days = [np.full(len(who), day_number(night) + 1) for who, night in zip(index, nights, strict=True)]
        return Complained(index=np.concatenate(index), day=np.concatenate(days))

    def _fingerprint(self, as_of: date) -> str:
        """What the extracts of ``as_of`` are made from."""
        made = hashlib.sha256(f"{_EDITION} {self._made.model_dump_json()}".encode())
        for night in each_day(as_of - timedelta(days=COMPLAINT_OPEN_DAYS), COMPLAINT_OPEN_DAYS):
            made.update(self._truth.fingerprint(night))
        return made.hexdigest()


def _known_on(table: pa.Table, as_of: date, *, whole: bool) -> pa.Table:
    """Rows that the bank learned of on ``as_of``; with ``whole``, also all that it knew before."""
    known = table["known_at"].cast(pa.int64())
    dawn = day_number(as_of) * SECONDS * 1_000_000
    seen = pc.less(known, dawn + SECONDS * 1_000_000)
    return table.filter(seen if whole else pc.and_(seen, pc.greater_equal(known, dawn)))


def _soon_after(second: Ints) -> Ints:
    """A quarter of an hour later, on the same day."""
    return np.minimum(second + 900, SECONDS - 1)


def _positions(words: tuple[str, ...], column: pa.ChunkedArray) -> Ints:
    at = pc.index_in(column, value_set=pa.array(words))
    if at.null_count:
        raise SourceError(f"the contact list has a word that is none of {', '.join(words)}; mend the list")
    return np.asarray(at).astype(np.int64)


def _archetypes(people: Population) -> pa.Array:
    return pa.array([kind.name for kind in ARCHETYPES]).take(pa.array(people.archetype))
