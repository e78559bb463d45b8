"""Who is held out: arms drawn by a salted hash, the same on every engine, on every night, in every order.

The global holdout is drawn by a hash of its own, independent of every strategy's, and comes first.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F

# 13 hexadecimal digits: 52 bits. Compared as text, so no engine's integer arithmetic is involved.
_DIGITS = 13
# No strategy can be called this, so the global draw is nobody else's.
_EVERYTHING = "*"


def arm(
    customer: Column, *, strategy: Column, holdouts: Mapping[str, float], salt: str, global_holdout: float
) -> Column:
    """The arm of each row: 'global_holdout', 'control' or 'treatment'.

    ``holdouts``: share held out, by strategy. A strategy that is not among them gets a null arm.
    """
    everywhere = _draw(customer, F.lit(_EVERYTHING), salt) < F.lit(_threshold(global_holdout))
    own = _draw(customer, strategy, salt)
    column = F.when(F.lit(False), F.lit(None).cast("string"))
    for share in sorted(set(holdouts.values())):
        names = sorted(name for name, held in holdouts.items() if held == share)
        drawn = F.when(own < F.lit(_threshold(share)), F.lit("control")).otherwise(F.lit("treatment"))
        column = column.when(
            strategy.isin(names), F.when(everywhere, F.lit("global_holdout")).otherwise(drawn)
        )
    return column


def arm_of(customer: str, *, strategy: str, holdout: float, salt: str, global_holdout: float) -> str:
    """The arm of one customer, as ``arm`` draws it in the engine."""
    (drawn,) = arms_of(
        [customer], strategy=strategy, holdout=holdout, salt=salt, global_holdout=global_holdout
    )
    return str(drawn)


def arms_of(
    customers: Iterable[str], *, strategy: str, holdout: float, salt: str, global_holdout: float
) -> NDArray[np.str_]:
    """The arms of many customers in one strategy, in their order."""
    spared, held = _threshold(global_holdout), _threshold(holdout)
    return np.array(
        [
            "global_holdout"
            if _hashed(customer, _EVERYTHING, salt) < spared
            else ("control" if _hashed(customer, strategy, salt) < held else "treatment")
            for customer in customers
        ],
        dtype=np.str_,
    )


def _threshold(share: float) -> str:
    return format(round(share * 16**_DIGITS), f"0{_DIGITS}x")


def _draw(customer: Column, strategy: Column, salt: str) -> Column:
    return F.substring(F.sha2(F.concat_ws("|", F.lit(salt), strategy, customer), 256), 1, _DIGITS)


def _hashed(customer: str, strategy: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}|{strategy}|{customer}".encode()).hexdigest()[:_DIGITS]
