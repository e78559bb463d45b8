"""The strategy book for programs: read it, write drafts into it, and have one tried."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounds
from sqlalchemy import Connection, select

from base.errors import StrategyError
from base.roles import Action, Field
from console.api.asked import CHINESE, Asked, Needs
from console.entrance.guard import LARGEST
from console.errands import Errand, State
from features.catalogue import FEATURES
from lake.tables import CUSTOMER_SEGMENTS
from ledger.schema import STRATEGIES
from strategies.book import Standing, pick, standings, versions_of
from strategies.folder import Written
from strategies.reader import read
from strategies.readings import Version
from strategies.versions import import_

router = APIRouter(tags=["strategies"])

PAGE = 200
_BOOK = Needs(fields=frozenset({Field.INTERNAL}))
_FIGURES = Needs(fields=frozenset({Field.INTERNAL, Field.FIGURES}))
_WRITE = Needs(fields=frozenset({Field.INTERNAL}), action=Action.WRITE_STRATEGY)

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{2,48}$", examples=["fund_first_plan"])]


class Stands(BaseModel):
    """How a strategy stands: ``pending``, a version on its way to going live, and ``running``, that did."""

    name: str
    pending: int | None
    stage: str | None
    running: int | None
    state: str | None


class Names(BaseModel):
    """A page of the book; ``next``: ask on with it as ``after``, null at the end."""

    strategies: list[Stands]
    next: str | None


class Document(BaseModel):
    """One version as it was written, and how its strategy stands."""

    standing: Stands
    version: int
    text: str
    author: str
    at: datetime
    note: str


class Draft(BaseModel):
    """A new version; ``base``: the one it was made from, null for a strategy that is new."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "name: fund_first_plan\n...", "base": 3, "note": "shorter words"}]
        }
    )

    text: Annotated[str, Bounds(max_length=LARGEST // 4)]
    base: Annotated[int, Bounds(ge=1, lt=2**31)] | None = None
    note: Annotated[str, Bounds(max_length=1_000, pattern=r"^[^\x00]*$")] = ""


class Kept(BaseModel):
    """What became of a draft."""

    name: str
    version: int
    outcome: Literal["new", "changed", "unchanged"]


class DryRun(BaseModel):
    """How far a dry run is; ``answer`` where it is done, ``words`` where it failed."""

    name: str
    version: int
    state: State
    answer: dict[str, Any] | None
    words: str


@router.get(
    "/strategies",
    summary="The book, a page at a time, by name.",
    openapi_extra={CHINESE: "策略库，按名称分页。"},
)
def strategies(
    asked: Annotated[Asked, Depends(_BOOK)],
    after: Annotated[str, Query(pattern=r"^[a-z0-9_]{0,49}$", description="The page before's next.")] = "",
) -> Names:
    """Names and how they stand."""
    query = select(*(STRATEGIES.c[key] for key in Stands.model_fields)).where(STRATEGIES.c.name > after)
    with asked.house.ledger.engine.connect() as connection:
        rows = connection.execute(query.order_by(STRATEGIES.c.name).limit(PAGE + 1)).mappings().all()
    found = [Stands(**row) for row in rows[:PAGE]]
    return Names(strategies=found, next=found[-1].name if len(rows) > PAGE else None)


@router.get(
    "/strategies/{name}", summary="One strategy's document.", openapi_extra={CHINESE: "一条策略的文档。"}
)
def strategy(
    asked: Annotated[Asked, Depends(_BOOK)],
    name: Name,
    version: Annotated[int | None, Query(ge=1, lt=2**31, description="Else the newest.")] = None,
) -> Document:
    """Byte for byte as it was written."""
    with asked.house.ledger.engine.connect() as connection:
        standing, versions = _found(connection, name)
    one = pick(versions, version)
    return Document(
        standing=Stands(**{key: getattr(standing, key) for key in Stands.model_fields}),
        version=one.version,
        text=one.text,
        author=one.author,
        at=one.at,
        note=one.note,
    )


@router.post(
    "/strategies/{name}/drafts",
    summary="Writes a new draft version.",
    status_code=201,
    openapi_extra={CHINESE: "写入新的草稿版本。"},
)
def write(asked: Annotated[Asked, Depends(_WRITE)], name: Name, draft: Draft) -> Kept:
    """Refused where the document does not read, or somebody has written since ``base``."""
    document = read(draft.text, file=name, features=FEATURES)
    if document.name != name:
        raise StrategyError(f"the document is called {document.name}; this is the address of {name}")
    (made,) = import_(
        asked.house.ledger,
        [Written(strategy=document, text=draft.text)],
        actor=asked.name,
        bases={} if draft.base is None else {name: draft.base},
        note=draft.note,
    )
    return Kept(name=made.name, version=made.version, outcome=made.outcome)


@router.post(
    "/strategies/{name}/dry-run",
    summary="Has the newest version tried.",
    status_code=202,
    openapi_extra={CHINESE: "试运行最新版本。"},
)
def begin_dry_run(asked: Annotated[Asked, Depends(_FIGURES)], name: Name) -> DryRun:
    """Takes a while: ask for it until it is done. The same version on the same night is tried once."""
    version, key = _of_newest(asked, name)
    return _told(name, version, asked.begin(key, ["strategies", "try", name, "--json"]))


@router.get(
    "/strategies/{name}/dry-run",
    summary="How far the dry run of the newest version is.",
    openapi_extra={CHINESE: "最新版本试运行的进度与结果。"},
)
def dry_run(asked: Annotated[Asked, Depends(_FIGURES)], name: Name) -> DryRun:
    """What it found, once it is done."""
    version, key = _of_newest(asked, name)
    unasked = f"{name} v{version}: no dry run was asked for since the last night; POST it"
    return _told(name, version, asked.so_far(key, unasked=unasked))


def _of_newest(asked: Asked, name: str) -> tuple[int, str]:
    """The newest version, and the key of its dry run on the last night."""
    with asked.house.ledger.engine.connect() as connection:
        _, versions = _found(connection, name)
    nights = asked.house.lake.dates(CUSTOMER_SEGMENTS)
    on = nights[-1] if nights else "no night"
    return versions[-1].version, f"api try {name} v{versions[-1].version} {on}"


def _found(connection: Connection, name: str) -> tuple[Standing, tuple[Version, ...]]:
    known = standings(connection, [name])
    if name not in known:
        raise HTTPException(404, f"{name}: no strategy of the book")
    return known[name], versions_of(connection, name)


def _told(name: str, version: int, errand: Errand) -> DryRun:
    return DryRun(name=name, version=version, state=errand.state, answer=errand.answer, words=errand.words)
