"""Arithmetic that features share: fen to yuan, and shares that never divide by zero."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def yuan(fen: Column) -> Column:
    """Whole fen as yuan. The one division comes last, so that sums are exact."""
    return fen.cast("double") / F.lit(100.0)


def share(part: Column, whole: Column) -> Column:
    """part / whole, 0 where the whole is 0 or less."""
    return F.when(whole > 0, part.cast("double") / whole.cast("double")).otherwise(F.lit(0.0))
