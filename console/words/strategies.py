"""How strategies stand, and what their parts are called."""

import re
from collections.abc import Mapping

from console.words import Said

STANDS: Mapping[str, Said] = {
    "draft": Said("draft", "草稿"),
    "submitted": Said("submitted", "待审批"),
    "approved": Said("approved", "已批准"),
    "live": Said("live", "已上线"),
    "paused": Said("paused", "已暂停"),
    "retired": Said("retired", "已下线"),
}

SECTIONS: Mapping[str, Said] = {
    "what": Said("What it is", "基本信息"),
    "goal": Said("Goal", "目标"),
    "experiment": Said("Experiment", "实验"),
    "limits": Said("Limits and validity", "限额与有效期"),
    "more": Said("More limits, and how it takes part", "更多限制与参与方式"),
    "variables": Said("Words that change", "话术变量"),
    "funnel": Said("Funnel", "触达流程"),
}

PARTS: Mapping[str, Said] = {
    "name": Said("Identifier", "标识"),
    "title": Said("Title", "名称"),
    "kind": Said("Product", "产品"),
    "manager": Said("Manager", "经理"),
    "tags": Said("Tags", "标签"),
    "who": Said("Whom it is for", "目标客户"),
    "offer": Said("Offer", "优惠内容"),
    "variables": Said("Value of {%s}", "{%s} 的内容"),
    "goal.window_days": Said("Days from the first contact to success", "首次联系后达成目标的天数"),
    "goal.value": Said("Worth of a success, in yuan", "每次达成的价值（元）"),
    "exits": Said("Results that end a journey as well", "提前结束旅程的结果"),
    "cool_off_days": Said(
        "Days until a journey may begin again; empty: never", "再次开始前的间隔天数（空为不再开始）"
    ),
    "experiment.holdout": Said(
        "Held out, % (5 to 50): they receive nothing", "留出组比例 %（5 到 50），不做任何触达"
    ),
    "experiment.ramp": Said("Taking part at all, %; empty: all", "参与客户比例 %（空为全部）"),
    "limits.per_night": Said("Contacts a night, at most", "每晚最多联系人数"),
    "limits.at_least": Said("Contacts a night, at least; empty: none", "每晚至少联系人数（可空）"),
    "limits.budget": Said("Yuan a night, at most; empty: any", "每晚费用上限（元，可空）"),
    "caps.per_customer": Said(
        "Contacts of one customer in all; empty: any", "每位客户总联系次数上限（可空）"
    ),
    "caps.total": Said("Customers in all; empty: any", "总进入人数上限（可空）"),
    "valid.start": Said("First day; empty: at once", "开始日期（空为立即）"),
    "valid.end": Said("Last day; empty: open", "结束日期（空为长期）"),
    "priority": Said("Priority, 0.1 to 10; empty: 1", "优先级 0.1 到 10（空为 1）"),
    "touch.name": Said("Name; empty: by its number", "名称（可空）"),
    "touch.channel": Said("Channel", "渠道"),
    "touch.wait_days": Said("Days to wait; empty: 1", "等待天数（空为 1）"),
    "touch.after": Said("After; empty: the touch before", "接在哪个触点之后（空为上一个）"),
    "touch.when": Said("If the touch before came back with", "上一触点的结果为"),
    "touch.expected_lift": Said("Expected lift, %", "预期提升 %"),
    "touch.script": Said("Script", "话术"),
    "touch.elderly_script": Said("Script for the elderly; empty: the same", "老年客户话术（可空）"),
    "variant.share": Said("Share of those not held out, %", "占触达客户比例 %"),
    "variant.script": Said("Other script at %s", "%s 的另一话术"),
    "variant.variables": Said("Other value of {%s}", "{%s} 的另一内容"),
}


def standing_said(words: str) -> Said:
    """How a strategy stands, as the book says it: ``live v2, submitted v3``; other words as they are."""
    return Said(words, re.sub(r"\b[a-z]+\b", _standing, words).replace(", ", "，"))


def _standing(word: re.Match[str]) -> str:
    return STANDS[word[0]].chinese if word[0] in STANDS else word[0]
