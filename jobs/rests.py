"""Numbers about whose contacts people complained rest from the night on."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from jobs.job import Frames, Night
from lake.tables import OUTCOMES
from outreach.callers.register import rest_complained


def rest_callers(night: Night, frames: Frames, outcomes: pa.Table) -> None:
    """Lets numbers rest by what came back tonight (``outcomes``) and on the nights before."""
    told, day = night.settings.callers, night.as_of + timedelta(days=1)
    lately = F.col("happened_at") >= F.lit(day - timedelta(days=told.complaint_days)).cast("timestamp")
    earlier = frames[OUTCOMES].where((F.col("result") == "complained") & lately).select("contact").toArrow()
    tonight = outcomes.filter(pc.equal(outcomes["result"], "complained")).select(["contact"])
    contacts = pa.concat_tables([earlier, tonight], promote_options="default")["contact"].unique()
    with night.ledger.engine.begin() as connection:
        rested = rest_complained(
            connection, contacts, day=day, days=told.rest_days, complaints=told.complaints
        )
    for number in rested:
        night.progress(f"{number} rests for {told.rest_days} days: {told.complaints} complaints or more")
