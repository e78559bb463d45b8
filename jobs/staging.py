"""Content on its way between the steps of a job, in files of its own."""

import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import types as spark

from base.errors import StoreError
from base.scrub import brief
from jobs.job import Night
from lake.table import Table


def laid_down(
    night: Night, content: DataFrame | pa.Table, *, job: str, name: str, schema: spark.StructType
) -> DataFrame:
    """The content from a file of its own: the engine keeps no frame, and takes no large one from here.

    Raises StoreError where it cannot be written.
    """
    folder = night.settings.home.resolve() / "staging" / job / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        if isinstance(content, pa.Table):
            folder.mkdir(parents=True)
            pq.write_table(content, folder / "part.parquet", compression="lz4")
        else:
            # Read once or twice, then thrown away: the engine's own choice takes it twice as long.
            content.write.options(compression="lz4", statistics_enabled="none").parquet(str(folder))
            folder.mkdir(parents=True, exist_ok=True)  # the engine writes nothing at all for no rows
    except Exception as error:
        raise StoreError(f"{job}, {night.as_of}: the {name} were not staged ({brief(error)})") from error
    return night.spark.read.schema(schema).parquet(str(folder))


def laid_down_rows(night: Night, rows: pd.DataFrame, *, job: str, table: Table) -> DataFrame:
    """The rows of a table that were made here, however many."""
    content = pa.Table.from_pandas(rows, schema=table.arrow_schema(), preserve_index=False)
    return laid_down(night, content, job=job, name=table.name, schema=table.spark_schema())
