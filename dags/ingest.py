"""Take in the bank's extracts of one business date, from the midnight that ends it until all are there."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, task

from dags.night import EVERY_MIDNIGHT, UNTIL_DELIVERED, as_of, night, work

with DAG(
    "ingest", schedule=EVERY_MIDNIGHT, doc_md=__doc__, **night(done_within=timedelta(hours=6), paused=True)
):

    @task.sensor(mode="reschedule", poke_interval=timedelta(minutes=1), timeout=timedelta(hours=8))
    def turn() -> bool:
        from jobs.turn import may_ingest

        return may_ingest(as_of=as_of())

    @task(outlets=[Asset("raw")], execution_timeout=timedelta(hours=1), **UNTIL_DELIVERED)
    def ingest() -> None:
        work("ingest")

    turn() >> ingest()
