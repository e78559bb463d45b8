"""Chance without dice: a salted SHA-256 of customer and purpose, the same on every engine, every night, in
every order and partitioning.

A draw is the digest's first 52 bits as hexadecimal text. Draws of different purposes (an arm, a ramp, a
layer, a holdout) are independent of each other.
"""

import hashlib

from pyspark.sql import Column
from pyspark.sql import functions as F

# 13 hexadecimal digits: 52 bits. Compared as text, so no engine's integer arithmetic is involved.
_DIGITS = 13
_ABOVE_ALL = "g"  # the letter after every hexadecimal digit


def below(share: float) -> str:
    """The bound that ``share`` of all draws lie below."""
    bound = round(share * 16**_DIGITS)
    return format(bound, f"0{_DIGITS}x") if bound < 16**_DIGITS else _ABOVE_ALL


def draw(customer: Column, purpose: Column, *, salt: str) -> Column:
    """The draw of each row's customer for the row's purpose; null where either is null."""
    salted = F.concat(F.lit(f"{salt}|"), purpose, F.lit("|"), customer)
    return F.substring(F.sha2(salted, 256), 1, _DIGITS)


def drawn(customer: str, purpose: str, *, salt: str) -> str:
    """One customer's draw, as ``draw`` makes it in the engine."""
    return hashlib.sha256(f"{salt}|{purpose}|{customer}".encode()).hexdigest()[:_DIGITS]
