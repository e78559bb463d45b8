"""Processes that carry lists are killed at any moment, and others go on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from base.settings import load_settings
from ledger.database import open_ledger


def test_killed_anywhere_a_list_leaves_once_whole_and_without_who_opted_out_before(tmp_path: Path) -> None:
    # A ledger of its own: the nights are later than any other's, and would end them.
    with open_ledger(load_settings(home=tmp_path)) as ledger:
        address = ledger.engine.url.render_as_string(hide_password=False)
        environment = {**os.environ, "LONGREACH_HOME": str(tmp_path), "LONGREACH_DATABASE_URL": address}
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.release_kills", "7", "8"],
            cwd=Path(__file__).parents[3],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["wrong"] == []
    assert found["on_the_list_although_early"] == []
    assert found["kills"] >= 6
    assert found["moments"] > 50
