"""Prints, as JSON, what Airflow makes of its plugins folder. Run in a process and with a home of its own."""

import json
import sys

from airflow.plugins_manager import get_import_errors, get_plugin_info


def main() -> None:
    facts = {
        "plugins": get_plugin_info(["external_views"]),
        "errors": get_import_errors(),
        "heavy": sorted({"pyspark", "pysail", "mlflow", "pandas", "sklearn", "jobs"} & set(sys.modules)),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
