"""Every declared table keeps the rules of the house."""

import pytest

from base.errors import DeclarationError
from base.registry import instances
from features.compiler import CUSTOMER_FEATURES
from lake.table import Classification, Column, Table

TABLES = {**instances("lake.tables", Table), CUSTOMER_FEATURES.name: CUSTOMER_FEATURES}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_says_what_it_is(table: Table) -> None:
    assert table.doc.endswith(".")
    assert table.grain
    assert all(column.doc for column in table.columns)
    if table.delivery == "events":
        assert table.happened
        assert table.known


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_identifiers_live_in_the_vault_only(table: Table) -> None:
    named = [c.name for c in table.columns if c.classification is Classification.IDENTIFIER]
    assert (table.name == "identities") == bool(named)


def test_a_column_that_names_a_person_cannot_be_declared_elsewhere() -> None:
    phone = Column(name="phone", type="string", classification=Classification.IDENTIFIER, doc="Phone.")
    with pytest.raises(DeclarationError, match="identifiers live in the vault only"):
        Table(name="calls", doc="Calls.", grain=("phone",), columns=(phone,), delivery="derived")


def test_a_column_without_classification_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="classification"):
        Column(name="x", type="long", doc="X.")  # type: ignore[call-arg]


def test_a_grain_must_be_columns() -> None:
    column = Column(name="x", type="long", classification=Classification.INTERNAL, doc="X.")
    with pytest.raises(DeclarationError, match="'y' is not one of its columns"):
        Table(name="t", doc="T.", grain=("y",), columns=(column,), delivery="derived")
