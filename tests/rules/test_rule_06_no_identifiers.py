"""No identifiers in errors and trail; cells under ten people are hidden, and not by subtraction."""

from dataclasses import replace

import pandas as pd
import pytest

from base.errors import SourceError
from evaluation.suppress import suppress
from lake.tables import CUSTOMERS
from ledger.audit import trail
from outreach.opt_outs import Whom
from sources.extract import Extract
from sources.piece import check_header
from tests.outreach.feed_world import opts_out
from tests.outreach.release_world import ROWS, House


def test_rule_6_cells_under_ten_are_hidden_with_as_many_as_keep_them_hidden() -> None:
    told = suppress(pd.DataFrame({"people": [3, 12, 300, 4_000]}), count="people", within=[])["people"]
    assert told.isna().tolist() == [True, True, False, False]
    assert told.dropna().min() >= 10


def test_rule_6_an_error_about_a_file_quotes_nobody_from_it() -> None:
    row = ["C0001234567", "张三丰", "13812345678", "11010119900101123X"]
    with pytest.raises(SourceError) as caught:
        check_header(row, Extract(table=CUSTOMERS), file="customers.csv", count_rows=lambda: 5)
    extra = [Extract(table=CUSTOMERS).theirs(column.name) for column in Extract(table=CUSTOMERS).delivered]
    with pytest.raises(SourceError) as surplus:
        check_header([*extra, *row], Extract(table=CUSTOMERS), file="customers.csv", count_rows=lambda: 5)
    for word in (row[0], *row[2:]):
        assert word not in str(caught.value)
        assert word not in str(surplus.value)


def test_rule_6_the_trail_of_a_release_names_nobody(released: House) -> None:
    lines = str(trail(released.night.ledger, last=10_000))
    for row in range(ROWS):
        assert f"138{row // 2:08d}" not in lines
        assert f"C{row:09d}" not in lines
    assert "张三丰" not in lines


def test_rule_6_no_reason_of_few_is_counted_in_the_trail_or_on_the_screen(house: House) -> None:
    said: list[str] = []
    opts_out(house.night.ledger.engine, Whom(customer=house.customers[0]))
    replace(house, night=replace(house.night, progress=said.append)).release()
    (line,) = trail(house.night.ledger, action="lists released", last=1)
    assert set(line["detail"]["dropped"].values()) == {"not told"}
    assert any(words.endswith("; under 10 are held back since the decision") for words in said)
