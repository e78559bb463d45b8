"""The kinds of customers that were planted in the synthetic bank are found again from what a bank can see."""

from datetime import date

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from base.settings import load_settings
from features.compiler import CUSTOMER_FEATURES
from jobs.run import execute, find_job, open_house
from jobs.segments import long_tail
from models.portrait import BASIS
from models.segment import Segmenter
from outreach.vault import Vault
from sources.source import open_source
from sources.synthetic.archetypes import ARCHETYPES

NIGHT = date(2026, 7, 1)


@pytest.mark.parametrize("seed", [20260701, 11])
def test_planted_archetypes_are_recovered(tmp_path, seed):
    """Adjusted Rand index of at least 0.7 with as many segments as there are archetypes.

    Fitted with the count that is planted: the house's dozens of segments are finer than the archetypes, and
    mapping each of them to its commonest archetype would flatter the index.
    """
    settings = load_settings(home=tmp_path / "home", synthetic={"customers": 2_000, "seed": seed})
    with open_house(settings, as_of=NIGHT) as night:
        for step in ("ingest", "features"):
            execute(find_job(step), night)
        tail = long_tail(night.store.read(CUSTOMER_FEATURES, as_of=NIGHT), settings.long_tail)
        customers = tail.select("customer", *BASIS).toPandas()
    truth = open_source(settings).truth()
    kinds = pd.DataFrame(
        {
            "customer": Vault(settings).tokens("customer", truth["customer_no"]).to_pylist(),
            "kind": truth["archetype"].to_pylist(),
        }
    )
    known = customers.merge(kinds, on="customer", validate="one_to_one")
    assert len(known) == len(customers) > 1_500
    found = Segmenter(len(ARCHETYPES)).fit_predict(known[list(BASIS)].astype("float64"))
    assert adjusted_rand_score(known["kind"], found) >= 0.7
