"""Tries rules and strategies on the customers of the last night: nothing is written, nobody is contacted."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from base.settings import Experiments
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS
from outreach import coded
from outreach.dry_run.audience import FREE, Audience, Bytes, Floats, Ints
from outreach.dry_run.begun import may_not_begin
from outreach.dry_run.competition import Contacts, compete, net_values
from outreach.dry_run.losses import TouchPolicy, touch_policy, verdict
from outreach.dry_run.market import Market
from outreach.dry_run.profile import InSegment, Trait, in_segments, traits
from outreach.dry_run.selection import Bits, Book, Counts, places, select, shared
from outreach.dry_run.sensitivity import (
    Sensitivity,
    base_rate,
    rate_of_openings,
    sensitivity,
    smallest_lift,
)
from outreach.dry_run.shares import Shares, shares, taking_part
from strategies.candidates import ANSWERED_CHANNELS, USUAL_ANSWERED_SHARE
from strategies.document import Strategy
from strategies.experiment import Experiment
from strategies.rule import Rule, parse

USUAL_WINDOW_DAYS = 7
"""The window for which a bare rule, which has no goal, is told its rates."""

# Of all kinds the one that asks least of a customer; a rule has none of its own.
_PLAINEST_KIND = PRODUCTS[0]
_NO_STRATEGY = ""
_OVERLAPS = 20


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Customers that a live strategy selects too; ``of_theirs``: as a share of all whom that one selects."""

    strategy: str
    title: str
    customers: int | None
    of_these: float | None
    of_theirs: float | None


@dataclass(frozen=True, kw_only=True)
class TakeUp:
    """Who of the selected took a product up unasked, as the share in ``USUAL_WINDOW_DAYS``, and of all.

    ``lift``: the smallest that an experiment on all the selected could show, held out as usual.
    """

    product: str
    rate: float | None
    everybody: float | None
    lift: float | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a dry run found. ``strategy`` and what follows from a goal and limits are None for a bare rule.

    ``customers``: all long-tail customers; ``begun``: of the selected, who may not begin the strategy again.
    ``planned``: of the selected, whom another strategy's contact was chosen for on the night.
    ``overlapping``: how many live strategies select some of them too; ``overlaps``: those that share most
    customers, most first.
    """

    as_of: str
    rule: str
    strategy: str | None
    title: str | None
    customers: int
    selected: int | None
    begun: int | None
    planned: int | None
    segments: tuple[InSegment, ...]
    traits: tuple[Trait, ...]
    touches: tuple[TouchPolicy, ...]
    overlapping: int
    overlaps: tuple[Overlap, ...]
    take_up: tuple[TakeUp, ...]
    contacts: Contacts | None
    experiment: Sensitivity | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """Everything a dry run looks at, in memory.

    ``market``: the night's rooms and prices; ``begun``: journeys begun with a contact so far, by strategy, to
    which caps are compared; ``costs``: yuan a contact; ``held_out_rates``: the share of
    held-out customers who converted, by strategy or kind, where that is known; ``segment_names``: what people
    call each segment; ``stopped``: strategies switched off.
    """

    audience: Audience
    book: Book
    market: Market
    begun: Mapping[str, int]
    costs: Mapping[str, float]
    experiments: Experiments
    held_out_rates: Mapping[str, float]
    segment_names: Mapping[str, str]
    stopped: Collection[str]

    def rule(self, rule: Rule) -> Found:
        """What a bare rule selects."""
        bits = select([rule], self.audience)[0]
        selected = places(bits, len(self.audience))
        touches = [
            touch_policy(
                self._verdict(selected, _NO_STRATEGY, channel, _PLAINEST_KIND), step=1, channel=channel
            )
            for channel in CHANNELS
        ]
        return self._found(
            rule.text, bits, selected, touches=touches, take_up=self._take_up(selected), notes=_consents(rule)
        )

    def strategy(self, document: Strategy) -> Found:
        """What a strategy would do, as if it ran the day after ``as_of`` with the live book as it is."""
        bits = select([parse(document.who, FEATURES)], self.audience)[0]
        selected = places(bits, len(self.audience))
        begun = may_not_begin(self.audience.touches.get(document.name), document, as_of=self.audience.as_of)
        may_begin = np.setdiff1d(selected, begun, assume_unique=True)
        asked = taking_part(may_begin, document=document)
        parted = shares(document, asked, segment=self.audience.segment, settings=self.experiments)
        verdicts = [
            self._verdict(asked, document.name, touch.channel, document.kind) for touch in document.funnel
        ]
        touches = [
            touch_policy(found, step=step, channel=touch.channel)
            for step, (found, touch) in enumerate(zip(verdicts, document.funnel, strict=True), start=1)
        ]
        allowed = asked[verdicts[0] == FREE]
        reach = self._reach(document.funnel[0].channel, allowed)
        contacts = self._compete(document, allowed, reach, parted)
        return self._found(
            document.who,
            bits,
            selected,
            document=document,
            begun=len(selected) - len(may_begin),
            touches=touches,
            contacts=contacts,
            experiment=self._experiment(document, selected, reach, contacts, parted),
            notes=self._notes(document),
        )

    def _verdict(self, asked: Ints, strategy: str, channel: str, kind: str) -> Bytes:
        return verdict(
            self.audience,
            asked,
            channel=channel,
            kind=kind,
            strategy=strategy,
            switched_off=strategy in self.stopped,
        )

    def _found(
        self,
        rule: str,
        bits: Bits,
        selected: Ints,
        *,
        touches: Sequence[TouchPolicy],
        document: Strategy | None = None,
        begun: int | None = None,
        take_up: Iterable[TakeUp] = (),
        contacts: Contacts | None = None,
        experiment: Sensitivity | None = None,
        notes: Iterable[str] = (),
    ) -> Found:
        name = document.name if document else _NO_STRATEGY
        planned = self.audience.planned.strategy
        common = self._common(bits, but=name)
        overlapping = np.argsort(-common, kind="stable")[: np.count_nonzero(common)]
        by_others = (planned.codes[selected] >= 0) & (planned.codes[selected] != planned.code(name))
        return Found(
            as_of=self.audience.as_of.isoformat(),
            rule=rule,
            strategy=document.name if document else None,
            title=document.title if document else None,
            customers=len(self.audience),
            selected=len(selected),
            begun=begun,
            planned=int(by_others.sum()),
            segments=in_segments(selected, self.audience, names=self.segment_names),
            traits=traits(selected, self.audience) if len(selected) else (),
            touches=tuple(touches),
            overlapping=len(overlapping),
            overlaps=tuple(
                self._overlap(at, int(common[at]), selected=len(selected)) for at in overlapping[:_OVERLAPS]
            ),
            take_up=tuple(take_up),
            contacts=contacts,
            experiment=experiment,
            notes=tuple(notes),
        )

    def _common(self, bits: Bits, *, but: str) -> Counts:
        """How many of the selected each live strategy selects too, itself left out."""
        common = shared(self.book.bits, bits)
        common[[strategy.name == but for strategy in self.book.strategies]] = 0
        return common

    def _overlap(self, at: int, customers: int, *, selected: int) -> Overlap:
        strategy = self.book.strategies[at]
        return Overlap(
            strategy=strategy.name,
            title=strategy.title,
            customers=customers,
            of_these=customers / selected,
            of_theirs=customers / int(self.book.customers[at]),
        )

    def _reach(self, channel: str, allowed: Ints) -> Floats:
        """The share of contacts by the channel that reach each customer."""
        if channel not in ANSWERED_CHANNELS:
            return np.ones(len(allowed))
        return np.nan_to_num(self.audience.values("answered_share_365d", allowed), nan=USUAL_ANSWERED_SHARE)

    def _compete(self, document: Strategy, allowed: Ints, reach: Floats, parted: Shares) -> Contacts:
        channel = document.funnel[0].channel
        cost = self.costs[channel]
        net = net_values(document, cost=cost, reach=reach)
        segment = self.audience.segment
        left = self.market.left(
            net,
            document,
            cost=cost,
            segment=coded.Words(codes=segment.codes[allowed].astype(np.int64), words=segment.words),
            hour=self.audience.hour[allowed].astype(np.int64),
        )
        return compete(
            allowed,
            net,
            left,
            self.audience,
            document,
            room=self.market.room(channel),
            limit=int(
                min(document.limits.per_night, self._beginnings(document), self.market.led_to(document))
            ),
            treated_share=parted.treated,
        )

    def _beginnings(self, document: Strategy) -> float:
        """How many more journeys may begin with a contact."""
        cap = document.caps.total
        return math.inf if cap is None else max(0, cap - self.begun.get(document.name, 0))

    def _experiment(
        self, document: Strategy, selected: Ints, reach: Floats, contacts: Contacts, parted: Shares
    ) -> Sensitivity:
        product, window = document.goal.product, document.goal.window_days
        seen = self.held_out_rates.get(document.name) or self.held_out_rates.get(product)
        reached = float(reach.mean()) if len(reach) else 0.0
        most = self._beginnings(document) / parted.treated
        return sensitivity(
            base=base_rate(
                seen=seen,
                among_selected=self._rate(product, selected, window),
                among_all=self._rate(product, None, window),
                product=product,
            ),
            treated_share=1 - parted.held_out,
            window_days=window,
            a_night=math.floor((contacts.exposed or 0) * parted.free),
            pool=math.ceil(min(contacts.worth_it or 0, most) * parted.free),
            goal=document.funnel[0].expected_lift * reached,
        )

    def _rate(self, product: str, among: Ints | None, window_days: int) -> float | None:
        """At what rate the customers ``among`` (None: all) open the product; None if that is not known."""
        opened = self.audience.opened[product] if among is None else self.audience.opened[product][among]
        return rate_of_openings(opened=int(opened.sum()), customers=len(opened), window_days=window_days)

    def _take_up(self, selected: Ints) -> Iterator[TakeUp]:
        held_out = Experiment().holdout
        for product in PRODUCTS:
            rate = self._rate(product, selected, USUAL_WINDOW_DAYS)
            of_all = self._rate(product, None, USUAL_WINDOW_DAYS)
            base = rate or of_all
            lift = smallest_lift(len(selected), held_out=held_out, base=base) if base else None
            yield TakeUp(product=product, rate=rate, everybody=of_all, lift=lift)

    def _notes(self, document: Strategy) -> Iterator[str]:
        day = self.audience.as_of + timedelta(days=1)
        if not document.runs_on(day):
            yield (
                f"it is not in force on {day} ({document.valid.start} to {document.valid.end}); "
                "figures are as if it were"
            )
        enrolled = document.experiment.enrolled_share
        if enrolled < 1:
            yield f"ramp and layer let {enrolled:.0%} take part; figures are of as many, evenly chosen"
        if document.name in self.stopped:
            yield "it is switched off, so policy lets nobody through"
        if not self.audience.planned.treated.any():
            yield f"no contacts were planned on {self.audience.as_of}, so nothing competes with it"


def _consents(rule: Rule) -> Iterator[str]:
    for name in sorted(rule.names):
        permitted = FEATURES[name].channels
        if set(permitted) != set(CHANNELS):
            yield f"{name} may choose customers for {', '.join(permitted)} only"
