"""What is wrong with a rule."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "no feature is called {}; did you mean {}?": "没有名为 {0} 的特征，是否指 {1}？",
    "no feature is called {}; docs/features.md lists them all": "没有名为 {0} 的特征",
    "a number has no commas in it, unlike {}; did you mean {}?": "数字中不写逗号：把 {0} 写成 {1}",
    "a comparison is written with a sign, not with {}; did you mean {}?": "比较请用符号：把 {0} 写成 {1}",
    "{} is a {}, not a condition; compare it with something": "{0} 不是条件，请与某个值比较",
    "{} is {}; it has no order, so compare with = or <>": "{0} 没有大小之分，请用 = 或 <> 比较",
    "the rule is nested too deeply; take it apart": "规则嵌套过深，请拆分",
    "brackets are nested more than {} deep; take the rule apart": "括号嵌套超过 {0} 层，请拆分规则",
    "these two conditions are too long to be compared": "这两个条件过长，无法比较",
    "IS is for IS NULL and IS NOT NULL only": "is 只能用于 is null 和 is not null",
    "IS NULL asks about a feature, not about a condition": "is null 只能用于特征，不能用于条件",
    "{} is a {}; BETWEEN is for numbers and dates": "{0} 不能用于 between，between 只用于数字和日期",
    "nothing lies between {} and {}; the smaller comes first": "{0} 与 {1} 之间没有值，请把较小的写在前面",
    "{} cannot stand in the list of IN, which holds written numbers, dates or texts; use = and or": (
        "{0} 不能放在 in 的列表中，列表只能是数字、日期或文字；请用 = 和 或"
    ),
    "{}: a date moves by a written number of whole days, as in as_of - 30天": (
        "{0}：日期只能加减整数天，例如 基准日 - 30天"
    ),
    "{} is further than a hundred years; take fewer days": "{0} 超过一百年，请减少天数",
    "near {}: a rule holds comparisons, BETWEEN, IN, IS NULL, + - * / and and/or/not; no functions, no "
    "queries, and an and/or between any two conditions": (
        "{0} 附近：规则只能使用比较、between、in、is null、四则运算和 且/或/非；两个条件之间需要 且 或 或"
    ),
    "{} is a {}; a number belongs here": "{0} 处应为数字",
    "the condition that begins with {} cannot be compared again, with {}; join two comparisons with and": (
        "以 {0} 开头的条件不能再与 {1} 比较，请用 且 连接两个比较"
    ),
    "{} ({}) and {} ({}) cannot be put together; write a date without quotes: 2026-07-01": (
        "{0} 与 {2} 不能一起使用，日期不加引号：2026-07-01"
    ),
    "{} ({}) and {} ({}) cannot be put together; a yes or no stands alone, or with 'not' before it": (
        "{0} 与 {2} 不能一起使用，是非特征单独写，或在前面加 非"
    ),
    "{} ({}) and {} ({}) cannot be put together; compare like with like": (
        "{0} 与 {2} 不能一起使用，请使用同类的值"
    ),
    "{} does not belong in a rule; see docs/strategies.md": "{0} 不能出现在规则中",
    "an invisible character stands here: {}; delete it": "此处有不可见字符（{0}），请删除",
    "character {} is an invisible one: {}; delete it": "第 {0} 个字符不可见（{1}），请删除",
    "nothing is ever equal to null; write 'is null' or 'is not null' after the name": (
        "任何值都不等于 null，请在名称后写 is null 或 is not null"
    ),
    "the number {} is too long; at most {} digits before the point, and as many after it": (
        "数字 {0} 过长：小数点前后各最多 {1} 位"
    ),
    "{}: 万 and 亿 are for money and counts, not for {}": "{0}：万 和 亿 只用于金额和次数",
    "{} is no number: write digits, a point, one of 百千万亿, and a unit (元 天 次 笔 岁 点 级 %)": (
        "{0} 不是数字：请写数字、小数点、百千万亿之一和单位（元 天 次 笔 岁 点 级 %）"
    ),
    "{} may hold neither quotes nor backslashes": "{0} 中不能有引号或反斜杠",
    "the text that begins here lacks its closing {}": "此处开始的文字缺少结尾的 {0}",
    "a rule holds no comments; remove {}": "规则中不能有注释，请删除 {0}",
    "there is no day {}; write YYYY-MM-DD": "没有 {0} 这一天，请写成 2026-07-01 的形式",
    "the rule is longer than {} characters; split the strategy": "规则超过 {0} 个字符，请拆分策略",
    "the rule is empty; write whom the strategy is for": "规则为空，请写明目标客户",
    "consent permits {} on {} only, not on {}; take it out of the rule, or those touches out of the funnel": (
        "客户授权只允许 {0} 用于{1:words}，不能用于{2:words}；请从规则中去掉，或删除相应触点"
    ),
    "consent permits {} on no channel only, not on {}; take it out of the rule, or those touches out of the "
    "funnel": "客户授权不允许 {0} 用于任何渠道，包括{1:words}；请从规则中去掉，或删除相应触点",
    "the rule breaks off near {}: a comparison, a bracket or an and/or is missing there": (
        "规则在 {0} 附近中断：缺少比较、括号或 且/或"
    ),
    "the rule does not read": "规则无法识别",
}
