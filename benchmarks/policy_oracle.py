"""A million made-up people before the house's policy and before an oracle written from the rules alone.

``python -m benchmarks.policy_oracle [--people N]`` prints one JSON line a figure, about three minutes.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np
from pyspark.sql import SparkSession

from base.settings import Contact, load_settings
from benchmarks.figure import Figure, at_least, exactly, show, told
from lake.session import open_engine
from outreach.policy.rule import reasons
from tests.truth.house_policy import house_verdicts
from tests.truth.oracle import allowed
from tests.truth.person_states import make_people

_BATCH = 50_000


def figures(engine: SparkSession, *, people: int) -> Iterator[Figure]:
    """Contacts that the oracle forbids (none may be), drops without a reason, and drops it would not make."""
    counts: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    for seed in range(-(-people // _BATCH)):
        made = make_people(min(_BATCH, people - seed * _BATCH), seed=seed)
        may, dropped = allowed(made), house_verdicts(engine, made, contact=Contact.model_validate({}))
        goes = np.array([reason is None for reason in dropped])
        counts["judged"] += made.people
        counts["contacted"] += int(goes.sum())
        counts["ineligible"] += int((goes & ~may).sum())
        counts["forbidden"] += int((~may).sum())
        counts["no reason"] += sum(reason is not None and reason not in reasons() for reason in dropped)
        beyond.update(reason for reason, fits in zip(dropped, may, strict=True) if fits and reason)
    yield at_least("person-states judged", counts["judged"], "candidates", goal=people)
    yield exactly("contacts that the oracle forbids", counts["ineligible"], "contacts", goal=0)
    yield exactly("drops whose reason is not declared", counts["no reason"], "drops", goal=0)
    yield told("contacts let through", counts["contacted"], "contacts")
    yield told("contacts forbidden by the oracle", counts["forbidden"], "contacts")
    for reason, times in sorted(beyond.items()):
        yield told(f"stricter than the oracle: {reason}", times, "contacts")


def main() -> None:
    """Prints the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    with open_engine(load_settings(spark_remote=None)) as engine:
        show(figures(engine, people=options.parse_args().people))


if __name__ == "__main__":
    main()
