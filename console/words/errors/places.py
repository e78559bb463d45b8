"""What is filled into sentences, where it is the house's own word."""

import re
from collections.abc import Mapping

from base.roles import Action, Field
from console.words import Said
from console.words.alerts import BENDS
from console.words.limits import channel_said
from console.words.nights import RECIPIENTS, STEPS
from console.words.persons import PURPOSES
from console.words.roles import ROLES
from console.words.strategies import PARTS, standing_said
from console.words.verdicts import DECISIONS, NAMES
from lake.tables.words import CHANNELS

_VERBS = {
    "submit": "提交审批",
    "approve": "批准",
    "sendback": "退回",
    "golive": "上线",
    "pause": "暂停",
    "resume": "恢复",
    "retire": "下线",
    "import a newer version": "写入新版本",
    "nothing: that is final": "无（已是最终状态）",
}
_WAYS_TO_NAME = {"phone": "手机号", "customer-no": "客户号", "customer": "令牌", "document": "证件号"}
_COLUMNS = {
    "the document": "文档",
    "this number": "号码",
    "number": "号码",
    "class": "类别",
    "channel": "渠道",
    "purposes": "适用产品",
    "daily_limit": "每日上限",
    "active_from": "首日",
    "active_until": "末日",
}
_WORDS: Mapping[str, str] = {
    **_VERBS,
    **_WAYS_TO_NAME,
    "all": "全部",
    "everything": "全部",
    "checkpoints": "检查点",
    "why contacted or not": "为何触达或不触达",
    "no known purpose, or no ticket": "没有已知用途或工单",
    "draft": "草稿",
    **{name: channel_said(name).chinese for name in CHANNELS},
    **{
        str(name): words.chinese
        for table in (BENDS, DECISIONS, NAMES, ROLES, RECIPIENTS, PURPOSES, STEPS)
        for name, words in table.items()
    },
    **{one.english: one.chinese for kind in (Action, Field) for one in kind},
}


def place_said(words: str) -> str:
    """A word of the house in Chinese, several of them, or how a strategy stands; anything else as it is."""
    plain = words.removeprefix("see ").strip("'")
    if plain in _WORDS:
        return _WORDS[plain]
    parts = [part.strip("'") for part in re.split(r", | or |; ", plain)]
    if all(part in _WORDS for part in parts):
        return "、".join(_WORDS[part] for part in parts)
    return standing_said(plain).chinese


def part_said(place: str) -> str:
    """A part of a strategy, or a column of the sheet of numbers, as its form calls it; others as they are."""
    touch = re.fullmatch(r"funnel\.(\d+)\.(\w+)", place)
    if touch:
        part = PARTS.get(f"touch.{touch[2]}")
        return f"触点 {int(touch[1]) + 1} {_plain(part) if part else touch[2]}"
    if place in _COLUMNS:
        return _COLUMNS[place]
    return _plain(PARTS[place]) if place in PARTS else place


def _plain(part: Said) -> str:
    """The name alone, without what its label adds in brackets."""
    return part.chinese.partition("（")[0].partition("(")[0]
