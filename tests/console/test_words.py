"""Every sentence that can come before somebody at the desk is there in both languages, and well written."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from console.pages.page import pages
from console.words import Refusal, Said
from console.words.errors import SENTENCES, in_both, known, said_of
from tests.console.sentences import GAP, ROOT, everything_in, modules, raised, reached, spoken

HAN = r"\u4e00-\u9fff"
COMMANDS = (
    ("jobs.command", "why"),
    ("jobs.command", "plan"),
    ("jobs.persons", "find"),
    ("jobs.persons", "export"),
    ("jobs.persons", "erase"),
    ("jobs.audit", "verify"),
    ("jobs.strategies", "check"),
    ("jobs.strategies", "submit"),
    ("jobs.strategies", "try_"),
    ("jobs.experiments", "portfolio"),
)
"""What the pages have run for them, in a process of its own."""
AT_A_TERMINAL = (("jobs.dry_run", "converse"), ("jobs.why", "write_all"))
"""What those commands do for somebody at a terminal, and no page has done."""
SPEAKING = (
    "ledger.audit.verify",
    "outreach.dry_run.dry_run",
    "strategies.checks.experiments",
    "strategies.checks.funnels",
    "strategies.checks.rivals",
    "strategies.checks.rules",
    "strategies.links",
    "strategies.markup",
    "strategies.reader",
    "strategies.slots",
    "strategies.variables.slips",
    "strategies.variables.template",
)
"""Modules whose sentences are shown though they are not raised where they stand."""
OF_THE_HOUSE = (
    "base.",
    "evaluation.",
    "features.",
    "jobs.command",
    "jobs.job",
    "jobs.rooms",
    "jobs.staging",
    "jobs.terminal",
    "lake.",
    "ledger.database",
    "ledger.migrate",
    "ledger.silence",
    "models.",
    "outreach.arbitrate.build",
    "outreach.arbitrate.problem",
    "outreach.arbitrate.solve",
    "outreach.arbitrate.units",
    "outreach.channels.",
    "outreach.policy.",
    "outreach.release.words",
    "outreach.stops",
    "outreach.vault.deliveries",
    "outreach.vault.keyring",
    "outreach.vault.providers",
    "outreach.vault.store",
    "outreach.watch.",
    "sources.",
    "strategies.candidates",
    "strategies.folder",
)
"""Where what goes wrong is caused, and mended, by whoever runs the machine: settings, declarations, keys,
databases, the engine. Those who read Chinese are told to call them, with the English words for them."""


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Every sentence an error may say to somebody at the desk, and where it stands."""
    rooms = ("console.pages", "console.answer", "console.entrance.door", "console.entrance.guard")
    starts = [*(place for room in rooms for place in everything_in(room)), *COMMANDS]
    assert all(name in modules()[module].defined for module, name in starts)
    found = {}
    for place in reached(starts, without=AT_A_TERMINAL):
        for kind, text in raised(place):
            if kind not in ("Refusal", "DeclarationError", "typer.BadParameter"):
                found[text] = place[0]
    return found


def test_every_error_that_can_come_before_somebody_has_chinese(told: dict[str, str]) -> None:
    assert len(told) > 150
    without = [
        f"{module}: {text}"
        for text, module in told.items()
        if known(_filled(text)) is None and not module.startswith(OF_THE_HOUSE)
    ]
    assert not without, "write their Chinese into console/words/errors"


@pytest.mark.parametrize("module", SPEAKING)
def test_what_else_is_said_in_english_has_chinese(module: str) -> None:
    assert not [text for text in _sentences(module) if known(_filled(text)) is None]


def test_no_chinese_is_kept_of_what_nobody_says_any_more(told: dict[str, str]) -> None:
    others = (
        "console.errands",
        "console.pages.strategies.book",
        "console.pages.strategies.desk",
        "jobs.dry_run",
        "outreach.callers.register",
        "strategies.document",
    )
    every = [*told, *(text for module in (*SPEAKING, *others) for text in spoken(module))]
    lines = {line.strip() for text in every for line in text.split("\n")}
    ends = {line[cut.end() :] for line in lines for cut in re.finditer(": ", line)} | lines
    gone = [one for one in SENTENCES if not any(map(_shape(one).fullmatch, ends))]
    assert not gone


def test_what_the_console_refuses_is_said_where_it_refuses_it() -> None:
    for name in modules():
        if name.startswith(("console.pages", "console.answer", "console.listing", "console.crowd")):
            for call in _calls(name, "Refusal"):
                english, chinese = (ast.unparse(part) for part in call.args)
                assert not re.search(f"[{HAN}]", english), english
                assert re.search(f"[{HAN}]{{2}}", chinese), english
            assert not [ast.unparse(one) for one in _calls(name, "ConsoleError")], "raise a Refusal"


def test_what_has_no_chinese_is_told_as_english() -> None:
    said = in_both("the moon is in the wrong house")
    assert said.english == "the moon is in the wrong house"
    assert said.chinese.startswith("未能完成")
    assert said.chinese.endswith(said.english)
    assert said_of(Refusal("no", "不行")) == Said("no", "不行")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "x_1: cannot approve what is live v2, draft v3; possible now: submit, pause",
            "x_1：当前为已上线 v2，草稿 v3，不能批准；现在可以：提交审批、暂停",
        ),
        (
            "Zhou Lin may not write strategies into the book: Zhou Lin has the role operator, this takes "
            "segment_manager or data_scientist; roles are given in the settings (roles)",
            "Zhou Lin 无权编写策略：其角色为运营人员，此操作需要客群经理、数据科学家；角色在配置中分配",
        ),
        (
            "a_book:3:5: who: the rule is empty; write whom the strategy is for",
            "第 3 行：目标客户：规则为空，请写明目标客户",
        ),
        (
            "this number: number: String should match pattern '^[0-9]{3,20}$'; daily_limit: Input should be "
            "greater than 0",
            "号码：号码：只能是 3 到 20 位数字；每日上限：必须大于 0",
        ),
        (
            "touch 1 opens the funnel, so it has no 'after'; remove it; nothing leads to touch 2; name the "
            "touches before it in 'after', or leave that out",
            "touch 1 是首个触点，不能有“after”，请删除；没有触点通向 touch 2；请在 after 中写明前一触点，"
            "或省略 after",
        ),
    ],
)  # fmt: skip
def test_what_is_filled_in_is_translated_where_it_is_a_word_of_the_house(english: str, chinese: str) -> None:
    assert in_both(english) == Said(english, chinese)


def test_a_finding_keeps_its_detail_and_loses_the_other_language() -> None:
    said = in_both("not submitted:\nx_1: The rule selects nobody. 规则选不到人 [a] For example (例): age = 3")
    assert said.english == "not submitted:\nx_1: The rule selects nobody. [a] For example: age = 3"
    assert said.chinese == "未提交：\nx_1：规则选不到人 [a] 例如：age = 3"


@pytest.mark.parametrize("typed", ["a; ", "a: ", "a: b; ", "x is none of ", "touch 1 needs 'when': "])
def test_what_somebody_typed_is_not_taken_apart_however_long_it_is(typed: str) -> None:
    for times in (15, 30_000):
        words = f"{typed * times}."
        assert in_both(words).english == words


def test_every_title_is_there_in_both_languages() -> None:
    for one in pages().values():
        assert re.search(f"[{HAN}]", one.title.chinese), one.path
        assert not re.search(f"[{HAN}]", one.title.english), one.path


@pytest.mark.parametrize(
    "file", sorted((ROOT / "console/templates").rglob("*.html")), ids=lambda one: one.name
)
def test_a_template_says_nothing_in_one_language_alone(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for english, chinese in _pairs_of_template(text):
        assert not re.search(f"[{HAN}]", english), english
        if re.search("[a-z]", english):
            assert re.search(f"[{HAN}]", chinese) or not re.search("[A-Za-z]", chinese), english
    bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    bare = re.sub(r"<(code|script|style).*?</\1>", "", bare, flags=re.DOTALL)
    spoken_names = re.findall(r"(?:aria-label|placeholder|title|alt)=\"([^\"]*)\"", bare)
    words = re.sub(r'<[^>]*>|[\w-]+="[^"]*"|&\w+;|Longreach|OpenAPI', " ", bare)
    assert not re.findall(r"[A-Za-z]{2,}", words)
    assert not [one for one in spoken_names if re.search(r"[A-Za-z]{2,}", one)]


def test_chinese_is_punctuated_as_chinese() -> None:
    half = re.compile(f"[{HAN}”）][,:;?!]|[,;?!] ?[{HAN}“]|[{HAN}]\\(|\\([{HAN}]|[{HAN}]\\)")
    found = [
        (file.name, words)
        for file in sorted((ROOT / "console").rglob("*.*"))
        if file.suffix in (".py", ".html", ".js")
        for words in _chinese_in(file)
        if half.search(re.sub("“[^”]*”", "“”", words))
    ]
    assert not found


@pytest.mark.parametrize(
    ("term", "others"),
    [
        ("客群", ("客户群", "人群", "分群", "细分群")),
        ("留出组", ("持出", "留存", "保留组", "隔离组")),
        ("对照组", ("控制组", "对比组")),
        ("触达", ("接触客户", "触及", "触碰")),
        ("触点", ("接触点", "触达点")),
        ("退订", ("退出营销",)),
        ("名单发放", ("名单发布", "放行名单")),
        ("审计", ("稽核",)),
        ("令牌", ("代币",)),
        ("坐席", ("座席",)),
        ("登录", ("登陆",)),
        ("账户", ("帐户", "帐号")),
        ("话术", ("台词", "脚本文字")),
        ("上线", ("上架",)),
        ("经理", ("负责人",)),
        ("审计轨迹", ("审计链",)),
        ("触达流程", ("漏斗",)),
    ],
)  # fmt: skip
def test_a_term_has_one_word(term: str, others: tuple[str, ...]) -> None:
    every = "\n".join(words for file in _sources() for words in _chinese_in(file))
    assert term in every
    assert not [line for line in every.split("\n") for other in others if other in line]


def _sources() -> Iterator[Path]:
    for suffix in ("*.py", "*.html"):
        yield from sorted((ROOT / "console").rglob(suffix))
    yield ROOT / "base/roles/duties.py"
    yield ROOT / "strategies/spoken.py"


@cache
def _chinese_in(file: Path) -> tuple[str, ...]:
    """Every text of a source that holds Chinese; tables of errors alone, without their English keys."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return tuple(words for words in re.findall(r'"([^"\n]*)"', text) if re.search(f"[{HAN}]", words))
    tree = ast.parse(text)
    if "errors" in file.parts:
        dicts = [one for one in ast.walk(tree) if isinstance(one, ast.Dict)]
        written = [value for one in dicts for value in one.values]
    else:
        written = [one for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    texts = [str(one.value) for one in written if isinstance(one, ast.Constant)]
    return tuple(words for words in texts if re.search(f"[{HAN}]", words) and not _CODE.search(words))


_CODE = re.compile(r"^\w+: |[\[(]\?|\\\\", re.MULTILINE)
"""Patterns and documents, whose punctuation is their own."""


def _pairs_of_template(text: str) -> list[tuple[str, str]]:
    one = r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'"
    return [(a or b, c or d) for a, b, c, d in re.findall(rf"\bt\((?:{one}),\s*(?:{one})\)", text)]


def _sentences(module: str) -> list[str]:
    """What is said there in more than a word or two, which are names of things."""
    return [text for text in spoken(module) if len(re.findall(r"\b[a-z']+\b", text)) > 2]


def _calls(module: str, name: str) -> list[ast.Call]:
    return [
        node
        for stands in modules()[module].defined.values()
        for node in ast.walk(stands)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def _filled(text: str) -> str:
    """The sentence with a number in each gap, which may be a word as well as a line's."""
    return text.replace(GAP, "7")


def _shape(sentence: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, sentence.split(GAP))), re.DOTALL)
