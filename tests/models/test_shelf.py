"""The shelf keeps fits with their evidence and knows the champion of every date."""

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from base.errors import ModelError
from base.settings import load_settings
from models.segment import Segmenter
from models.shelf import Fit, Shelf, open_shelf

JULY, AUGUST, SEPTEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Shelf:
    return open_shelf(load_settings(home=tmp_path_factory.mktemp("shelf"), mlflow_tracking_uri=None))


def _fit(as_of: date, *, segments: int = 3) -> Fit:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 2)), columns=["aum", "logins"])
    model = Segmenter(segments).fit(frame)
    figure, axes = plt.subplots()
    axes.bar(model.ids_, np.bincount(model.labels_))
    return Fit(
        model=model,
        as_of=as_of,
        example=frame.head(3),
        data=frame,
        parameters=model.get_params(),
        metrics={"inertia": model.inertia_},
        plots={"sizes": figure},
    )


def _aliases(shelf: Shelf, name: str) -> dict[str, int]:
    found = shelf._client.get_registered_model(name).aliases
    return {alias: int(number) for alias, number in found.items()}


def test_the_address_of_one_shelf_does_not_become_a_setting(shelf):
    shelf.versions("none")
    assert load_settings().mlflow_tracking_uri is None


def test_a_champion_is_found_by_date_and_scores_as_it_did(shelf):
    name = "by-date"
    assert shelf.champion(name, as_of=JULY) is None
    fit = _fit(JULY)
    shelf.add(name, fit, promote=True)
    shelf.add(name, _fit(SEPTEMBER, segments=4), promote=True)
    champion = shelf.champion(name, as_of=AUGUST)
    assert champion is not None
    assert champion.as_of == JULY
    np.testing.assert_array_equal(shelf.load(champion).predict(fit.data), fit.model.predict(fit.data))
    assert shelf.champion(name, as_of=date(2026, 6, 30)) is None


def test_a_challenger_waits_beside_the_champion(shelf):
    name = "waiting"
    shelf.add(name, _fit(JULY), promote=True)
    challenger = shelf.add(name, _fit(AUGUST), promote=False)
    assert shelf.champion(name, as_of=SEPTEMBER).as_of == JULY
    assert shelf.fitted_for(name, as_of=AUGUST) == challenger
    assert _aliases(shelf, name) == {"champion": 1, "challenger": 2}
    shelf.add(name, _fit(SEPTEMBER), promote=True)
    assert _aliases(shelf, name) == {"champion": 3}


def test_a_version_that_no_later_night_needs_is_dropped_with_its_files(shelf):
    name = "outdated"
    old, champion = (shelf.add(name, _fit(month), promote=True) for month in (JULY, AUGUST))
    tried = shelf.add(name, _fit(AUGUST), promote=False)
    files = [path for path in (shelf.artifacts / name).rglob("*") if path.is_file()]
    assert [one for one in shelf.outdated(SEPTEMBER) if one.name == name] == [old]
    shelf.drop(old)
    assert shelf.versions(name) == [champion, tried]
    left = [path for path in (shelf.artifacts / name).rglob("*") if path.is_file()]
    assert len(left) == len(files) * 2 // 3
    assert shelf.load(champion)
    assert [one for one in shelf.outdated(SEPTEMBER) if one.name == name] == []


def test_a_fit_is_kept_with_its_evidence(shelf):
    import mlflow

    version = shelf.add("evidence", _fit(JULY), promote=True)
    found = shelf._client.get_model_version("evidence", str(version.number))
    run = shelf._client.get_run(found.run_id)
    assert run.data.params["n_segments"] == "3"
    assert run.data.metrics["inertia"] > 0
    assert run.inputs.dataset_inputs[0].dataset.name == "evidence-sample"
    assert [one.path for one in shelf._client.list_artifacts(run.info.run_id)] == ["sizes.png"]
    signature = mlflow.models.get_model_info(version.source).signature
    assert signature.inputs.input_names() == ["aum", "logins"]


def test_a_model_whose_files_are_gone_is_named(shelf):
    import shutil

    version = shelf.add("gone", _fit(JULY), promote=True)
    shutil.rmtree(shelf.artifacts / "gone")
    with pytest.raises(ModelError, match="gone version 1 cannot be loaded"):
        shelf.load(version)
