"""What of readouts may be shown: no few people, in whatever view, share or mean they would be seen."""

import pandas as pd

from jobs.experiment_tables import without_small_cells
from lake.tables import READOUTS
from tests.evaluation.readout_world import readout

WITHIN = ["metric", "view"]


def _shown(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows)).astype(
        {name: "float64" for name in READOUTS.names if READOUTS[name].type == "double"}
    )
    return without_small_cells(frame, within=WITHIN)


def test_views_do_not_tell_of_the_few_who_are_in_one_of_them_only() -> None:
    sizes = {"exposed": 225, "contacted": 223, "entered": 235}
    rows = [
        readout("s1", view=view, customers=n, control_customers=56, lift=0.01) for view, n in sizes.items()
    ]
    exposed, contacted, entered = _shown(*rows).to_dict("records")
    assert (exposed["customers"], exposed["lift"]) == (225, 0.01)
    assert pd.isna(contacted["customers"])
    assert pd.isna(contacted["lift"])
    assert entered["customers"] == 235


def test_shares_of_few_people_are_hidden_and_what_these_placed() -> None:
    small = {"customers": 225, "control_customers": 56}
    told = _shown(
        readout("s1", **small, mean=20 / 225, control_mean=1 / 56, lift=0.07),
        readout("s1", "amount", **small, mean=900.0, control_mean=178.57, lift=721.43),
        readout("s1", "aum_change", **small, mean=900.0, control_mean=178.57, lift=721.43),
        readout("s2", **small, mean=20 / 225, control_mean=10 / 56, lift=-0.09),
        readout("s2", "complained", **small, mean=0.0, control_mean=0.0, lift=0.0),
        readout("s3", **small, mean=221 / 225, control_mean=20 / 56, lift=0.6),
    )
    assert told["mean"].isna().tolist() == [True, True, False, False, False, True]
    assert told["control_mean"].isna().tolist() == [True, True, False, False, False, True]
    assert told["lift"].notna().all()


def test_how_many_were_compared_does_not_tell_of_the_few_who_were_not() -> None:
    told = _shown(readout("s1", compared=8_497.0), readout("s2", compared=8_000.0))
    assert told["compared"].isna().tolist() == [True, False]
