"""Decide who is contacted, by which channel and about what, once the night before has been learned from."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import as_of, night, work

schedule = PartitionedAssetTimetable(assets=Asset("customer_segments"))
with DAG("decide", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=4))):

    @task.sensor(mode="reschedule", poke_interval=timedelta(minutes=1), timeout=timedelta(hours=8))
    def turn() -> bool:
        from jobs.turn import may_decide

        return may_decide(as_of=as_of())

    @task(outlets=[Asset("plan")], execution_timeout=timedelta(hours=1))
    def decide() -> None:
        work("decide")

    turn() >> decide()
