"""What a dry run says of the experiment: who takes part, base rate, and when it shows its goal."""

import numpy as np
import pytest

from base.settings import Experiments, Holdout
from experiments.design import detectable_lift, power
from outreach.dry_run.audience import Audience
from outreach.dry_run.sensitivity import Base, base_rate, rate_of_openings, sensitivity
from outreach.dry_run.shares import shares
from strategies.document import Strategy
from tests.outreach.dry_run_world import audience_of, dry_run_of, own, people


@pytest.fixture(scope="module")
def some() -> Audience:
    return audience_of(people())


def test_openings_are_spread_evenly_over_the_days() -> None:
    assert rate_of_openings(opened=300, customers=1_000, window_days=90) == pytest.approx(0.3)
    assert rate_of_openings(opened=300, customers=1_000, window_days=45) == pytest.approx(1 - 0.7**0.5)
    assert rate_of_openings(opened=9, customers=1_000, window_days=45) is None


def test_the_best_known_base_rate_is_taken_and_named() -> None:
    told = [
        base_rate(seen=seen, among_selected=selected, among_all=everybody, product="fund")
        for seen, selected, everybody in (
            (0.03, 0.02, 0.01),
            (None, 0.02, 0.01),
            (None, None, 0.01),
            (None, None, None),
        )
    ]
    assert [base.rate for base in told[:3]] == [0.03, 0.02, 0.01]
    assert len({base.words for base in told}) == 4


def test_an_experiment_shows_its_goal_after_as_many_days_as_it_says() -> None:
    base = Base(rate=0.02, words="")
    found = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=400, pool=20_000, goal=0.012)
    assert found.goal_customers is not None
    assert found.goal_days == -(-found.goal_customers // 400) + 5
    assert power(found.goal_customers, holdout=0.2, base=0.02, lift=0.012) >= 0.8
    assert [row.nights for row in found.after] == [1, 3, 7, 14, 30, 50]
    for row in found.after:
        assert (row.days, row.customers) == (row.nights + 5, 400 * row.nights)
        assert row.lift == pytest.approx(detectable_lift(row.customers, holdout=0.2, base=0.02))
    small = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=400, pool=600, goal=0.012)
    assert (small.goal_customers, small.goal_days) == (found.goal_customers, None)
    nobody = sensitivity(base=base, treated_share=0.8, window_days=5, a_night=0, pool=600, goal=0.012)
    assert (nobody.after, nobody.goal_days) == ((), None)


def test_a_cap_on_beginnings_bounds_contacts_and_experiment(some: Audience) -> None:
    capped = own("deposit_county_fixed", who="age >= 0").model_copy(
        update={"caps": own("deposit_county_fixed").caps.model_copy(update={"total": 7})}
    )
    found = dry_run_of(some).strategy(capped)
    assert found.contacts is not None
    assert found.experiment is not None
    assert found.contacts.contacts == found.contacts.limit == 7
    assert found.experiment.pool == 9  # of whom 7 are treated


def _parted(**changes: object) -> Strategy:
    plain = own("deposit_county_fixed", who="age >= 0")
    document = plain.model_dump(exclude={"experiment"}) | {"tags": ("quiet",)}
    return Strategy.model_validate(document | {"experiment": {"holdout": 0.2} | changes})


def test_as_many_take_part_as_ramp_and_layer_let_in(some: Audience) -> None:
    dry_run = dry_run_of(some)
    whole = dry_run.strategy(_parted())
    layer = {"name": "calls", "from": 1, "to": 50}
    part = dry_run.strategy(_parted(ramp=0.4, layer=layer))
    assert part.selected == whole.selected
    assert part.touches[0].asked == pytest.approx(0.2 * whole.touches[0].asked, abs=1)
    assert any("20%" in note for note in part.notes)
    assert not any("take part" in note for note in whole.notes)


def test_shares_follow_the_segments_of_the_selected_and_the_holdouts_above(some: Audience) -> None:
    everybody = np.arange(len(some), dtype=np.int32)
    names = np.array([*some.segment.words, ""])[some.segment.codes]
    one = some.segment.words[0]
    share = float((names == one).mean() / (names != "").mean())
    assert 0 < share < 1
    settings = Experiments(  # type: ignore[call-arg]
        global_holdout=0.1,
        holdouts={
            "quiet": Holdout(share=0.2, tags=("quiet",)),
            "there": Holdout(share=0.5, segments=(one,)),
            "others": Holdout(share=0.5, tags=("loud",)),
        },
    )
    found = shares(_parted(by_segment={one: 0.5}), everybody, segment=some.segment, settings=settings)
    assert found.held_out == pytest.approx(0.5 * share + 0.2 * (1 - share))
    assert found.free == pytest.approx(0.9 * 0.8 * (1 - 0.5 * share))
    assert found.treated == pytest.approx(found.free * (1 - found.held_out))
