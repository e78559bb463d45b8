"""Decide who is contacted, by which channel and about what."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import as_of, night

schedule = PartitionedAssetTimetable(assets=Asset("customer_segments"))

with DAG("decide", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=2))):

    @task(outlets=[Asset("plan")], execution_timeout=timedelta(hours=1))
    def decide() -> None:
        from jobs.run import run

        run("decide", as_of=as_of())

    decide()
