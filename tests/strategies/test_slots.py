"""Layers keep strategies apart: who would share slots with a live strategy does not go live."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from base.errors import BookError
from base.settings import load_settings
from features.catalogue import FEATURES
from ledger.database import Ledger, open_ledger
from strategies.book import live
from strategies.folder import Written
from strategies.lifecycle import approve, golive, pause, resume, retire, submit
from strategies.reader import read
from strategies.slots import clashes, never_meet
from strategies.versions import import_
from tests.strategies.book_world import text_of


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One book for all; the layer is the first word of a name, so no test meets another's strategies."""
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("slots"))) as opened:
        yield opened


def _written(name: str, slots: str | None) -> Written:
    text = text_of(name)
    if slots:
        first, last = slots.split("-")
        text += f"experiment: {{layer: {{name: {name.split('_')[0]}, from: {first}, to: {last}}}}}\n"
    return Written(text=text, strategy=read(text, file=name, features=FEATURES))


def _approved(ledger: Ledger, base: int = 0, **slots: str | None) -> list[str]:
    bases = dict.fromkeys(slots, base) if base else {}
    import_(ledger, [_written(*each) for each in slots.items()], actor="author", bases=bases)
    submit(ledger, list(slots), actor="author")
    approve(ledger, list(slots), actor="reader")
    return list(slots)


def _running(ledger: Ledger, layer: str) -> set[str]:
    return {strategy.name for strategy in live(ledger) if strategy.name.startswith(layer)}


def test_clashes_are_the_pairs_that_share_slots() -> None:
    slots = {"call_a": "1-50", "call_b": "51-100", "call_c": "40-60", "text_d": "1-100", "text_e": None}
    book = [_written(*each).strategy for each in slots.items()]
    assert {(each.strategies, each.words) for each in clashes(book)} == {
        (("call_a", "call_c"), "layer call, slots 40 to 50"),
        (("call_c", "call_b"), "layer call, slots 51 to 60"),
    }
    assert never_meet(book[0], book[1])
    assert not any(never_meet(book[2], other) for other in (*book[:2], *book[3:]))


def test_who_would_share_slots_does_not_go_live(ledger: Ledger) -> None:
    golive(ledger, _approved(ledger, late_a="1-50", late_b="51-100"), actor="reader")
    third = _approved(ledger, late_c="50-60")
    with pytest.raises(BookError, match="late_a and late_c would share layer late, slots 50 to 50") as caught:
        golive(ledger, third, actor="reader")
    assert "late_c and late_b would share layer late, slots 51 to 60" in str(caught.value)
    assert _running(ledger, "late") == {"late_a", "late_b"}
    retire(ledger, ["late_a"], actor="reader", reason="over")
    with pytest.raises(BookError, match="late_b"):
        golive(ledger, third, actor="reader")
    pause(ledger, ["late_b"], actor="reader", reason="a rest")
    golive(ledger, third, actor="reader")
    with pytest.raises(BookError, match="late_c and late_b would share"):
        resume(ledger, ["late_b"], actor="reader", reason="go on")
    assert _running(ledger, "late") == {"late_c"}


def test_two_of_one_call_that_share_slots_do_not_go_live(ledger: Ledger) -> None:
    names = _approved(ledger, both_a="1-50", both_b="50-100", both_c=None)
    with pytest.raises(BookError, match="both_a and both_b"):
        golive(ledger, names, actor="reader")
    assert _running(ledger, "both") == set()


def test_a_newer_version_is_held_against_the_others_not_against_its_own_past(ledger: Ledger) -> None:
    golive(ledger, _approved(ledger, own_a="1-50", own_b="51-100"), actor="reader")
    golive(ledger, _approved(ledger, 1, own_a="1-20"), actor="reader")
    with pytest.raises(BookError, match="own_a and own_b would share layer own, slots 51 to 60"):
        golive(ledger, _approved(ledger, 2, own_a="1-60"), actor="reader")


def test_of_many_that_go_live_at_once_only_one_gets_the_slots(ledger: Ledger) -> None:
    names = _approved(ledger, **{f"race_{number}": "1-50" for number in range(6)})

    def refused(name: str) -> str:
        try:
            golive(ledger, [name], actor="reader")
        except BookError as refusal:
            return str(refusal)
        return ""

    with ThreadPoolExecutor(len(names)) as pool:
        told = list(pool.map(refused, names))
    assert told.count("") == 1
    assert all("would share layer race, slots 1 to 50" in words for words in told if words)
    assert len(_running(ledger, "race")) == 1
