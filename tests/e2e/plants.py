"""Leaks, one in every kind of output, laid down so that a search can show that it finds them all."""

import csv
import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

import deltalake
import mlflow
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import create_engine, text

from base.settings import Settings
from ledger.database import database_url
from models.shelf import own_address
from outreach.deliver.keys import sealing_keys
from outreach.deliver.package import seal

PLANTED = "planted"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose identifiers are laid down: the four that the bank delivers."""

    customer_no: str
    name: str
    phone: str
    id_number: str


@dataclass(frozen=True)
class Plant:
    """A kind of output. ``place``: with what the words of the search about it begin; ``also``: the same of
    what is written with it."""

    kind: str
    place: str
    lay: Callable[[Settings, Person], None]
    also: str = ""


def people_to_plant(identities: pa.Table, *, own_text: str) -> Iterator[Person]:
    """Those with a mobile, an ID number of digits, and a name of three signs that the house never says."""
    for row in identities.drop_columns("generated").to_pylist():
        sizes = {"phone": 11, "id_number": 18}
        usual = all((row[of] or "").isdigit() and len(row[of]) == size for of, size in sizes.items())
        if usual and len(row["name"]) == 3 and row["name"] not in own_text:
            yield Person(**row)


def plant_all(settings: Settings, people: Iterator[Person], *, plants: tuple[Plant, ...]) -> None:
    """Lays each with a person of its own."""
    for plant in plants:
        plant.lay(settings, next(people))


def unfound(leaks: list[str], *, plants: tuple[Plant, ...]) -> list[str]:
    """The kinds of which no leak tells."""
    return [plant.kind for plant in plants if not any(leak.startswith(plant.place) for leak in leaks)]


def beside(leaks: list[str], *, plants: tuple[Plant, ...]) -> list[str]:
    """The leaks that were not planted."""
    planted = tuple(place for plant in plants for place in (plant.place, plant.also) if place)
    return [leak for leak in leaks if not leak.startswith(planted)]


def _file(kind: str, place: str, written: Callable[[Person], bytes]) -> Plant:
    def lay(settings: Settings, person: Person) -> None:
        path = settings.home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(person))

    return Plant(kind, place, lay)


def _zip(person: Person) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", f"1,{person.phone},x\n")
    return sink.getvalue()


def _parquet(column: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"c": column}), sink, compression="zstd", write_statistics=False)
    return bytes(sink.getvalue())


def _png(person: Person) -> bytes:
    texts = PngInfo()
    texts.add_itxt("Title", f"客户 {person.name}", zip=True)
    sink = io.BytesIO()
    Image.new("L", (8, 8)).save(sink, "png", pnginfo=texts)
    return sink.getvalue()


def _delta(name: str, *, keep_rows: bool) -> Callable[[Settings, Person], None]:
    """A table with a person in a column; with ``keep_rows`` false in the statistics of its log only."""

    def lay(settings: Settings, person: Person) -> None:
        folder = settings.lake_folder / name
        deltalake.write_deltalake(folder, pa.table({"reason": [person.name], "who": [person.customer_no]}))
        for file in folder.glob("*.parquet"):
            if not keep_rows:
                file.unlink()

    return lay


def _sealed(recipient: str, *columns: str, row: Callable[[Person], tuple[str, ...]]) -> Plant:
    place = f"outbox/{recipient}/{PLANTED}-{'-'.join(columns)}.sealed"

    def lay(settings: Settings, person: Person) -> None:
        path = settings.home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sealed_list(settings, recipient, columns, row(person)))

    return Plant(f"sealed list of {recipient}", place, lay)


def sealed_list(settings: Settings, recipient: str, columns: tuple[str, ...], row: tuple[str, ...]) -> bytes:
    """A list of one row, sealed to the recipient as real ones are."""
    sink = io.StringIO()
    csv.writer(sink).writerows([columns, row])
    files = {"list.csv": sink.getvalue().encode(), "manifest.json": b"{}"}
    return seal(files, keys=sealing_keys(settings, recipient))


def _sql(kind: str, database: str, table: str, *statements: str, value: Callable[[Person], object]) -> Plant:
    """Entered past all triggers, as only who owns the database can."""

    def lay(settings: Settings, person: Person) -> None:
        engine = create_engine(database_url(settings, database))
        with engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), {"value": value(person)})
        engine.dispose()

    return Plant(kind, f"{database}.{table}", lay)


def _sealed_content(settings: Settings, person: Person) -> None:
    content = sealed_list(settings, "ai_dialler", ("contact", "text"), ("a", person.name))
    half = len(content) // 2
    engine = create_engine(database_url(settings))
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        for part, piece in enumerate((content[:half], content[half:])):
            connection.execute(
                text("insert into release_content values (:day, 'ai_dialler', 99, 'file', :part, :piece)"),
                {"day": date(1999, 1, 1), "part": part, "piece": piece},
            )
    engine.dispose()


def _tracked(
    kind: str, table: str, log: Callable[[mlflow.MlflowClient, str, Person], object], also: str = ""
) -> Plant:
    """In a run of MLflow's own, as models are tracked."""

    def lay(settings: Settings, person: Person) -> None:
        client = mlflow.MlflowClient(tracking_uri=own_address(settings))
        found = client.get_experiment_by_name(PLANTED)
        files = (settings.home / "models" / PLANTED).resolve().as_uri()
        number = found.experiment_id if found else client.create_experiment(PLANTED, artifact_location=files)
        log(client, client.create_run(number).info.run_id, person)

    return Plant(kind, table, lay, also)


def _airflow(kind: str, table: str, columns: str, values: str, value: Callable[[Person], object]) -> Plant:
    statement = f"insert into {table} ({columns}) values ({values})"
    return _sql(kind, "airflow", f"public.{table}", statement, value=value)


FILES: tuple[Plant, ...] = (
    _file("text log", "night-planted.log", lambda p: f"row 7: {p.phone} done\n".encode()),
    _file("JSON", "audit/planted.json", lambda p: json.dumps({"who": p.name}).encode()),
    _file("CSV", "exports/planted.csv", lambda p: f"a,{p.phone[:3]}-{p.phone[3:7]}-{p.phone[7:]}\n".encode()),
    _file("CSV in GB18030", "exports/planted-gb.csv", lambda p: f"编号,{p.name}\n".encode("gb18030")),
    _file("text in UTF-16", "exports/planted-16.txt", lambda p: f"编号 {p.name}\n".encode("utf-16")),
    _file("gzip", "exports/planted.gz", lambda p: gzip.compress(p.id_number.encode())),
    _file("zip", "exports/planted.zip", _zip),
    _file("parquet column", "inbox/planted.parquet", lambda p: _parquet(pa.array(["x", p.phone]))),
    _file(
        "parquet dictionary",
        "staging/planted.parquet",
        lambda p: _parquet(pa.array(["x", p.name] * 50).dictionary_encode()),
    ),
    _file("parquet number", "staging/planted-number.parquet", lambda p: _parquet(pa.array([int(p.phone)]))),
    _file(
        "parquet structure",
        "staging/planted-deep.parquet",
        lambda p: _parquet(pa.array([{"a": [{"b": p.customer_no}]}])),
    ),
    _file("report HTML", "reports/planted.html", lambda p: f"<td>{quote(p.name)}</td>".encode()),
    _file("report SVG", "reports/planted.svg", lambda p: f"<text>{p.customer_no}</text>".encode()),
    _file("report PNG", "reports/planted.png", _png),
    _file("pickle", "models/planted.pkl", lambda p: pickle.dumps({"who": p.id_number})),
    _file(
        "pickled numbers",
        "models/planted-numbers.pkl",
        lambda p: pickle.dumps(np.array([1, int(p.phone)])),
    ),
    _file(
        "Airflow log",
        "airflow/logs/planted/attempt=1.log",
        lambda p: json.dumps({"event": f"failed for {p.name}", "level": "error"}).encode(),
    ),
    _sealed("ai_dialler", "contact", "text", row=lambda p: ("a", f"您好，{p.name}女士")),
    _sealed("sms_gateway", "number", "text", row=lambda p: (p.phone, f"客户号{p.customer_no}")),
    _sealed("sms_gateway", "contact", "number", row=lambda p: ("a", p.id_number)),
    Plant("Delta column", "lake/planted/part", _delta(PLANTED, keep_rows=True), "lake/planted/_delta_log"),
    Plant("Delta log", "lake/planted_log/_delta_log", _delta("planted_log", keep_rows=False)),
    _tracked(
        "MLflow artifact",
        "models/planted/",
        lambda client, run, p: client.log_dict(run, {"rows": [p.id_number]}, "input_example.json"),
    ),
)
"""In files of the home; places are below it."""

TABLES: tuple[Plant, ...] = (
    _sql(
        *("ledger text", "longreach", "public.opt_outs"),
        "insert into opt_outs (id, customer, channel, reason) values (-1, 'a', 'all', :value)",
        value=lambda p: f"{p.name}不想再接电话",
    ),
    _sql(
        *("ledger JSON", "longreach", "public.alerts"),
        "insert into alerts (id, kind, subject, detail) values (-1, 'x', 'x', cast(:value as json))",
        value=lambda p: json.dumps({"who": p.name}),
    ),
    Plant("ledger bytes, sealed", "longreach.public.release_content.content, sealed", _sealed_content),
    _sql(
        *("vault, not sealed", "longreach", "vault.first_tokens"),
        "insert into vault.first_tokens (kind, made, token) values ('phone', -1, :value)",
        value=lambda p: p.phone,
    ),
    _sql(
        *("ledger number", "longreach", "public.planted_number"),
        *("create table planted_number (who numeric)", "insert into planted_number values (:value)"),
        value=lambda p: int(p.id_number),
    ),
    _sql(
        *("large object", "longreach", "pg_catalog.pg_largeobject"),
        "select lo_from_bytea(0, :value)",
        value=lambda p: p.id_number.encode(),
    ),
    _tracked("MLflow parameter", "mlflow.public.params", lambda c, run, p: c.log_param(run, "k", p.phone)),
    _tracked("MLflow tag", "mlflow.public.tags", lambda c, run, p: c.set_tag(run, "who", p.name)),
    _tracked(
        *("MLflow metric", "mlflow.public.metrics"),
        *(lambda c, run, p: c.log_metric(run, "k", int(p.phone)), "mlflow.public.latest_metrics"),
    ),
)
"""In tables of the ledger's server; places are databases and tables."""

AIRFLOW: tuple[Plant, ...] = (
    _airflow(
        *("Airflow XCom", "xcom", "dag_run_id, task_id, key, dag_id, run_id, value, timestamp"),
        "0, 'x', 'return_value', 'x', 'x', cast(:value as jsonb), now()",
        value=lambda p: json.dumps([p.phone]),
    ),
    _airflow(
        *("Airflow rendered template", "rendered_task_instance_fields"),
        *("dag_id, task_id, run_id, rendered_fields", "'x', 'x', 'x', cast(:value as json)"),
        value=lambda p: json.dumps({"text": p.name}),
    ),
    _airflow(
        *("Airflow event", "log", "dttm, event, extra", "now(), 'x', :value"),
        value=lambda p: p.customer_no,
    ),
)
"""In tables of Airflow's own database, on the same server."""
