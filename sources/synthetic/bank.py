"""The synthetic bank: a made-up world that delivers extracts and answers contacts, its truth kept apart."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from base.errors import SourceError
from lake.tables.words import CHANNELS, PRODUCTS
from sources.source import Source
from sources.synthetic import events, money, standing
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Ints, day_number
from sources.synthetic.events import LATE_DAYS, SECONDS, Span
from sources.synthetic.identities import identities
from sources.synthetic.landing import keep, lay_down
from sources.synthetic.population import (
    PART,
    Population,
    customer_index,
    each_day,
    parts,
    population,
)
from sources.synthetic.response import (
    TIRING_DAYS,
    Contacts,
    expected_lift,
    respond,
    result_words,
)

PLANTED_WINDOW_DAYS = 7
"""The window for which the expected effect of a contact is written down; ``planted`` takes any other."""

_SHAPE_OF_WORLD = 1
"""Raised when the same settings would give other extracts than before."""


class SyntheticBank(Source):
    """A made-up bank of any size, grown from a seed: it delivers extracts and answers contact lists itself.

    What nobody in a real bank could know (kinds of customers, true effects) lies under ``world/truth`` of the
    home folder, away from the extracts.
    """

    name = "synthetic"

    @property
    def _truth(self) -> Path:
        return self.settings.home / "world" / "truth"

    def deliver(self, as_of: date) -> Path:
        """The whole history on the first night, then what became known on the day; snapshots are whole.

        Made only of the seed, the date and what was answered before; the same again gives the same bytes.
        """
        made = self.settings.synthetic
        if as_of < made.first_night:
            raise SourceError(
                f"the synthetic bank opens on {made.first_night}; ask for that date or a later one, not {as_of}, "
                "or set synthetic.first_night (LONGREACH_SYNTHETIC__FIRST_NIGHT)"
            )
        sizes = dict(parts(made.customers))
        return lay_down(
            self.settings.landing_folder / as_of.isoformat(),
            world=self._fingerprint(as_of),
            parts=sizes,
            extracts=lambda part: self._extracts(self._people(part, sizes[part]), as_of),
        )

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table:
        """What came of the contacts of night ``as_of``, worked on the day after; remembered for that day's news.

        Asking again with the same list changes nothing; with another list, the earlier answers are forgotten.
        """
        day = day_number(as_of) + 1
        index = customer_index(contacts["customer_no"])
        people = self._find(index)
        contacted = Contacts(
            day=day,
            product=_positions(PRODUCTS, contacts["kind"]),
            channel=_positions(CHANNELS, contacts["channel"]),
            hour=np.asarray(pc.fill_null(contacts["hour"], 12)).astype(np.int64),
            earlier=self._earlier(index, as_of),
        )
        answers = respond(people, contacted, effects=self.settings.synthetic.effects)
        kept = pa.table(
            {
                "contact": contacts["contact"],
                "index": index,
                "product": contacted.product,
                "second": answers.second + answers.seconds,
                "caused": answers.caused,
                "stifled": answers.stifled,
            }
        )
        keep(kept.sort_by("contact"), self._truth / "answers" / f"{as_of}.parquet")
        planted = pa.table(
            {
                "contact": contacts["contact"],
                "customer_no": contacts["customer_no"],
                "strategy": contacts["strategy"],
                "kind": contacts["kind"],
                "channel": contacts["channel"],
                "archetype": _archetypes(people),
                "base": answers.base,
                "tau": answers.tau,
                "expected_effect": expected_lift(answers.tau, answers.base, PLANTED_WINDOW_DAYS),
            }
        )
        keep(planted.sort_by("contact"), self._truth / "effects" / f"{as_of}.parquet")
        return pa.table(
            {
                "contact": contacts["contact"],
                "result": result_words(answers.result),
                "happened_at": pa.array((day * SECONDS + answers.second) * 1_000_000).cast(
                    pa.timestamp("us", tz="UTC")
                ),
                "seconds": pa.array(answers.seconds.astype(np.int32)),
            }
        )

    def truth(self) -> pa.Table:
        """customer_no and archetype of everybody."""
        made = self.settings.synthetic
        found = [self._people(part, size) for part, size in parts(made.customers)]
        return pa.concat_tables(
            pa.table({"customer_no": people.numbers, "archetype": _archetypes(people)}) for people in found
        )

    def planted(self, nights: Iterable[date], *, window_days: int = PLANTED_WINDOW_DAYS) -> pa.Table:
        """The true effect of every contact of those nights: as_of, contact, customer_no, strategy, kind, channel,
        archetype, base (chance a day unprompted), tau (added on the day) and expected_effect over the window.
        """
        found = []
        for as_of in nights:
            path = self._truth / "effects" / f"{as_of}.parquet"
            if path.exists():
                table = pq.read_table(path)
                found.append(table.add_column(0, "as_of", pa.array([as_of] * len(table), pa.date32())))
        if not found:
            raise SourceError("no contact list of those nights was answered yet; run the nights first")
        whole = pa.concat_tables(found)
        lift = expected_lift(whole["tau"].to_numpy(), whole["base"].to_numpy(), window_days)
        return whole.set_column(whole.schema.get_field_index("expected_effect"), "expected_effect", [lift])

    def _people(self, part: int, size: int) -> Population:
        made = self.settings.synthetic
        return population(size, seed=made.seed, part=part, today=made.first_night)

    def _find(self, index: Ints) -> Population:
        """The customers with these indices, in that order; only the parts they live in are drawn."""
        sizes = dict(parts(self.settings.synthetic.customers))
        if len(index) and not (0 <= index.min() and index.max() < self.settings.synthetic.customers):
            raise SourceError("the contact list names customers that the synthetic bank does not have")
        touched = np.unique(index // PART)
        if not len(touched):
            touched = np.array([0])
        drawn = [self._people(int(part), sizes[int(part)]) for part in touched]
        starts = np.concatenate([[0], np.cumsum([len(people) for people in drawn])])
        row = starts[np.searchsorted(touched, index // PART)] + index % PART
        return Population.joined(drawn).take(row)

    def _extracts(self, people: Population, as_of: date) -> dict[str, pa.Table]:
        made = self.settings.synthetic
        today = day_number(made.first_night)
        spans = [
            Span(start=day, days=1) for day in each_day(as_of - timedelta(days=LATE_DAYS), LATE_DAYS + 1)
        ]
        opening = as_of == made.first_night
        past = Span(
            start=made.first_night - timedelta(days=made.history_days - 1),
            days=made.history_days - LATE_DAYS - 1,
        )
        spans = [past, *spans] if opening else spans

        def news(tables: Iterable[pa.Table]) -> pa.Table:
            return _known_on(pa.concat_tables(tables, promote_options="permissive"), as_of, whole=opening)

        return {
            "customers": standing.customers(people, as_of=as_of),
            "identities": identities(people),
            "balances": news(
                money.balances(people, span=span, today=today, opening=span is past) for span in spans
            ),
            "transactions": news(
                events.transactions(people, span=span, per_year=made.transactions_per_customer)
                for span in spans
            ),
            "openings": news(
                events.openings(people, span=span) if span is past else self._openings(people, span)
                for span in spans
            ),
            "app_events": news(events.app_events(people, span=span) for span in spans),
            "consents": standing.consents(people, as_of=as_of),
            "suppressions": standing.suppressions(people, as_of=as_of, today=made.first_night),
            "contacts": news(standing.contacts(people, span=span) for span in spans),
            "complaints": news(events.complaints(people, span=span) for span in spans),
            "inbound_calls": news(events.inbound_calls(people, span=span) for span in spans),
        }

    def _openings(self, people: Population, span: Span) -> pa.Table:
        """Openings of one day: what is wanted, less what a contact put off, and what a contact caused."""
        wanted = events.wants(people, day=span.first)
        answered = self._answers(span.start - timedelta(days=1))
        row = answered["index"].to_numpy() - people.index[0]
        product = answered["product"].to_numpy()
        mine = (row >= 0) & (row < len(people))
        stifled = mine & answered["stifled"].to_numpy(zero_copy_only=False)
        caused = mine & answered["caused"].to_numpy(zero_copy_only=False)
        wanted[row[stifled], product[stifled]] = False
        day = np.full(len(people), span.first)
        at, what = np.nonzero(wanted)
        unprompted = events.taken_up(people, at, what, day[at], span=span)
        second = np.minimum(answered["second"].to_numpy()[caused] + 900, SECONDS - 1)
        prompted = events.taken_up(
            people, row[caused], product[caused], day[row[caused]], span=span, second=second
        )
        return pa.concat_tables([unprompted, prompted], promote_options="permissive")

    def _answers(self, as_of: date) -> pa.Table:
        path = self._truth / "answers" / f"{as_of}.parquet"
        return pq.read_table(path) if path.exists() else _NO_ANSWERS

    def _earlier(self, index: Ints, as_of: date) -> Ints:
        """How many contacts each had in the nights before ``as_of`` that still tire them."""
        before = each_day(as_of - timedelta(days=TIRING_DAYS), TIRING_DAYS)
        contacted = np.concatenate([self._answers(night)["index"].to_numpy() for night in before])
        found, counts = np.unique(contacted, return_counts=True)
        if not len(found):
            return np.zeros(len(index), dtype=np.int64)
        at = np.minimum(np.searchsorted(found, index), len(found) - 1)
        earlier: Ints = np.where(found[at] == index, counts[at], 0)
        return earlier

    def _fingerprint(self, as_of: date) -> str:
        """What the extracts of ``as_of`` are made from."""
        known = hashlib.sha256(f"{_SHAPE_OF_WORLD} {self.settings.synthetic.model_dump_json()}".encode())
        for night in each_day(as_of - timedelta(days=LATE_DAYS + 1), LATE_DAYS + 1):
            path = self._truth / "answers" / f"{night}.parquet"
            known.update(path.read_bytes() if path.exists() else b"-")
        return known.hexdigest()


_NO_ANSWERS = pa.table(
    {
        "contact": pa.array([], pa.string()),
        "index": pa.array([], pa.int64()),
        "product": pa.array([], pa.int64()),
        "second": pa.array([], pa.int64()),
        "caused": pa.array([], pa.bool_()),
        "stifled": pa.array([], pa.bool_()),
    }
)


def _known_on(table: pa.Table, as_of: date, *, whole: bool) -> pa.Table:
    """Rows that the bank learned of on ``as_of``; with ``whole``, also all that it knew before."""
    known = table["known_at"].cast(pa.int64())
    dawn = day_number(as_of) * SECONDS * 1_000_000
    seen = pc.less(known, dawn + SECONDS * 1_000_000)
    return table.filter(seen if whole else pc.and_(seen, pc.greater_equal(known, dawn)))


def _positions(words: tuple[str, ...], column: pa.ChunkedArray) -> Ints:
    at = pc.index_in(column, value_set=pa.array(words))
    if at.null_count:
        raise SourceError(
            f"the contact list has words other than {', '.join(words)} where one of these belongs"
        )
    return np.asarray(at).astype(np.int64)


def _archetypes(people: Population) -> pa.Array:
    return pa.array([kind.name for kind in ARCHETYPES]).take(pa.array(people.archetype))
