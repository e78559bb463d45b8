"""Holdouts above strategies: customers whom no strategy at all, or none of a part of the book, ever contacts.

Each holdout has a draw of its own, independent of every strategy's; several may hold one customer.
"""

from collections.abc import Collection, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from base.settings import Experiments, Holdout
from experiments.draws import below, draw, drawn

GLOBAL = "global"
"""The holdout that covers everything; no other one can be called this."""


def holdouts(settings: Experiments) -> Mapping[str, Holdout]:
    """Every holdout above strategies, the global one first, the others by name."""
    above = {GLOBAL: Holdout(share=settings.global_holdout)} if settings.global_holdout else {}
    return {**above, **{name: settings.holdouts[name] for name in sorted(settings.holdouts)}}


def speaks_of(holdout: Holdout, *, tags: Collection[str], manager: str) -> bool:
    """Whether a holdout covers a strategy, in the segments it covers."""
    tagged = not holdout.tags or bool(set(holdout.tags) & set(tags))
    return tagged and (not holdout.managers or manager in holdout.managers)


def in_its_segments(holdout: Holdout, segment: Column) -> Column:
    """Whether the row's segment is one that the holdout covers; never null."""
    if not holdout.segments:
        return F.lit(True)
    return F.coalesce(segment.isin(*holdout.segments), F.lit(False))


def held(customer: Column, *, name: str, holdout: Holdout, salt: str) -> Column:
    """Whether the holdout has drawn the row's customer, covered or not."""
    return draw(customer, F.lit(_purpose(name)), salt=salt) < F.lit(below(holdout.share))


def is_held(customer: str, *, name: str, holdout: Holdout, salt: str) -> bool:
    """Whether the holdout has drawn one customer, as ``held`` says in the engine."""
    return drawn(customer, _purpose(name), salt=salt) < below(holdout.share)


def with_share(name: str, holdout: Holdout) -> str:
    """A holdout as ``covered_by`` names it: with the share that it holds, which may be another one later."""
    return f"{name}:{holdout.share}"


def shares(covered_by: str | None) -> Mapping[str, float]:
    """The holdouts of a ``covered_by`` and the share that each held then; NaN where it was not recorded."""
    named = (each.partition(":") for each in (covered_by or "").split(",") if each)
    return {name: float(share or "nan") for name, _, share in named}


def _purpose(name: str) -> str:
    """What no strategy's own draw can be for: neither '*' nor '/' belongs in a strategy's name."""
    return "*" if name == GLOBAL else f"holdout/{name}"
