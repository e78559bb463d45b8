"""What is said in each contact: scripts filled for people, and as written for a machine that fills them."""

import json
from datetime import date

import pyarrow as pa
import pytest

from base.settings.recipients import Canaries
from outreach.release import Words
from outreach.release.files import as_csv
from outreach.scan import Known, find_leaks
from strategies.document import Strategy
from tests.experiments.arm_world import PLAIN, document
from tests.outreach.test_deliver_marks import a_list, planted

LAST = date(2026, 7, 2)
PEOPLE = pa.table(
    {
        "customer_no": ["KH001234567", "KH001234568", "KH001234569"],
        "name": ["张三丰", "张灵活", "欧阳修"],
        "phone": ["13812345678", "13912345678", "15912345678"],
        "id_number": ["11010119900101123X", "11010119900101124X", "11010119900101125X"],
    }
)


def strategy(script: str, *, elderly_script: str | None = None, **own: str) -> Strategy:
    made = document("fund_plain", PLAIN).model_dump()
    first, second = made["funnel"]
    own_words = {"channel": "human_call", "script": script, "elderly_script": elderly_script}
    variant = {"share": 0.3, "variables": {name: f"另{value}" for name, value in own.items()}}
    made["funnel"] = [first | own_words, second]
    made["experiment"]["variants"] = {"treatment_b": variant} if own else {}
    made["variables"] = own
    return Strategy.model_validate(made)


def spoken(book: Strategy, rows: list[tuple[str, bool, str]], *, as_written: bool) -> list[tuple[str, str]]:
    """Text and variables of rows of (arm, elderly, masked name) of the first touch, without the opening."""
    words = Words.of([book])
    table = pa.table(
        {
            "strategy": [book.name] * len(rows),
            "step": pa.array([1] * len(rows), pa.int32()),
            "arm": [arm for arm, _, _ in rows],
            "elderly": [elderly for _, elderly, _ in rows],
            "masked_name": [name for _, _, name in rows],
        }
    )
    said = words.spoken(words.placed(table), last_day=LAST, as_written=as_written)
    texts = [text.rpartition("人工服务。")[2] for text in said["text"].to_pylist()]
    return list(zip(texts, said["variables"].to_pylist(), strict=True))


def test_everybody_hears_his_surname_and_the_values_of_his_arm() -> None:
    book = strategy("{surname}客户，{how}的{产品}到{last_day}。", how="灵活")
    rows = [("treatment", False, "张**"), ("treatment_b", False, "李**"), ("treatment", False, "***")]
    texts = [text for text, _ in spoken(book, rows * 50, as_written=False)]
    assert texts[:3] == [
        "张客户，灵活的基金定投到2026年7月2日。",
        "李客户，另灵活的基金定投到2026年7月2日。",
        "贵客户，灵活的基金定投到2026年7月2日。",
    ]
    assert texts == texts[:3] * 50


def test_a_machine_gets_the_script_as_written_and_what_to_put_for_each_name() -> None:
    book = strategy("{姓氏}客户，{how}的定期，{{{how}}}。", how="灵活")
    said = spoken(book, [("treatment", False, "张**"), ("treatment_b", True, "***")], as_written=True)
    assert [text for text, _ in said] == ["{姓氏}客户，{how}的定期，{{{how}}}。"] * 2
    assert [json.loads(values) for _, values in said] == [
        {"姓氏": "张", "how": "灵活"},
        {"姓氏": "贵", "how": "另灵活"},
    ]
    assert spoken(strategy("没有。"), [("treatment", False, "张**")], as_written=True) == [("没有。", "{}")]


def test_the_elderly_hear_what_is_written_for_them() -> None:
    book = strategy("快。", elderly_script="{surname}客户，慢慢说。")
    said = spoken(book, [("treatment", elderly, "张**") for elderly in (False, True)], as_written=False)
    assert [text for text, _ in said] == ["快。", "张客户，慢慢说。"]


def test_a_list_of_nobody_has_words_too() -> None:
    assert spoken(strategy("{surname}客户。"), [], as_written=True) == []


def leaks(cells: list[str], *, own_words: frozenset[str] = frozenset()) -> list[str]:
    content = as_csv(pa.table({"variables": cells}))
    return find_leaks({"ai_call.csv": content}, known=Known.of(PEOPLE), own_words=own_words)


def cell(**values: str) -> str:
    return json.dumps(values, ensure_ascii=False)


@pytest.mark.parametrize(
    ("planted_in", "place"),
    [
        (cell(rate="13812345678"), "column variables.rate: a phone"),
        (cell(rate="一三八一二三四五六七八"), "column variables.rate: a phone"),
        (cell(利率="KH001234567"), "column variables: a phone"),
        (cell(surname="张三丰"), "column variables.surname: the name"),
        ('{"rate": "\\u0031\\u0033812345678"}', "column variables.rate: a phone"),
        ('{"rate": "\\u5f20\\u4e09\\u4e30"}', "column variables.rate: the name"),
        (cell(a="1381234", b="5678"), "columns variables.a and variables.b: a phone"),
        (cell(a="张", b="三丰"), "columns variables.a and variables.b: the name"),
        ('{"13812345678": "x"}', "names of variables: a phone"),
        ('{"a": {"b": "c"}}', "column variables: something that is no JSON object of texts"),
        ('{"a": 1}', "column variables: something that is no JSON object of texts"),
        ('{"a": "1", "a": "13812345678"}', "column variables: something that is no JSON object of texts"),
        ('["13812345678"]', "column variables: something that is no JSON object of texts"),
        ("", "column variables: something that is no JSON object of texts"),
        ("[" * 5_000, "column variables: something that is no JSON object of texts"),
    ],
)
def test_a_leak_in_a_variable_is_told_with_its_name(planted_in: str, place: str) -> None:
    found = leaks([cell(surname="李"), planted_in, "{}"])
    assert len(found) == 1
    assert place in found[0]
    assert all(word not in found[0] for word in ("13812345678", "张三丰", "KH001234567"))


def test_two_variables_of_one_cell_are_no_name_where_authors_wrote_them() -> None:
    """Somebody on the list is called 张灵活: by chance, the surname and a word of the author."""
    said = cell(surname="张", how="灵活")
    assert leaks([said], own_words=frozenset({"张", "灵活", "surname", "how"})) == []
    assert len(leaks([said])) == 1


def test_what_the_house_fills_in_is_its_own_word_and_no_whole_name_is() -> None:
    book = strategy("{surname}灵活客户。")
    own = Words.of([book]).own_words(["张**", "欧阳修"], last_day=LAST)
    (text,) = [text for text, _ in spoken(book, [("treatment", False, "张**")], as_written=False)]
    assert any(word.endswith(text) for word in own)
    assert not any("欧阳" in word for word in own)


def test_a_canary_has_the_name_of_somebody_who_hears_the_same_words() -> None:
    surnames = ["张", "李", "王", "赵"]
    rows = a_list(40, masked_name=[f"{surnames[at % 4]}**" for at in range(40)])
    words = pa.array([f"{name[0]}客户您好" for name in rows["masked_name"].to_pylist()])
    rows = rows.set_column(rows.column_names.index("text"), "text", words)
    result = planted(rows, channel="human_call", settings=Canaries(per_list=10))
    made = {canary.contact for canary in result.canaries}
    assert len(made) == 10
    told = [row for row in result.rows.to_pylist() if row["contact"] in made]
    assert all(row["text"][0] == row["masked_name"][0] for row in told)
