"""What a job is: a function from frames to frames, with the tables it reads and writes declared on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession

from base.errors import DeclarationError
from base.settings import Settings
from lake.store import Store
from lake.table import Read, Table
from ledger.database import Ledger

Frames = Mapping[Table, DataFrame]
JobFunction = Callable[["Night", Frames], Mapping[Table, DataFrame]]


@dataclass(frozen=True, kw_only=True)
class Night:
    """What a job is handed besides its frames: the business date and the rooms that are open tonight."""

    as_of: date
    settings: Settings
    spark: SparkSession
    store: Store
    ledger: Ledger
    progress: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A declared step. ``doc`` is what people read of it; no other job runs beside one that ``deletes``."""

    name: str
    doc: str
    reads: tuple[Read, ...]
    writes: tuple[Table, ...]
    function: JobFunction
    deletes: bool = False


def job(
    *, reads: tuple[Read, ...], writes: tuple[Table, ...], deletes: bool = False
) -> Callable[[JobFunction], Job]:
    """Declares the function as a job named like itself."""

    def declare(function: JobFunction) -> Job:
        tables = [read.table for read in reads]
        if len(set(tables)) != len(tables):
            raise DeclarationError(
                f"job {function.__name__}: a table is read twice; read it once, the widest way"
            )
        return Job(
            name=function.__name__,
            doc=(function.__doc__ or "").strip(),
            reads=reads,
            writes=writes,
            function=function,
            deletes=deletes,
        )

    return declare
