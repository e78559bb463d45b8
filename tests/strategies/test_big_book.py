"""The book to test with is what it says: large, sound, varied, and about customers who could be."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from benchmarks.big_book import SEGMENTS, TODAY, BigBook, make_book, make_customers
from benchmarks.faults import FAULTS, GUISES
from features.catalogue import FEATURES
from strategies.checks.domains import domain
from strategies.evaluate import compile_rules
from strategies.reader import read
from strategies.rule import parse
from strategies.tree import Name


@pytest.fixture(scope="module")
def book() -> BigBook:
    return make_book()


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    return make_customers(20_000, seed=99)


def test_the_book_has_the_size_that_was_asked_for(book: BigBook) -> None:
    assert len(book.strategies) == len({strategy.name for strategy in book.strategies}) == 4_000
    layers = [len(strategy.layers()) for strategy in book.strategies]
    assert sum(count > 1 for count in layers) == 1_000
    assert {1, 2, 3} == set(layers)
    assert book.planted == ()


def test_the_same_seed_makes_the_same_book() -> None:
    first, second = (make_book(strategies=120, funnels=40, faults=("nobody",)) for _ in range(2))
    assert first.strategies == second.strategies
    assert first.planted == second.planted
    assert make_book(strategies=120, funnels=40, seed=2).strategies != first.strategies


def test_a_manager_could_have_written_every_document(book: BigBook) -> None:
    for strategy in book.strategies[::40]:
        document = strategy.model_dump(mode="json", exclude_defaults=True)
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        again = read(text, file=f"{strategy.name}.yaml", features=FEATURES)
        assert again == strategy
        assert strategy.runs_on(TODAY)


def test_a_customer_meets_twenty_to_eighty_strategies(book: BigBook, customers: pa.Table) -> None:
    rules = [parse(strategy.who, FEATURES).condition for strategy in book.strategies]
    program = compile_rules(rules, as_of=TODAY)
    (batch,) = customers.combine_chunks().to_batches()
    met = np.bitwise_count(program.bits(batch)).sum() / customers.num_rows
    assert 20 <= met <= 80


def test_customers_have_every_feature_within_its_domain(customers: pa.Table) -> None:
    assert set(customers.column_names) == {"customer", "segment", *FEATURES}
    assert set(pc.unique(customers["segment"]).to_pylist()) == set(SEGMENTS)
    kinds = {"boolean": "flag", "date": "date"}
    for name, feature in FEATURES.items():
        own = domain(Name(name, kinds.get(feature.type, "number")), FEATURES)  # type: ignore[arg-type]
        assert (customers[name].null_count > 0) == feature.nullable, name
        assert all(own.holds(value) for value in pc.unique(customers[name]).to_pylist()), name


def test_pieces_of_one_bank_share_no_customer() -> None:
    pieces = [make_customers(500, seed=3, first=first) for first in (0, 500)]
    together = pa.concat_tables(pieces)
    assert pc.count_distinct(together["customer"]).as_py() == 1_000
    assert pieces[0]["aum_now"] != pieces[1]["aum_now"]


def test_faults_are_planted_without_making_the_book_longer() -> None:
    book = make_book(strategies=300, funnels=80, faults="all")
    names = [strategy.name for strategy in book.strategies]
    assert len(names) == len(set(names)) == 300
    assert len(book.planted) == len(FAULTS) * GUISES
    assert all(set(each.names) <= set(names) for each in book.planted)
    over = {each.names[0] for each in book.planted if each.kind == "out_of_date"}
    ends = [strategy.valid.end for strategy in book.strategies if strategy.name in over]
    assert max(ends) <= date(2026, 7, 2)
