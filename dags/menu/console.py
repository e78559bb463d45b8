"""Airflow's menu leads to the console."""

from airflow.plugins_manager import AirflowPlugin

from base.settings import load_settings


class ConsoleLink(AirflowPlugin):
    """A link of the menu; without a route of its own Airflow opens it beside itself, in no frame."""

    name = "longreach_console"
    external_views = [
        {"name": "Longreach", "href": load_settings().console.public_url, "destination": "nav"},
    ]
