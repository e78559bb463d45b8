"""Place every long-tail customer in a segment."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import night, work

schedule = PartitionedAssetTimetable(assets=Asset("customer_features"))
with DAG("segments", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=2))):

    @task(outlets=[Asset("customer_segments")], execution_timeout=timedelta(hours=1))
    def segments() -> None:
        work("segments")

    segments()
