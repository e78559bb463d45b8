"""The scan beside disguises and ordinary values that are written by code of their own, few of each kind."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.disguise_kinds import KINDS, Kind
from benchmarks.disguises import (
    DISGUISED_RECALL,
    PLAIN_RECALL,
    People,
    false_alarms,
    recall,
    recall_in_parts,
    seconds_for,
)

EACH = 20


@pytest.fixture(scope="module")
def people() -> People:
    return People.made(3_000, seed=7)


@pytest.fixture(scope="module")
def found(people: People) -> dict[Kind, float]:
    return {kind: recall(people, kind, each=EACH, seed=7) for kind in KINDS}


def test_there_are_disguises_enough() -> None:
    assert len({kind.name for kind in KINDS if kind.disguised}) >= 30


def test_the_page_on_the_scanner_names_every_disguise() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "scanner.md").read_text(encoding="utf-8").split())
    assert [kind.name for kind in KINDS if kind.name not in page] == []


def test_plain_identifiers_are_found(found: dict[Kind, float]) -> None:
    assert np.mean([share for kind, share in found.items() if not kind.disguised]) >= PLAIN_RECALL


def test_disguised_identifiers_are_found(found: dict[Kind, float]) -> None:
    assert np.mean([share for kind, share in found.items() if kind.disguised]) >= DISGUISED_RECALL
    assert {kind.name: share for kind, share in found.items() if share < 0.9} == {}


def test_identifiers_in_parts_are_found(people: People) -> None:
    assert min(share for _, share in recall_in_parts(people, each=EACH, seed=7)) >= 0.9


def test_ordinary_values_pass(people: People) -> None:
    assert false_alarms(people.known, count=20_000, seed=7) == 0


@pytest.mark.parametrize("own_texts", [False, True])
def test_a_whole_list_passes(people: People, own_texts: bool) -> None:
    seconds_for(people.known, rows=3_000, own_texts=own_texts, seed=7)
