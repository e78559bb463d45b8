"""Take in the bank's extracts of one business date, from the midnight that ends it until all are there."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, CronPartitionTimetable, task

from dags.night import BANK_TIME, KEY_FORMAT, night, work

# Midnight and no other hour: a key typed by hand and the last day of a back-fill stand for midnight too.
schedule = CronPartitionTimetable("0 0 * * *", timezone=BANK_TIME, run_offset=-1, key_format=KEY_FORMAT)
# An extract that is missing or wrong is delivered, or delivered again, later in the night.
until_delivered = {"retries": 20, "retry_delay": timedelta(minutes=15)}
with DAG("ingest", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=6), paused=True)):

    @task(outlets=[Asset("raw")], execution_timeout=timedelta(hours=1), **until_delivered)
    def ingest() -> None:
        work("ingest")

    ingest()
