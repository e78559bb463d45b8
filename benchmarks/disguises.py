"""How many hidden identifiers the scanner finds, how many ordinary values it takes for one, how fast it is.

``python -m benchmarks.disguises`` prints one JSON line a figure: recall of each kind of disguise, plain and
disguised together, false alarms, and the seconds for a list of a million rows. Disguises and ordinary values
are written by code of their own (disguise_kinds.py, ordinary_rows.py), which shares nothing with the scanner.
"""

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from benchmarks.disguise_kinds import KINDS, Draw, Kind
from benchmarks.figure import Figure, at_least, at_most, show
from benchmarks.ordinary_rows import ordinary_values
from outreach.scan import Known, find_leaks
from sources.synthetic.identities import identities
from sources.synthetic.population import population

PLAIN_RECALL = 0.99
DISGUISED_RECALL = 0.97
NAMED_BELOW = 0.9
FALSE_ALARMS = 1.0
SECONDS = 12.0
EACH = 1_000
ORDINARY = 1_000_000
LISTED = 1_000_000
_PEOPLE = 20_000
_SHARE_UNKNOWN = 0.3
_TODAY = date(2026, 7, 1)
_PIECE = 20_000
_SENTENCES = (
    "{}",
    "请联系{}办理",
    "客户{}，存款将于7月1日到期，金额12,000.00元",
    "您好，尾款事宜请询{}。",
    "备注：{}",
    "{} 已预约周三10:30",
    "Call {} today",
    "渠道（{}）已登记",
)
_OF_NAMES = (
    "{}",
    "尊敬的{}女士，您好",
    "请联系{}先生办理",
    "客户：{}，12,000元",
    "姓名 {} 已登记",
    "本周拜访{}，谢谢",
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, kw_only=True)
class People:
    """Whose identifiers are hidden, and what the scanner is told of them."""

    table: pa.Table
    known: Known

    @classmethod
    def made(cls, count: int, *, seed: int) -> "People":
        """``count`` people of the synthetic bank."""
        table = identities(population(count, seed=seed, today=_TODAY))
        return cls(table=table, known=Known.of(table))


def recall(people: People, kind: Kind, *, each: int, seed: int) -> float:
    """Share of ``each`` hidden identifiers that are found, each in a file of its own."""
    draw = np.random.default_rng([seed, *kind.name.encode()])
    sentences = _OF_NAMES if kind.of == "name" else _SENTENCES
    texts = [
        sentences[draw.integers(len(sentences))].format(kind.write(value, draw))
        for value in _identifiers(people, kind, each, draw)
    ]
    rows = [{"reason": text, "offer": "三个月定期"} for text in texts]
    return _share_found([_csv_row(row) for row in rows], people.known, kind="csv")


def recall_in_parts(people: People, *, each: int, seed: int) -> Iterator[tuple[str, float]]:
    """Share found of numbers and names that are cut in two columns, and of numbers in a list of JSON."""
    draw = np.random.default_rng(seed)
    mobiles = people.known.mobiles.to_pylist()
    names = [name for name in people.table["name"].to_pylist() if len(name) == 3]
    numbers = [mobiles[at] for at in draw.integers(0, len(mobiles), each)]
    cut = [(number[:at], number[at:]) for number, at in zip(numbers, draw.integers(3, 9, each), strict=True)]
    named = [names[at] for at in draw.integers(0, len(names), each)]
    in_columns = [_csv_row({"reason": f"编号{one}", "offer": f"{two}元"}) for one, two in cut]
    of_names = [_csv_row({"reason": name[0], "offer": name[1:]}) for name in named]
    in_lists = [json.dumps({"notes": parts}).encode() for parts in cut]
    yield "number in two columns", _share_found(in_columns, people.known, kind="csv")
    yield "name in two columns", _share_found(of_names, people.known, kind="csv")
    yield "number in a JSON list", _share_found(in_lists, people.known, kind="json")


def false_alarms(known: Known, *, count: int, seed: int) -> int:
    """How many of ``count`` ordinary values the scan takes for an identifier."""
    values, alarms = list(ordinary_values(count, seed=seed)), 0
    for start in range(0, count, _PIECE):
        table = pa.table({"reason": values[start : start + _PIECE]})
        lines = find_leaks({"list.csv": _as_csv(table)}, known=known, own_words=frozenset())
        alarms += sum(int(line.split()[1]) if line.endswith("more of the kind") else 1 for line in lines)
    return alarms


def seconds_for(known: Known, *, rows: int, own_texts: bool, seed: int) -> tuple[float, float]:
    """Seconds that the scan of a list of ``rows`` takes, and its megabytes.

    ``own_texts``: each row has words of its own, with the customer's amounts in them.
    """
    files, words = _list_of(rows, known, own_texts=own_texts, seed=seed)
    start = time.perf_counter()
    leaks = find_leaks(files, known=known, own_words=words, plain=frozenset({"number"}))
    taken = time.perf_counter() - start
    if leaks:
        raise AssertionError(f"an honest list was refused: {leaks}")
    return taken, sum(map(len, files.values())) / 1e6


def measure(*, each: int, ordinary: int, listed: int) -> Iterator[Figure]:
    """All figures."""
    people = People.made(_PEOPLE, seed=1)
    found = {}
    for kind in KINDS:
        found[kind.name] = recall(people, kind, each=each, seed=1)
        yield at_least(f"found: {kind.name}", found[kind.name], "share", goal=NAMED_BELOW)
    in_parts = dict(recall_in_parts(people, each=each, seed=1))
    for name, share in in_parts.items():
        yield at_least(f"found: {name}", share, "share", goal=NAMED_BELOW)
    plain = [found[kind.name] for kind in KINDS if not kind.disguised]
    disguised = [found[kind.name] for kind in KINDS if kind.disguised] + list(in_parts.values())
    yield at_least("found, plain", float(np.mean(plain)), "share", goal=PLAIN_RECALL)
    yield at_least(
        f"found, {len(disguised)} disguises", float(np.mean(disguised)), "share", goal=DISGUISED_RECALL
    )
    start = time.perf_counter()
    everybody = People.made(listed, seed=2)
    yield at_most(
        "time to know the people on the list, and to make them up", time.perf_counter() - start, "s", goal=60
    )
    alarms = false_alarms(everybody.known, count=ordinary, seed=3)
    yield at_most(
        "false alarms in 100,000 ordinary values", alarms * 100_000 / ordinary, "values", goal=FALSE_ALARMS
    )
    for own_texts, what in ((False, "texts of the book"), (True, "a text of its own in each row")):
        taken, size = seconds_for(everybody.known, rows=listed, own_texts=own_texts, seed=4)
        yield at_most(f"scan of {listed:,} rows, {size:.0f} MB, {what}", taken, "s", goal=SECONDS)


def _identifiers(people: People, kind: Kind, each: int, draw: Draw) -> Iterator[str]:
    """What is to be hidden: of people on the list, and for numbers some of nobody on it."""
    if kind.of == "name":
        names = people.table["name"].drop_null().to_pylist()
        yield from (names[at] for at in draw.integers(0, len(names), each))
        return
    mobiles = people.known.mobiles.to_pylist()
    codes = people.table["id_number"].to_pylist() + people.table["customer_no"].to_pylist()
    for _ in range(each):
        stranger = draw.random() < _SHARE_UNKNOWN or "nobody" in kind.name
        if kind.of == "mobile" or (kind.of == "number" and draw.random() < 0.5):
            yield _strange_mobile(draw) if stranger else mobiles[draw.integers(len(mobiles))]
        else:
            yield _strange_id(draw) if stranger else codes[draw.integers(len(codes))]


def _strange_mobile(draw: Draw) -> str:
    return f"1{draw.integers(3, 10)}{draw.integers(10**9):09d}"


def _strange_id(draw: Draw) -> str:
    """A resident's number of nobody, with its check character (GB 11643-1999)."""
    born = np.datetime64("1940-01-01") + int(draw.integers(24_000))
    text = f"{draw.integers(110_101, 659_000)}{str(born).replace('-', '')}{draw.integers(1_000):03d}"
    rest = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True)) % 11
    return text + "10X98765432"[rest]


def _share_found(contents: list[bytes], known: Known, *, kind: str) -> float:
    files = {f"{number}.{kind}": content for number, content in enumerate(contents)}
    leaks = find_leaks(files, known=known, own_words=frozenset())
    return len({leak.partition(f".{kind}")[0] for leak in leaks}) / len(contents)


def _csv_row(row: dict[str, str]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([row.keys(), row.values()])
    return sink.getvalue().encode()


def _as_csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(quoting_style="all_valid"))
    return sink.getvalue()


def _list_of(
    rows: int, known: Known, *, own_texts: bool, seed: int
) -> tuple[dict[str, bytes], frozenset[str]]:
    """A list of ``rows`` with every field that a recipient can be given, and the words of its authors."""
    draw = np.random.default_rng(seed)
    scripts = [
        f"您好，我是远达银行的智能客服，您的第{number}号活期账户里有一笔钱放了一段时间。转成三个月定期，预期年化2.35%，"
        "10,000元起，要用时还是可以随时取。您下次来网点时我们帮您办，好吗？不想再接到来电请说退订，转人工请按零。"
        for number in range(40)
    ]
    mobiles = known.mobiles.take(pa.array(draw.integers(0, len(known.mobiles), rows)))
    stars = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(mobiles, 0, 3), "****", pc.utf8_slice_codeunits(mobiles, 7), ""
    )
    text = pa.array(scripts).take(pa.array(draw.integers(0, len(scripts), rows)))
    if own_texts:
        amounts = pa.array(draw.integers(500, 50_000, rows)).cast(pa.string())
        text = pc.binary_join_element_wise(text, "本金", amounts, ".50元，", "7月2日到期。", "")
    seconds = pc.utf8_lpad(pa.array(draw.integers(0, 60, rows)).cast(pa.string()), 2, "0")
    columns = {
        "contact": _tokens(rows, draw),
        "address": _tokens(rows, draw),
        "caller": pa.array(["95000901", "9500090217", "9500090333"]).take(
            pa.array(draw.integers(0, 3, rows))
        ),
        "number": mobiles,
        "masked_name": pa.array(["张**", "李**", "***", "王**"]).take(pa.array(draw.integers(0, 4, rows))),
        "masked_phone": stars,
        "hour": pa.array(draw.integers(9, 20, rows)),
        "strategy": pa.array(["deposit_elderly_idle", "fund_first_plan"]).take(
            pa.array(draw.integers(0, 2, rows))
        ),
        "step": pa.array(draw.integers(1, 5, rows)),
        "offer": pa.array(["活期转三个月定期，可随时支取，网点专人协助。"] * rows),
        "text": text,
        "seconds": pa.array(draw.integers(60, 300, rows)),
        "expires_at": pc.binary_join_element_wise("2026-07-02T19:55:", seconds, "+08:00", ""),
    }
    return {"list.csv": _as_csv(pa.table(columns))}, frozenset(scripts)


def _tokens(rows: int, draw: Draw) -> pa.StringArray:
    letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8)
    text = letters[draw.integers(0, 64, (rows, 12))]
    text[:, 0] = ord("a")
    return pa.array(np.ascontiguousarray(text).view("S12").ravel()).cast(pa.string())


def main(arguments: list[str]) -> int:
    """Exit status 0 when every figure holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="hidden identifiers of each kind")
    parser.add_argument("--ordinary", type=int, default=ORDINARY, help="ordinary values")
    parser.add_argument("--listed", type=int, default=LISTED, help="rows of the list that is timed")
    asked = parser.parse_args(arguments)
    figures = []
    for figure in measure(each=asked.each, ordinary=asked.ordinary, listed=asked.listed):
        show([figure])
        figures.append(figure)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
