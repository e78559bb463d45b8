"""Takes in a day's extracts: checks them, replaces customer numbers by tokens, and keeps identities apart."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from base.errors import QualityError, SourceError, StoreError
from evaluation.suppress import shown
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CUSTOMERS, DELIVERED, IDENTITIES, NUMBERS, PERSONS, QUARANTINE
from outreach.opt_outs import bind_accounts
from outreach.vault import Vault
from quality.figures import Figure, figures
from quality.gate import Gate, Tally
from quality.judge import judge
from quality.keys import Numbers
from quality.quarantine import Quarantine
from sources.delivery import Delivery, open_delivery
from sources.extract import Extract
from sources.numbers import classify
from sources.source import open_source

_EVENTS = tuple(table for table in DELIVERED if table.delivery == "events")
_WRITTEN = (*DELIVERED, NUMBERS, PERSONS, QUARANTINE)


@job(reads=tuple(table.before for table in _EVENTS), writes=_WRITTEN)
def ingest(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Takes in the extracts of the business date.

    Rows that break what was agreed go to the quarantine; more of them than a table tolerates stop the night.
    Customer numbers become tokens; names, phones and ID numbers go to the vault and nowhere else.
    """
    source = open_source(night.settings)
    night.progress(f"waiting for the extracts of {night.as_of}")
    delivery = open_delivery(source.deliver(night.as_of), as_of=night.as_of)
    extracts = {extract.table: extract for extract in source.extracts}
    vault, stage, quarantine = Vault(night.settings), _fresh_stage(night), Quarantine()
    intake = Intake(night=night, frames=frames, delivery=delivery, stage=stage, quarantine=quarantine)
    try:
        customers = intake.take_in_customers(extracts[CUSTOMERS], vault)
        identities = intake.read_identities(extracts[IDENTITIES], customers)
        for table, extract in extracts.items():
            if table not in (CUSTOMERS, IDENTITIES):
                intake.take_in(extract, customers)
    except (QualityError, SourceError):
        with suppress(QualityError):  # people find the same in the pages, beside what went well before
            intake.judge(())
        raise
    intake.judge(intake.figures())
    phones = classify(identities["phone"].combine_chunks())
    identities = identities.set_column(identities.schema.get_field_index("phone"), "phone", phones["phone"])
    vault.put(night.as_of, _everybody(identities, customers))
    if customers.tokens.null_count:
        night.progress(f"{shown(customers.tokens.null_count)} customers were erased and are not taken in")
    people = vault.same_person(as_of=night.as_of)
    bind_accounts(night.ledger, people)
    _write(PERSONS, people.to_batches(), stage)
    _write(NUMBERS, _numbers(identities, phones, customers, vault).to_batches(), stage)
    _write(QUARANTINE, quarantine.table().to_batches(), stage)
    return {table: _frame(table, night, stage) for table in _WRITTEN}


@dataclass(frozen=True, kw_only=True)
class Customers:
    """All customers of the night: the bank's numbers for them, and at the same places their tokens.

    Who was erased has none: what is delivered of them is not taken in.
    """

    numbers: pa.Array
    tokens: pa.Array


@dataclass(frozen=True, kw_only=True)
class Intake:
    """One night's way from extracts to staged tables, which hold tokens only."""

    night: Night
    frames: Frames
    delivery: Delivery
    stage: Path
    quarantine: Quarantine
    tallies: list[Tally] = field(default_factory=list)

    def take_in_customers(self, extract: Extract, vault: Vault) -> Customers:
        """Stages the customers; their tokens are what all other tables are joined to."""
        gate = self._gate(CUSTOMERS, None)
        table = self._whole(gate, extract)
        numbers = table["customer_no"].combine_chunks()
        tokens = pc.if_else(vault.erased(numbers), None, vault.tokens("customer", numbers))
        customers = Customers(numbers=numbers, tokens=tokens)
        staged = table.append_column("customer", tokens).filter(pc.is_valid(tokens))
        _write(CUSTOMERS, staged.to_batches(), self.stage)
        return customers

    def read_identities(self, extract: Extract, customers: Customers) -> pa.Table:
        """The identities, in memory: they are never staged."""
        gate = self._gate(IDENTITIES, customers)
        table = self._whole(gate, extract)
        places = pc.index_in(table["customer_no"], value_set=customers.numbers)
        table = table.append_column("customer", customers.tokens.take(places.combine_chunks()))
        return table.filter(pc.is_valid(table["customer"])).select(list(IDENTITIES.names))

    def take_in(self, extract: Extract, customers: Customers) -> None:
        """Stages any other table, piece by piece."""
        table = extract.table
        self.night.progress(f"taking in {table.name}")
        gate = self._gate(table, customers)
        _write(table, self._tokenised(gate, extract, customers), self.stage)
        repeats = np.union1d(gate.repeats(), self._known_before(table))
        if len(repeats):
            staged = pq.read_table(_path(table, self.stage))
            gate.reject_repeats(repeats, staged.take(pa.array(repeats)))
            kept = np.setdiff1d(np.arange(staged.num_rows), repeats, assume_unique=True)
            _write(table, staged.take(pa.array(kept)).to_batches(), self.stage)
        if customers.tokens.null_count:
            staged = pq.read_table(_path(table, self.stage))
            _write(table, staged.filter(pc.is_valid(staged["customer"])).to_batches(), self.stage)
        gate.close()

    def figures(self) -> tuple[Figure, ...]:
        """What is demanded of whole tables."""
        delivered = {
            table: _frame(table, self.night, self.stage)
            for table in DELIVERED
            if _path(table, self.stage).exists()
        }
        earlier = {table: frame for table, frame in self.frames.items() if self.night.store.exists(table)}
        return figures(delivered, earlier, as_of=self.night.as_of)

    def judge(self, found: Sequence[Figure]) -> None:
        """Lets Great Expectations speak. Raises QualityError when a threshold is broken."""
        self.night.progress("judging the quality of what came in")
        docs = self.night.settings.reports_folder / "data_docs"
        judge(self.tallies, found, as_of=self.night.as_of, ledger=self.night.ledger, docs=docs)

    def _gate(self, table: Table, customers: Customers | None) -> Gate:
        known = None if customers is None else customers.numbers
        gate = Gate(table, as_of=self.night.as_of, known=known, quarantine=self.quarantine)
        self.tallies.append(gate.tally)
        return gate

    def _admitted(self, gate: Gate, extract: Extract) -> Iterator[tuple[pa.RecordBatch, pa.Array | None]]:
        for piece in self.delivery.read(extract):
            yield gate.admit(
                piece.batch, file=piece.file, rows=piece.rows, unreadable=piece.unreadable, torn=piece.torn
            )

    def _whole(self, gate: Gate, extract: Extract) -> pa.Table:
        """A table small enough to be held at once: one row a customer."""
        self.night.progress(f"taking in {extract.table.name}")
        table = pa.Table.from_batches([batch for batch, _ in self._admitted(gate, extract)])
        repeats = gate.repeats()
        if len(repeats):
            gate.reject_repeats(repeats, table.take(pa.array(repeats)))
            table = table.take(pa.array(np.setdiff1d(np.arange(table.num_rows), repeats, assume_unique=True)))
        gate.close()
        return table

    def _tokenised(self, gate: Gate, extract: Extract, customers: Customers) -> Iterator[pa.RecordBatch]:
        for batch, places in self._admitted(gate, extract):
            yield batch.append_column("customer", customers.tokens.take(places))

    def _known_before(self, table: Table) -> Numbers:
        """Places of staged rows whose key was already delivered on an earlier date."""
        if table not in self.frames or not self.night.store.exists(table):
            return np.array([], np.int64)
        keys = list(table.grain)
        staged = _frame(table, self.night, self.stage).select(keys)
        again = staged.join(self.frames[table].select(keys), keys, "left_semi").toArrow()
        if not again.num_rows:
            return np.array([], np.int64)
        every = pq.read_table(_path(table, self.stage), columns=keys)
        again = again.cast(every.schema)
        every = every.append_column("place", pa.array(np.arange(every.num_rows)))
        return np.sort(every.join(again, keys, join_type="left semi")["place"].to_numpy())


def _everybody(identities: pa.Table, customers: Customers) -> pa.Table:
    """The identities, and customers who came without one by their numbers alone: they keep their tokens too
    when the key of tokens is rotated."""
    there = pc.is_valid(customers.tokens)
    tokens, numbers = customers.tokens.filter(there), customers.numbers.filter(there)
    bare = pc.invert(pc.is_in(tokens, value_set=identities["customer"].combine_chunks()))
    rows = int(pc.sum(bare).as_py() or 0)
    columns = {
        "customer": tokens.filter(bare),
        "customer_no": numbers.filter(bare),
        **{name: pa.nulls(rows, pa.string()) for name in ("name", "phone", "id_number")},
        "generated": pa.array([False] * rows, pa.bool_()),
    }
    nameless = pa.table(columns).select(identities.column_names).cast(identities.schema)
    return pa.concat_tables([identities, nameless])


def _numbers(identities: pa.Table, phones: pa.Table, customers: Customers, vault: Vault) -> pa.Table:
    """One row a customer; customers who came without an identity have no number."""
    everybody = customers.tokens.drop_null()
    places = pc.index_in(everybody, value_set=identities["customer"].combine_chunks())
    kinds = pc.fill_null(phones["kind"].take(places), "none")
    tokens = vault.tokens("phone", phones["phone"]).take(places)
    return pa.table([everybody, tokens, kinds], names=list(NUMBERS.names))


def _fresh_stage(night: Night) -> Path:
    """An empty folder for tonight's tables. What a killed run left there is thrown away."""
    stage = night.settings.home.resolve() / "staging" / "ingest"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    return stage


def _path(table: Table, stage: Path) -> Path:
    return stage / f"{table.name}.parquet"


def _write(table: Table, batches: Iterable[pa.RecordBatch], stage: Path) -> None:
    """Stages a table under its declared schema; an earlier draft is replaced when this one is whole."""
    schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema()])
    draft = stage / f".{table.name}.parquet"
    try:
        with pq.ParquetWriter(draft, schema, compression="lz4") as writer:
            for batch in batches:
                writer.write_batch(batch.select(schema.names).cast(schema))
    except OSError as error:
        raise StoreError(
            f"table {table.name}: not staged ({error.strerror}); free the disk and run ingest again"
        ) from error
    draft.replace(_path(table, stage))


def _frame(table: Table, night: Night, stage: Path) -> DataFrame:
    """The staged table in the engine; empty where the source does not deliver it."""
    path = _path(table, stage)
    if not path.exists():
        return night.spark.createDataFrame([], table.spark_schema())
    return night.spark.read.schema(table.spark_schema()).parquet(str(path))
