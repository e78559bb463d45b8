"""Work out what is known of every customer at the business date."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import as_of, night

schedule = PartitionedAssetTimetable(assets=Asset("raw"))

with DAG("features", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(hours=2))):

    @task(outlets=[Asset("customer_features")], execution_timeout=timedelta(hours=1))
    def features() -> None:
        from jobs.run import run

        run("features", as_of=as_of())

    features()
