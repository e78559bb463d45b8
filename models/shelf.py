"""The shelf of fitted models: MLflow keeps every fit with its evidence, and which one is champion.

The only module that knows MLflow. A version carries the business date it was fitted for, so that a night that
runs twice finds the fit of its first run, and a night of the past is scored by the champion of its time.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from base.errors import ModelError
from base.settings import Settings
from ledger.database import database_url

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SILENCE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}
# Given rather than guessed: guessing imports the model in a process of its own and takes ten seconds.
_REQUIREMENTS = ["scikit-learn", "pandas", "pyspark"]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A fitted model with its evidence, as it is laid on the shelf.

    ``example`` is a few rows of input with named columns, ``data`` the sample it was fitted on.
    """

    model: Any
    as_of: date
    example: pd.DataFrame
    data: pd.DataFrame
    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    plots: Mapping[str, "Figure"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A fit on the shelf. ``promoted`` says that it was made champion when it was fitted."""

    name: str
    number: int
    as_of: date
    promoted: bool
    source: str


class Shelf:
    """Keeps models by name. MLflow is loaded at first use: it is large.

    tracking_uri: a database or an MLflow server. artifacts: local folder of models and plots, used when
    ``tracking_uri`` is a database; a server has its own place.
    """

    def __init__(self, *, tracking_uri: str, artifacts: Path) -> None:
        self.tracking_uri = tracking_uri
        self.artifacts = artifacts.resolve()

    def versions(self, name: str) -> list[Version]:
        """All versions of a model, oldest first."""
        found = self._client.search_model_versions(f"name = '{name}'")
        return sorted((_version(one) for one in found), key=lambda version: version.number)

    def champion(self, name: str, *, as_of: date) -> Version | None:
        """The version in force at a date: the newest promoted one fitted for that date or before."""
        promoted = [v for v in self.versions(name) if v.promoted and v.as_of <= as_of]
        return max(promoted, key=lambda version: (version.as_of, version.number), default=None)

    def fitted_for(self, name: str, *, as_of: date) -> Version | None:
        """The newest version fitted for exactly this date."""
        return next((v for v in reversed(self.versions(name)) if v.as_of == as_of), None)

    def load(self, version: Version) -> Any:
        """The fitted estimator. Raises ModelError when its files are gone."""
        mlflow = self._connect()
        try:
            return mlflow.sklearn.load_model(version.source)
        except Exception as error:
            raise ModelError(
                f"{version.name} version {version.number} cannot be loaded ({type(error).__name__}); "
                "bring its artifacts back, or delete the version so that the next night fits anew"
            ) from error

    def add(self, name: str, fit: Fit, *, promote: bool) -> Version:
        """Lays a fit on the shelf, as champion when ``promote``, else as challenger.

        The verdict is written with the version in one step, so a killed job leaves either both or none.
        """
        mlflow = self._connect()
        mlflow.set_experiment(experiment_id=self._experiment(name))
        with mlflow.start_run(run_name=f"{name} {fit.as_of}", tags={"as_of": fit.as_of.isoformat()}) as run:
            mlflow.log_params(dict(fit.parameters))
            mlflow.log_metrics(dict(fit.metrics))
            mlflow.log_input(mlflow.data.from_pandas(fit.data, name=f"{name}-sample"), context="fit")
            for title, figure in fit.plots.items():
                mlflow.log_figure(figure, f"{title}.png")
            logged = self._log_model(name, fit)
            version = self._register(name, logged, run_id=run.info.run_id, as_of=fit.as_of, promote=promote)
        self.settle(name)
        return version

    def settle(self, name: str) -> None:
        """Points ``champion`` at the newest promoted version and ``challenger`` at a newer one, if any."""
        versions = self.versions(name)
        order = sorted(versions, key=lambda version: (version.as_of, version.number))
        champion = next((v for v in reversed(order) if v.promoted), None)
        challenger = order[-1] if order and order[-1] != champion else None
        for alias, version in (("champion", champion), ("challenger", challenger)):
            if version is not None:
                self._client.set_registered_model_alias(name, alias, str(version.number))
            elif alias in self._client.get_registered_model(name).aliases:
                self._client.delete_registered_model_alias(name, alias)

    def outdated(self, before: date) -> list[Version]:
        """Versions of all models fitted before a date that no night from then on is scored by.

        The newest of each model stays too: from its date on it is reckoned when to fit anew.
        """
        found = []
        for model in self._client.search_registered_models():
            versions = self.versions(model.name)
            needed = (self.champion(model.name, as_of=before), versions[-1] if versions else None)
            found += [version for version in versions if version.as_of < before and version not in needed]
        return found

    def drop(self, version: Version) -> None:
        """Deletes a version with its files; parameters and measures of its run stay on MLflow's record."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        name, number = version.name, str(version.number)
        run = self._client.get_run(self._client.get_model_version(name, number).run_id)
        for place in (self._client.get_model_version_download_uri(name, number), run.info.artifact_uri):
            get_artifact_repository(place).delete_artifacts()
        for model in run.outputs.model_outputs:
            self._client.delete_logged_model(model.model_id)
        self._client.delete_run(run.info.run_id)
        # Last: whoever is interrupted before finds the version again.
        self._client.delete_model_version(name, number)

    def _log_model(self, name: str, fit: Fit) -> Any:
        mlflow = self._connect()
        with warnings.catch_warnings():
            # It advises against whole numbers, which a segment's position is.
            warnings.simplefilter("ignore", UserWarning)
            return mlflow.sklearn.log_model(
                fit.model,
                name=name,
                input_example=fit.example,
                pip_requirements=_REQUIREMENTS,
                serialization_format="cloudpickle",
            )

    def _register(self, name: str, logged: Any, *, run_id: str, as_of: date, promote: bool) -> Version:
        tags = {"as_of": as_of.isoformat(), "promoted": str(promote).lower()}
        made = self._client.create_model_version(
            name, logged.model_uri, run_id=run_id, tags=tags, model_id=logged.model_id
        )
        return _version(made)

    def _experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        served = self.tracking_uri.startswith(("http:", "https:"))
        location = None if served else (self.artifacts / name).as_uri()
        return str(self._client.create_experiment(name, artifact_location=location))

    def _connect(self) -> Any:
        for variable, value in _SILENCE.items():
            os.environ.setdefault(variable, value)
        import mlflow.sklearn

        for logger in ("mlflow", "alembic"):
            logging.getLogger(logger).setLevel(logging.ERROR)
        with _environment_kept("MLFLOW_TRACKING_URI"):
            mlflow.set_tracking_uri(self.tracking_uri)
        return mlflow

    @cached_property
    def _client(self) -> Any:
        mlflow = self._connect()
        try:
            return mlflow.MlflowClient(tracking_uri=self.tracking_uri)
        except Exception as error:
            raise ModelError(
                f"the model registry does not answer ({type(error).__name__}); "
                "start it, mend MLFLOW_TRACKING_URI, or unset it to use the embedded one"
            ) from error


def open_shelf(settings: Settings) -> Shelf:
    """The shelf that settings name, else one on the ledger's PostgreSQL with files in the home folder."""
    uri = settings.mlflow_tracking_uri or own_address(settings)
    return Shelf(tracking_uri=uri, artifacts=settings.home / "models")


def own_address(settings: Settings) -> str:
    """Where MLflow keeps its records when the settings name no other place: the house's PostgreSQL."""
    # MLflow's own migrations trip over psycopg 3, whose pipelines they abort.
    own = database_url(settings, "mlflow").set(drivername="postgresql+psycopg2")
    return own.render_as_string(hide_password=False)


@contextmanager
def _environment_kept(variable: str) -> Iterator[None]:
    """MLflow exports its address; settings read later in this process must not take it for the user's."""
    before = os.environ.get(variable)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = before


def _version(found: Any) -> Version:
    return Version(
        name=found.name,
        number=int(found.version),
        as_of=date.fromisoformat(found.tags["as_of"]),
        promoted=found.tags["promoted"] == "true",
        source=found.source,
    )
