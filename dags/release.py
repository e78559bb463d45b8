"""Hand the masked contact lists to those who call and write."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import night, work

schedule = PartitionedAssetTimetable(assets=Asset("plan"))
with DAG("release", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=1))):

    @task(outlets=[Asset("contact_lists")], execution_timeout=timedelta(minutes=30))
    def release() -> None:
        work("release")

    release()
