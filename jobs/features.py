"""What is known of every customer at the close of the business date."""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from features.compiler import CUSTOMER_FEATURES, READS, compile_features
from jobs.job import Frames, Night, job
from lake.table import Table


@job(reads=READS, writes=(CUSTOMER_FEATURES,))
def features(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Makes one row of features for every customer."""
    return {CUSTOMER_FEATURES: compile_features(night.as_of, frames)}
