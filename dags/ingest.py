"""Take in the bank's extracts of one business date, from the midnight that ends it until they are all there."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, CronPartitionTimetable, task

from dags.night import BANK_TIME, KEY_FORMAT, as_of, night

# Midnight and no other hour: a key typed by hand and the last day of a back-fill stand for midnight too.
schedule = CronPartitionTimetable("0 0 * * *", timezone=BANK_TIME, run_offset=-1, key_format=KEY_FORMAT)

with DAG("ingest", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=6))):

    @task(outlets=[Asset("raw")], execution_timeout=timedelta(hours=1), retries=20)
    def ingest() -> None:
        from jobs.run import run

        run("ingest", as_of=as_of())

    ingest()
