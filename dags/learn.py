"""Wait for what came of the contacts, read each strategy's effect, report, delete what was kept its time."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, PartitionedAssetTimetable, task

from dags.night import as_of, night, work

schedule = PartitionedAssetTimetable(assets=Asset("contact_lists"))
with DAG("learn", schedule=schedule, doc_md=__doc__, **night(done_within=timedelta(days=2))):

    @task.sensor(mode="reschedule", poke_interval=timedelta(minutes=5), timeout=timedelta(days=2))
    def outcomes() -> bool:
        from jobs.answer import outcomes_ready

        return outcomes_ready(as_of=as_of())

    @task(outlets=[Asset("readouts")], execution_timeout=timedelta(hours=1))
    def learn() -> None:
        for job in ("learn", "report"):
            work(job)

    retention = task(work, task_id="retention", execution_timeout=timedelta(minutes=20))
    outcomes() >> learn() >> retention("retention")
