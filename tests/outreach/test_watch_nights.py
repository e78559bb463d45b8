"""A night against its own past: stable series stay silent, what doubles is seen, and a channel is stopped."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from outreach.stops import read_stops, throw_switch
from outreach.watch.alerts import alerts, kinds
from outreach.watch.nights import MEASURES, watch_night
from outreach.watch.page import PAGE, render
from outreach.watch.past import LEAST_NIGHTS, Night, length_departure, rate_departure

FIRST = date(2026, 7, 1)
DAYS = itertools.count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("nights") / "home")) as opened:
        yield opened


@pytest.fixture
def start(shared: Ledger) -> date:
    """A date long after what other tests have counted."""
    return FIRST + timedelta(days=1_000 * next(DAYS))


@pytest.fixture
def ledger(shared: Ledger) -> Iterator[Ledger]:
    """The shared ledger, everything running again afterwards."""
    yield shared
    with shared.engine.connect() as connection:
        stopped = read_stops(connection).channels
    for channel in stopped:
        let_go_on(shared, channel)


def let_go_on(ledger: Ledger, channel: str) -> None:
    throw_switch(ledger, "channel", channel, stopped=False, actor="周立成", reason="已核实")


def stopped(ledger: Ledger) -> tuple[str, ...]:
    with ledger.engine.connect() as connection:
        return read_stops(connection).channels


def quiet_weeks(ledger: Ledger, measure: str, *, start: date, channel: str, hits: int, total: int) -> date:
    """Four weeks that are alike; the date after them."""
    rng = np.random.default_rng(11)
    for day in range(28):
        seen = (
            int(rng.binomial(total, hits / total))
            if total
            else hits + int(rng.integers(-hits // 20, hits // 20))
        )
        counts = {channel: Night(hits=seen, total=total)}
        assert watch_night(ledger, measure, counts, as_of=start + timedelta(days=day)) == {}
    return start + timedelta(days=28)


def series(rng: np.random.Generator, rate: float, size: int, *, spread: float) -> list[Night]:
    """Five weeks of a stable rate, which nights differ in beyond chance by ``spread``."""
    sizes = (size * np.exp(rng.normal(0, 0.2, 35))).astype(int)
    rates = rng.beta(rate / spread, (1 - rate) / spread, 35)
    return [Night(hits=int(rng.binomial(n, p)), total=int(n)) for n, p in zip(sizes, rates, strict=True)]


@pytest.mark.parametrize(
    ("rate", "size", "spread"), [(0.004, 2_000, 5e-5), (0.03, 2_000, 1e-3), (0.35, 800, 5e-3)]
)
def test_stable_rates_alarm_less_than_once_a_month(rate: float, size: int, spread: float) -> None:
    rng, nights, alarms = np.random.default_rng(5), 0, 0
    for _ in range(40):
        stable = series(rng, rate, size, spread=spread)
        for night in range(28, 35):
            nights += 1
            alarms += rate_departure(stable[night], stable[:night][-28:]) is not None
    assert alarms / nights < 1 / 30


@pytest.mark.parametrize(
    ("rate", "size", "spread", "times"),
    [(0.03, 2_000, 1e-4, 2.0), (0.004, 5_000, 2e-5, 4.0), (0.35, 800, 1e-3, 0.5)],
)
def test_what_doubles_or_halves_in_a_night_is_seen(
    rate: float, size: int, spread: float, times: float
) -> None:
    rng, seen = np.random.default_rng(6), 0
    for _ in range(40):
        past = series(rng, rate, size, spread=spread)[:28]
        tonight = Night(hits=int(rng.binomial(size, rate * times)), total=size)
        found = rate_departure(tonight, past)
        seen += found is not None and found.side == ("up" if times > 1 else "down")
    assert seen >= 32


def test_what_is_too_rare_for_one_night_shows_in_a_week() -> None:
    rng, in_a_night, in_a_week = np.random.default_rng(8), 0, 0
    for _ in range(40):
        past = series(rng, 0.002, 4_000, spread=1e-6)[:28]
        doubled = [Night(hits=int(rng.binomial(4_000, 0.004)), total=4_000) for _ in range(7)]
        in_a_night += rate_departure(doubled[0], past) is not None
        in_a_week += rate_departure(doubled[-1], [*past, *doubled[:-1]]) is not None
    assert in_a_week >= 24 > in_a_night


def test_lists_that_vary_stay_silent_and_one_of_three_times_the_length_does_not() -> None:
    rng, alarms, seen = np.random.default_rng(9), 0, 0
    for _ in range(300):
        lengths = [Night(hits=int(n)) for n in 1_000 * np.exp(rng.normal(0, 0.1, 29))]
        alarms += length_departure(lengths[-1], lengths[:-1]) is not None
        seen += length_departure(Night(hits=3_000), lengths[:-1]) is not None
    assert (alarms, seen) == (0, 300)


def test_one_wild_night_does_not_hide_the_next() -> None:
    past = [Night(hits=20, total=1_000)] * 27 + [Night(hits=400, total=1_000)]
    assert rate_departure(Night(hits=400, total=1_000), past) is not None
    assert length_departure(Night(hits=9_000), [Night(hits=1_000)] * 27 + [Night(hits=9_000)]) is not None


@pytest.mark.parametrize("nights", [0, 1, LEAST_NIGHTS - 1])
def test_with_too_few_nights_nothing_is_said(nights: int) -> None:
    assert rate_departure(Night(hits=900, total=1_000), [Night(hits=1, total=1_000)] * nights) is None
    assert length_departure(Night(hits=90_000), [Night(hits=10)] * nights) is None


def test_nights_without_anybody_are_no_departure() -> None:
    assert rate_departure(Night(hits=0, total=0), [Night(hits=0, total=0)] * 28) is None
    assert rate_departure(Night(hits=0, total=500), [Night(hits=0, total=500)] * 28) is None
    assert length_departure(Night(hits=0), [Night(hits=0)] * 28) is None


def test_every_measure_has_its_alarm() -> None:
    assert set(MEASURES) <= set(kinds())


@pytest.mark.parametrize(
    ("measure", "hits", "tonight"),
    [("complaint_rate", 8, 60), ("drop_rate", 20, 300), ("pick_up_rate", 800, 300)],
)
def test_a_channel_that_goes_wrong_is_stopped_with_its_numbers(
    ledger: Ledger, start: date, measure: str, hits: int, tonight: int
) -> None:
    as_of = quiet_weeks(ledger, measure, start=start, channel="ai_call", hits=hits, total=2_000)
    for _ in range(2):  # the night is run again
        watch_night(ledger, measure, {"ai_call": Night(hits=tonight, total=2_000)}, as_of=as_of)
    assert stopped(ledger) == ("ai_call",)
    line = trail(ledger, action="channel stopped", subject="ai_call", last=1)[0]
    assert (line["actor"], line["detail"]["measure"]) == ("watch", measure)
    assert line["detail"]["seen"] == tonight / 2_000
    assert [one["subject"] for one in alerts(ledger, kind=measure, last=1)] == [f"ai_call {as_of}"]


def test_what_gets_better_stops_nothing(ledger: Ledger, start: date) -> None:
    for measure, hits, better in (("complaint_rate", 60, 2), ("pick_up_rate", 400, 1_200)):
        as_of = quiet_weeks(ledger, measure, start=start, channel="push", hits=hits, total=2_000)
        watch_night(ledger, measure, {"push": Night(hits=better, total=2_000)}, as_of=as_of)
    assert stopped(ledger) == ()


def test_a_list_far_too_long_alarms_and_leaves_the_channel_running(ledger: Ledger, start: date) -> None:
    as_of = quiet_weeks(ledger, "list_size", start=start, channel="sms", hits=1_000, total=0)
    found = watch_night(ledger, "list_size", {"sms": Night(hits=5_000)}, as_of=as_of)
    assert found["sms"].side == "up"
    assert stopped(ledger) == ()


def test_whoever_lets_a_channel_go_on_has_the_last_word_until_it_gets_worse(
    ledger: Ledger, start: date
) -> None:
    as_of = quiet_weeks(ledger, "complaint_rate", start=start, channel="sms", hits=8, total=2_000)
    watch_night(ledger, "complaint_rate", {"sms": Night(hits=60, total=2_000)}, as_of=as_of)
    let_go_on(ledger, "sms")
    for day, hits, stops in ((0, 60, ()), (1, 62, ()), (2, 90, ("sms",))):
        counts = {"sms": Night(hits=hits, total=2_000)}
        watch_night(ledger, "complaint_rate", counts, as_of=as_of + timedelta(days=day))
        assert stopped(ledger) == stops


def test_a_channel_that_people_stopped_themselves_stays_theirs(ledger: Ledger, start: date) -> None:
    as_of = quiet_weeks(ledger, "complaint_rate", start=start, channel="push", hits=8, total=2_000)
    throw_switch(ledger, "channel", "push", stopped=True, actor="周立成", reason="维护")
    watch_night(ledger, "complaint_rate", {"push": Night(hits=90, total=2_000)}, as_of=as_of)
    assert trail(ledger, action="channel stopped", subject="push", last=1)[0]["actor"] == "周立成"


def test_the_page_of_the_alerts_is_current() -> None:
    page = Path(__file__).parents[2] / PAGE
    assert page.read_text(encoding="utf-8") == render(), "run: python -m outreach.watch.page"
