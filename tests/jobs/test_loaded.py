"""Commands load what they need and no more: each is a process of its own, and somebody waits. Seconds."""

import subprocess
import sys

import pytest

_ASKED = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*sorted({*sys.argv[2:]} & {*sys.modules}))
"""


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("jobs.command", ("pyarrow", "pyspark", "sqlalchemy", "numpy")),
        ("jobs.book_checks", ("alembic", "numba", "pandas", "scipy", "jobs.run", "lake.session")),
        ("jobs.dry_run", ("alembic", "numba", "sklearn", "outreach.arbitrate.plan", "outreach.release")),
        ("jobs.book_pages", ("alembic", "outreach.release", "pandas", "scipy")),
    ],
)
def test_what_a_command_can_do_without_is_not_loaded(module: str, without: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _ASKED, module, *without], capture_output=True, check=True, text=True
    )
    assert told.stdout.split() == []
