"""Shared by all tests: one embedded engine a worker, and homes that vanish."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from base.settings import Settings, load_settings
from benchmarks.jvm_spark import java_is_here
from lake.session import open_engine

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
LONGEST = ("tests/e2e/",)


class Sharing(LoadScopeScheduling):
    """Shares tests out among workers so that what is made for several of them is made once.

    A file's tests stay together, and so do the files of a folder that has a conftest.py of its own. Marks of
    groups would not do: pytest 9.2 with xdist 3.8 passes over them without a word.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        own = file.parent.name != "tests" and (ROOT / file.parent / "conftest.py").exists()
        return str(file.parent if own else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    config.option.loadscopereorder = False  # many short tests before a few long ones: the wrong way round
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin, lest a worker be left alone with one of them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def engine() -> Iterator[SparkSession]:
    """The embedded engine."""
    with open_engine(load_settings(spark_remote=None)) as spark:
        yield spark


@pytest.fixture(scope="session")
def java() -> None:
    """A Java runtime; on Debian it is installed where that may be, else the test is skipped, saying why."""
    if not java_is_here() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "default-jre-headless"], check=False)
    if not java_is_here():
        pytest.skip("no Java runtime is here and none can be installed: the engines cannot be compared")


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
