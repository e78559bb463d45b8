"""What is wrong with a rule or a document, in Chinese as well."""

import re

from console.words import Said

_PLACE = re.compile(r"(the document|[\w.]+): (.+)", re.DOTALL)
_CHINESE = {
    r"no feature is called '(.*)'; did you mean '(.*)'\?": "没有名为“{0}”的特征,是否指“{1}”?",
    r"no feature is called '(.*)'; docs/features.md lists them all": "没有名为“{0}”的特征",
    r"(.+) is a (\w+), not a condition; compare it with something": "{0} 不是条件,请与某个值比较",
    r"(.+) is (?:yes or no|text); it has no order, so compare with = or <>":
        "{0} 没有大小之分,请用 = 或 <> 比较",
    r"the rule is nested too deeply; take it apart": "规则嵌套过深,请拆分",
    r"brackets are nested more than (\d+) deep; take the rule apart": "括号嵌套超过 {0} 层,请拆分规则",
    r"these two conditions are too long to be compared": "这两个条件过长,无法比较",
    r"IS is for IS NULL and IS NOT NULL only": "is 只能用于 is null 和 is not null",
    r"IS NULL asks about a feature, not about a condition": "is null 只能用于特征,不能用于条件",
    r"(.+) is a \w+; BETWEEN is for numbers and dates": "{0} 不能用于 between,between 只用于数字和日期",
    r"nothing lies between (.+) and (.+); the smaller comes first":
        "{0} 与 {1} 之间没有值,请把较小的写在前面",
    r"(.+) cannot stand in the list of IN, .*": "{0} 不能放在 in 的列表中,请用 = 和 或",
    r"(.+): a date moves by a written number of whole days, as in as_of - 30天":
        "{0}:日期只能加减整数天,例如 基准日 - 30天",
    r"(.+) is further than a hundred years; take fewer days": "{0} 超过一百年,请减少天数",
    r"near (.+): a rule holds comparisons, .*":
        "{0} 附近:规则只能使用比较、between、in、is null、四则运算和 且/或/非;两个条件之间需要 且 或 或",
    r"(.+) is a \w+; a number belongs here": "{0} 处应为数字",
    r"the condition that begins with (.+) cannot be compared again, with (.+); .*":
        "以 {0} 开头的条件不能再与 {1} 比较,请用 且 连接两个比较",
    r"(.+) and (.+) cannot be put together; write a date .*":
        "{0} 与 {1} 不能一起使用,日期不加引号:2026-07-01",
    r"(.+) and (.+) cannot be put together; a yes or no .*":
        "{0} 与 {1} 不能一起使用,是非特征单独写,或在前面加 非",
    r"(.+) and (.+) cannot be put together; .*": "{0} 与 {1} 不能一起使用,请使用同类的值",
    r"(.+) does not belong in a rule; see docs/strategies.md": "{0} 不能出现在规则中",
    r"an invisible character stands here: (.+); delete it": "此处有不可见字符({0}),请删除",
    r"nothing is ever equal to null; .*": "任何值都不等于 null,请在名称后写 is null 或 is not null",
    r"the number (.+) is too long; .*": "数字 {0} 过长",
    r"(.+): 万 and 亿 are for money and counts, not for .*": "{0}:万 和 亿 只用于金额和次数",
    r"(.+) is no number: write digits, .*":
        "{0} 不是数字:请写数字、小数点、百千万亿之一和单位(元 天 次 笔 岁 点 级 %)",
    r"(.+) may hold neither quotes nor backslashes": "{0} 中不能有引号或反斜杠",
    r"the text that begins here lacks its closing (.+)": "此处开始的文字缺少结尾的 {0}",
    r"a rule holds no comments; remove (.+)": "规则中不能有注释,请删除 {0}",
    r"there is no day (.+); write YYYY-MM-DD": "没有 {0} 这一天,请写成 2026-07-01 的形式",
    r"the rule is longer than (\d+) characters; split the strategy": "规则超过 {0} 个字符,请拆分策略",
    r"the rule is empty; write whom the strategy is for": "规则为空,请写明目标客户",
    r"consent permits (.+) on (.+) only, not on (.+); .*":
        "客户授权只允许 {0} 用于 {1},不能用于 {2};请从规则中去掉,或删除相应触点",
    r"the rule breaks off near (.+): .*": "规则在 {0} 附近中断:缺少比较、括号或 且/或",
    r"Input should be less than or equal to (.+)": "不能大于 {0}",
    r"Input should be greater than or equal to (.+)": "不能小于 {0}",
    r"Input should be greater than (.+)": "必须大于 {0}",
    r"Input should be a valid integer.*": "应为整数",
    r"Input should be a valid number.*": "应为数字",
    r"Input should be a valid date.*": "应为日期,例如 2026-07-01",
    r"String should have at least 1 character": "不能为空",
    r"Input should be a valid string": "不能为空",
    r"String should have at most (\d+) characters": "不能超过 {0} 个字符",
    r"String should match pattern .*": "只能使用小写字母、数字和下划线,以字母开头,3 到 49 个字符",
    r"(.+) is none of (.+)": "{0} 不在可选范围:{1}",
    r"unknown key '(.+)'; did you mean '(.+)'\?": "未知的项“{0}”,是否指“{1}”?",
    r"unknown key '(.+)'; known here: (.+)": "未知的项“{0}”,此处可用:{1}",
    r"'(.+)' is missing; add it": "缺少“{0}”,请补充",
    r"this is not YAML \((.+)\); .*": "文档格式有误({0}):请用空格缩进,写成“键: 值”",
    r"the touches take (\d+) days, but goal.window_days is (\d+); .*":
        "触点共需 {0} 天,而目标天数只有 {1} 天;请缩短等待或延长目标天数",
    r"at_least is (.+), but per_night only (.+); .*": "每晚至少 {0} 人,但最多只有 {1} 人;请调整其一",
    r"the strategy ends \((.+)\) before it starts \((.+)\)": "结束日期 {0} 早于开始日期 {1}",
    r"the document is called (.+), but this is the page of (.+)": "文档标识为 {0},但本页是 {1}",
    r"(.+) was changed in the form and in the document; make them one":
        "{0} 在表单和文档中都被修改且不一致,请统一",
}  # fmt: skip
_WAYS = tuple((re.compile(pattern, re.DOTALL), chinese) for pattern, chinese in _CHINESE.items())


def slip_said(words: str) -> Said:
    """The mistake in both languages, with the place it is about; in English alone where nobody wrote more."""
    place = _PLACE.fullmatch(words)
    if place and "'" not in place[1]:
        inner = _translated(place[2])
        if inner:
            return Said(words, f"{'文档' if ' ' in place[1] else place[1]}:{inner}")
    return Said(words, _translated(words) or words)


def _translated(words: str) -> str:
    for pattern, chinese in _WAYS:
        found = pattern.fullmatch(words)
        if found:
            return chinese.format(*found.groups())
    return ""
