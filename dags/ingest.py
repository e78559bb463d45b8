"""Take in the bank's extracts of one business date, from the midnight that ends it until all are there."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, CronPartitionTimetable, task

from dags.night import BANK_TIME, KEY_FORMAT, UNTIL_DELIVERED, as_of, night, work

# Midnight and no other hour: a key typed by hand and the last day of a back-fill stand for midnight too.
# Switched on after it, ingest waits for the next: "immediately" is within no time, since Airflow takes False
# for a tenth of a day.
schedule = CronPartitionTimetable(
    "0 0 * * *", timezone=BANK_TIME, run_offset=-1, run_immediately=timedelta(0), key_format=KEY_FORMAT
)
with DAG("ingest", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=6), paused=True)):

    @task.sensor(mode="reschedule", poke_interval=timedelta(minutes=1), timeout=timedelta(hours=8))
    def turn() -> bool:
        from jobs.turn import may_ingest

        return may_ingest(as_of=as_of())

    @task(outlets=[Asset("raw")], execution_timeout=timedelta(hours=1), **UNTIL_DELIVERED)
    def ingest() -> None:
        work("ingest")

    turn() >> ingest()
