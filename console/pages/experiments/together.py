"""What many strategies did together: by product, by channel of the first touch, by manager."""

from collections.abc import Mapping
from typing import Any

from console.listing import paged
from console.pages.experiments.portfolio import FIGURES
from console.pages.page import Shown, Visit, page
from console.words import Said
from console.words.limits import channel_said
from console.words.verdicts import of_hundred, product_said
from jobs.experiment_tables import glanced, records
from lake.tables import READOUTS, VERDICTS_TABLE

LEVELS = {
    "all": Said("everything", "合计"),
    "kind": Said("product", "产品"),
    "channel": Said("channel of the first touch", "首次触达渠道"),
    "manager": Said("manager", "经理"),
}


@page("/experiments-together", title=("Effects together", "合计效果"), fields=FIGURES)
def experiments_together(visit: Visit) -> Shown:
    """Lifts read within strategies, then joined."""
    if not visit.lake.dates(VERDICTS_TABLE):
        return Shown(template="experiments/none.html")
    found = glanced(visit.lake, visit.ledger)
    pooled = visit.lake.remembered(("pooled", found.as_of), (READOUTS,), lambda: records(found.pooled()))
    level = visit.told.get("level", "")
    rows = [row for row in pooled if row["level"] in LEVELS and level in ("", row["level"])]
    return Shown(
        template="experiments/together.html",
        values={
            "as_of": found.as_of,
            "turn": paged([{**row, "said": _said(row)} for row in rows], visit.told, search=("level",)),
            "level": level,
            "levels": LEVELS,
            "lift": of_hundred,
        },
    )


def _said(row: Mapping[str, Any]) -> Said:
    name = str(row["name"])
    if row["level"] == "kind":
        return product_said(name)
    return {"channel": channel_said(name), "all": Said("all strategies", "全部策略")}.get(
        row["level"], Said(name, name)
    )
