"""Hand-made rows of the tables that verdicts and pages are made from."""

import math
from typing import Any

from lake.tables import READOUTS


def readout(name: str, metric: str = "converted", **given: Any) -> dict[str, Any]:
    """A row of READOUTS, about nothing in particular."""
    row: dict[str, Any] = dict.fromkeys(READOUTS.names, math.nan)
    row |= {"level": "strategy", "name": name, "metric": metric, "view": "exposed", "arm": "any", "words": ""}
    return row | {"customers": 8_500, "control_customers": 1_500} | given


def proven(name: str, metric: str = "converted") -> dict[str, Any]:
    """A row that shows a lift of 1.2 of 100."""
    evidence = {"lift": 0.012, "error": 0.003, "always_low": 0.004, "always_high": 0.02}
    return readout(name, metric, **evidence, always_p=1e-6, q_value=1e-5, shrunk_lift=0.009)


def finding(name: str, kind: str = "sample_ratio", *, grave: bool = True) -> dict[str, Any]:
    return {"strategy": name, "kind": kind, "grave": grave, "rows": 7, "words": f"{kind} is wrong."}
