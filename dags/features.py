"""Work out what is known of every customer at the business date."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import night, work

schedule = PartitionedAssetTimetable(assets=Asset("raw"))
with DAG("features", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=2))):

    @task(outlets=[Asset("customer_features")], execution_timeout=timedelta(hours=1))
    def features() -> None:
        work("features")

    features()
