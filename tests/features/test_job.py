"""The job makes the table from what lies in the lake, and makes it again the same."""

from datetime import date

from base.settings import Settings
from features.compiler import CUSTOMER_FEATURES
from jobs.run import execute, find_job, open_house
from lake.tables import OUTCOMES
from tests.features.world import world

AS_OF = date(2026, 7, 1)


def test_a_second_run_makes_the_identical_table(settings: Settings) -> None:
    tables = world(seed=41, as_of=AS_OF, customers=100)
    del tables[OUTCOMES]  # there are none before the first night
    with open_house(settings, as_of=AS_OF) as night:
        for table, rows in tables.items():
            frame = night.spark.createDataFrame(rows.drop_columns(["as_of"]))
            night.store.write(table, frame, as_of=AS_OF)
        first = execute(find_job("features"), night)
        made = night.store.digest(CUSTOMER_FEATURES, as_of=AS_OF)
        again = execute(find_job("features"), night)
        assert first.written == again.written == {"customer_features": 100}
        assert night.store.digest(CUSTOMER_FEATURES, as_of=AS_OF) == made
