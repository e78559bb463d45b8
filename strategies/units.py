"""Units of the numbers in a rule: how they are written, and which may be put together."""

SCALES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
UNITS = {
    "": None,
    "元": "CNY",
    "天": "days",
    "次": "count",
    "笔": "count",
    "岁": "years",
    "点": "hour",
    "级": "level",
    "%": "share",
}
AMOUNT = "money or a count"
"""The unit of a bare number in 万 or 亿: nobody counts days, years or levels in them."""


class UnlikeError(Exception):
    """Two units that cannot be put together."""


def of_scaled(unit: str | None) -> str | None:
    """The unit of a number written in 万 or 亿. Raises UnlikeError where they do not belong with ``unit``."""
    return together(AMOUNT, unit)


def together(left: str | None, right: str | None) -> str | None:
    """The unit of a sum, or of the two sides of a comparison; None is a bare number, which suits any.

    Raises UnlikeError.
    """
    if left == right or right is None:
        return left
    if left is None:
        return right
    for one, other in ((left, right), (right, left)):
        if one == AMOUNT and other in ("CNY", "count"):
            return other
    raise UnlikeError


def product(left: str | None, right: str | None) -> str | None:
    """The unit of a product: one side is a bare number or a share. Raises UnlikeError."""
    for one, other in ((left, right), (right, left)):
        if one is None:
            return other
    for one, other in ((left, right), (right, left)):
        if one == "share":
            return other
    raise UnlikeError


def quotient(left: str | None, right: str | None) -> str | None:
    """The unit of a quotient: like by like is a share, yuan by a count are yuan. Raises UnlikeError."""
    if right is None or right == "share":
        return left
    if right == "count" and left in ("CNY", "days"):
        return left
    if left is None:
        raise UnlikeError
    together(left, right)
    return "share"
