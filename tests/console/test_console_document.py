"""What docs/console.md tells of settings and of the API is so."""

import re
import tomllib
from pathlib import Path

from base.settings.console import Console
from console.api.app import entries
from console.entrance.vouched import ANSWERED

TEXT = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")


def test_its_settings_are_settings() -> None:
    blocks = re.findall(r"^ {4}\[console\]\n(?:(?: {4}.*)?\n)+", TEXT, flags=re.M)
    told = [Console.model_validate(tomllib.loads(block)["console"]) for block in blocks]
    assert any(one.oidc for one in told)
    assert any(one.airflow_url and one.mlflow_url for one in told)
    assert f"{told[0].public_url}{ANSWERED}" in TEXT


def test_its_table_has_every_entry_of_the_api() -> None:
    rows = re.findall(r"^\| `(\w+ /api/[^?`]+)", TEXT, flags=re.M)
    assert sorted(rows) == sorted(f"{method} /api{one.path}" for one in entries() for method in one.methods)
