"""How people come into the console."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def _of_somebody_sure(address: str) -> str:
    parts = urlsplit(address)
    near = parts.scheme == "http" and parts.hostname in _THIS_MACHINE
    if parts.hostname and (near or parts.scheme == "https"):
        return address
    raise ValueError("give an address that begins with https://; http is for this very machine alone")


Address = Annotated[str, AfterValidator(_of_somebody_sure)]
"""Of somebody who must be who he says he is: over TLS, or on this very machine."""


class OpenId(BaseModel):
    """The OpenID Connect provider that vouches for people; with it, nobody has a password here.

    The provider gave out ``client_id`` and what ``secret_file`` holds when the console was registered there,
    with ``<public_url>/sign-in/answered`` as where people come back to. ``name_claim``: which claim holds the
    name that roles are given to; take one that people cannot change themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Address
    client_id: Annotated[str, StringConstraints(min_length=1)]
    secret_file: Path
    name_claim: Annotated[str, StringConstraints(min_length=1)] = "preferred_username"


class Console(BaseModel):
    """``public_url``: where browsers find the console, such as https://longreach.bank.example; with https the
    session's cookie leaves on encrypted connections alone. ``idle_minutes``, ``session_hours``: after which a
    session ends. ``attempts``: wrong passwords in a row before a name is closed for ``closed_minutes``.
    ``mlflow_url``, ``airflow_url``: where browsers find MLflow, such as http://127.0.0.1:5000, and Airflow;
    empty: nothing links to it. ``api_per_minute``: questions that a program's token may ask.
    ``oidc``: who vouches for people; left out, they have passwords of the house's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: str = "http://127.0.0.1:8465"
    idle_minutes: Annotated[int, Field(ge=1, le=480)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24)] = 10
    attempts: Annotated[int, Field(ge=3, le=20)] = 5
    closed_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    mlflow_url: str = ""
    airflow_url: str = ""
    api_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 6_000
    oidc: OpenId | None = None
