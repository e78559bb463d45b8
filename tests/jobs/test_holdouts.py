"""Who is held out, as outside diallers get it: the right people, by number alone, whole and on record."""

import csv
import stat
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from base.errors import ExperimentError, LedgerError, ScheduleError, VaultError
from base.settings import Experiments, Holdout, Settings, load_settings
from experiments.holdouts import holdouts, is_held
from jobs.holdouts import export, standing
from jobs.locks import undisturbed_at_once
from jobs.run import open_house
from lake.tables import CUSTOMER_SEGMENTS
from ledger.audit import trail
from ledger.database import open_ledger
from outreach.vault import Vault

NIGHT = date(2026, 7, 1)
CUSTOMERS = 3_000
DRAWN = Experiments(
    global_holdout=0.05,
    holdouts={
        "young": Holdout(share=0.2, segments=("S03",)),
        "wealth_quiet": Holdout(share=0.1, tags=("wealth",)),
    },
)  # type: ignore[call-arg]


def quiet(_: str) -> None:
    """Nobody listens."""


def numbers(rows: int = CUSTOMERS) -> list[str]:
    return [f"C{row:07d}" for row in range(rows)]


def segment(row: int) -> str:
    return "S03" if row % 3 == 0 else "S01"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A night of 3,000 customers with segments and identities; the last one is unknown to the vault."""
    home = tmp_path_factory.mktemp("holdouts")
    settings = load_settings(home=home, experiments=DRAWN)
    vault = Vault(settings)
    known = numbers()
    vault.put(
        NIGHT,
        pa.table(
            {
                "customer": vault.tokens("customer", pa.array(known)),
                "customer_no": known,
                "name": ["张三丰"] * CUSTOMERS,
                "phone": [f"138{row:08d}" for row in range(CUSTOMERS)],
                "id_number": [f"1101011990030{row:04d}X" for row in range(CUSTOMERS)],
                "generated": [True] * CUSTOMERS,
            }
        ),
    )
    with open_house(settings, as_of=NIGHT, progress=quiet) as night:
        rows = pa.table(
            {
                "customer": vault.tokens("customer", pa.array(known)),
                "segment": [segment(row) for row in range(CUSTOMERS)],
                "version": ["1"] * CUSTOMERS,
                "distance": [0.0] * CUSTOMERS,
            }
        )
        night.store.write(CUSTOMER_SEGMENTS, night.store.frame(CUSTOMER_SEGMENTS, rows), as_of=NIGHT)
    return settings


def expected(settings: Settings, name: str) -> list[str]:
    """The numbers held, drawn one by one in plain Python."""
    tokens = Vault(settings).tokens("customer", pa.array(numbers())).to_pylist()
    holdout = holdouts(DRAWN)[name]
    return [
        number
        for row, (token, number) in enumerate(zip(tokens, numbers(), strict=True))
        if is_held(token, name=name, holdout=holdout, salt=DRAWN.salt)
        and (not holdout.segments or segment(row) in holdout.segments)
    ]


@pytest.mark.parametrize("name", ["global", "young", "wealth_quiet"])
def test_the_file_holds_the_numbers_of_those_held_out_and_nothing_else(settings: Settings, name: str) -> None:
    path, rows = export(settings, name, actor="陈静", progress=quiet)
    lines = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [line["customer_no"] for line in lines] == expected(settings, name)
    assert rows == len(lines) > 50
    assert set(lines[0]) == {"customer_no"}
    assert path.name == f"{name}-2026-07-01.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_who_took_it_is_on_record_without_naming_anybody(settings: Settings) -> None:
    path, rows = export(settings, "young", actor="陈静", progress=quiet)
    again, _ = export(settings, "young", actor="陈静", progress=quiet)
    assert again.read_bytes() == path.read_bytes()
    with open_ledger(settings) as ledger:
        line, looked = trail(ledger, action="holdout exported")[0], trail(ledger, action="vault.take")[0]
    assert (line["actor"], line["subject"]) == ("陈静", "young")
    assert line["detail"]["covers"] == "segments S03"
    assert line["detail"]["rows"] == looked["detail"]["rows"] == rows
    assert "C000" not in str(line) + str(looked)


def test_every_holdout_is_told_with_what_it_covers(settings: Settings) -> None:
    told = {each.name: each for each in standing(settings, progress=quiet)}
    assert list(told) == ["global", "wealth_quiet", "young"]
    assert {name: each.covers for name, each in told.items()} == {
        "global": "everything",
        "wealth_quiet": "tags wealth",
        "young": "segments S03",
    }
    for name, each in told.items():
        assert each.customers == len(expected(settings, name))
        assert each.among == (CUSTOMERS // 3 if name == "young" else CUSTOMERS)


def test_what_there_is_not_is_refused_in_words(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="yong: no holdout is called this; there are: global, wealth"):
        export(settings, "yong", actor="陈静", progress=quiet)
    with pytest.raises(ScheduleError, match="2026-08-01 has no segments"):
        export(settings, "young", as_of=date(2026, 8, 1), actor="陈静", progress=quiet)
    blocked = tmp_path / "a_file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ExperimentError, match="not written"):
        export(settings, "young", actor="陈静", path=blocked / "young.csv", progress=quiet)


def test_it_is_not_written_while_somebody_is_erased(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "global.csv"
    with (
        open_ledger(settings) as ledger,
        undisturbed_at_once(ledger),
        pytest.raises(LedgerError, match="another process exports or deletes"),
    ):
        export(settings, "global", actor="anna", path=file, progress=quiet)
    assert not file.exists()


def test_nothing_is_written_where_somebody_has_no_identity(settings: Settings, tmp_path: Path) -> None:
    strangers = settings.model_copy(update={"experiments": DRAWN.model_copy(update={"salt": "another"})})
    later, path = date(2026, 7, 2), tmp_path / "held.csv"
    vault = Vault(settings)
    with open_house(settings, as_of=later, progress=quiet) as night:
        rows = night.store.read(CUSTOMER_SEGMENTS, as_of=NIGHT).drop("as_of")
        night.store.write(CUSTOMER_SEGMENTS, rows, as_of=later)
    few = numbers(10)
    vault.put(
        later,
        pa.table(
            {
                "customer": vault.tokens("customer", pa.array(few)),
                "customer_no": few,
                **dict.fromkeys(("name", "phone", "id_number"), pa.nulls(10, pa.string())),
                "generated": [True] * 10,
            }
        ),
    )
    with pytest.raises(VaultError, match="nothing was written: run ingest"):
        export(strangers, "global", as_of=later, actor="陈静", path=path, progress=quiet)
    assert not path.exists()
