"""Freeze the contact lists, wait where they take approval, hand them to those who call and write."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import as_of, night, work

schedule = PartitionedAssetTimetable(assets=Asset("plan"))
with DAG("release", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=1))):
    freeze = task(work, task_id="freeze", execution_timeout=timedelta(minutes=30))

    @task.sensor(mode="reschedule", poke_interval=timedelta(minutes=1), timeout=timedelta(hours=8))
    def approval() -> bool:
        from jobs.approval import approval_given

        return approval_given(as_of=as_of())

    @task(outlets=[Asset("contact_lists")], execution_timeout=timedelta(minutes=30))
    def release() -> None:
        work("release")

    freeze("freeze") >> approval() >> release()
