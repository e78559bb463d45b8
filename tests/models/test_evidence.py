"""A re-fit takes over only when it is as good as the champion and cuts much the same."""

import numpy as np
import pandas as pd

from models.evidence import measure, objections, pictures
from models.segment import Segmenter, successor


def _blobs(*, seed: int, swap: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 4, 2_000)
    x, y = 6 * (kind % 2) + rng.normal(size=2_000), 6 * (kind // 2) + rng.normal(size=2_000)
    noise = rng.normal(size=2_000) if not swap else kind * 9.0
    return pd.DataFrame({"x": x, "y": y, "noise": noise})


def test_a_refit_of_the_same_world_may_take_over():
    champion = Segmenter(4).fit(_blobs(seed=1))
    sample = _blobs(seed=2)
    metrics = measure(successor(champion, n_segments=4).fit(sample), sample, champion=champion)
    assert objections(metrics) == []
    assert metrics["kept_ids"] == 1
    assert metrics["agreement"] > 0.9
    assert 0.5 < metrics["explained"] < 1


def test_a_refit_that_cuts_otherwise_is_objected_to():
    champion = Segmenter(4).fit(_blobs(seed=1))
    sample = _blobs(seed=2)
    other = Segmenter(4).fit(sample.assign(x=0.0, y=0.0))
    metrics = measure(other, sample, champion=champion)
    assert len(objections(metrics)) == 2


def test_a_sliver_is_objected_to():
    figures = {"agreement": 1.0, "explained": 0.5, "champion_explained": 0.5, "smallest_share": 0.0001}
    assert objections(figures) == ["its smallest segment holds 0.01% of the customers"]


def test_pictures_show_every_segment():
    sample = _blobs(seed=3)
    model = Segmenter(4).fit(sample)
    drawn = pictures(model, sample)
    assert len(drawn["sizes"].axes[0].patches) == 4
    assert drawn["centres"].axes[0].images[0].get_array().shape == (4, 3)
