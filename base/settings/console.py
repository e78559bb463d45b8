"""How people come into the console."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Console(BaseModel):
    """``public_url``: where browsers find the console, such as https://longreach.bank.example; with https the
    session's cookie leaves on encrypted connections alone. ``idle_minutes``, ``session_hours``: after which a
    session ends. ``attempts``: wrong passwords in a row before a name is closed for ``closed_minutes``.
    ``mlflow_url``: where browsers find MLflow, such as http://127.0.0.1:5000; empty: nothing links to it.
    ``api_per_minute``: questions that a program's token may ask.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: str = "http://127.0.0.1:8465"
    idle_minutes: Annotated[int, Field(ge=1, le=480)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24)] = 10
    attempts: Annotated[int, Field(ge=3, le=20)] = 5
    closed_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    mlflow_url: str = ""
    api_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 6_000
