"""People for the vault, and a vault without any."""

import shutil
from collections.abc import Sequence

import pyarrow as pa

from base.settings import Settings
from outreach.vault import Vault
from outreach.vault.store import open_store


def emptied(settings: Settings) -> Settings:
    """The same settings; nobody is in the vault any more, and its keys are gone."""
    with open_store(settings) as connection:
        connection.execute(
            "truncate masters, keys, persons, identities, deliveries, first_tokens, opted_out, tombstones"
            " cascade"
        )
    shutil.rmtree(settings.vault.keys_folder or settings.vault_folder / "keys", ignore_errors=True)
    return settings


def people(vault: Vault, rows: int) -> pa.Table:
    """The first so many of the same people."""
    return delivered(vault, [f"C{row:07d}" for row in range(rows)])


def delivered(vault: Vault, numbers: Sequence[str], *, moved: Sequence[str] = ()) -> pa.Table:
    """Identities of these customers; those of ``moved`` have another phone."""
    rows = [int(number[1:]) for number in numbers]
    return pa.table(
        {
            "customer": vault.tokens("customer", pa.array(numbers, pa.string())),
            "customer_no": pa.array(numbers, pa.string()),
            "name": pa.array([None if row % 7 == 3 else f"张三{row}" for row in rows], pa.string()),
            "phone": pa.array(
                [
                    f"{139 if number in moved else 138}{row:08d}"
                    for number, row in zip(numbers, rows, strict=True)
                ],
                pa.string(),
            ),
            "id_number": pa.array([f"11010119900101{row:04d}" for row in rows], pa.string()),
            "generated": pa.array([True] * len(rows), pa.bool_()),
        }
    )
