"""What became of a possible contact and why, in the reader's language.

The night writes its reasons in English, policy rules theirs in both languages; here stands the Chinese of the
rest, piece by piece. A reason that no pattern knows is shown as it was written.
"""

import re
from collections.abc import Callable, Mapping

from base.errors import DeclarationError
from base.registry import told
from console.words import Said
from console.words.limits import channel_said

_Made = Callable[[re.Match[str]], str]

_ARMS = {"control": "策略对照组", "portfolio_holdout": "组合留出组", "global_holdout": "全局留出组"}
_ONE = {"contact": "一次触达", "yuan": "一元", "call": "一通外呼", "journey": "一段旅程"}

_PLAIN: Mapping[str, str] = {
    # Chosen or passed over.
    "costs at least what it is expected to bring": "成本不低于预期收益",
    "the only possible contact with this customer": "该客户唯一可行的触达",
    "somebody with the same phone number is contacted that day": "同一号码当日已安排触达他人",
    "tonight's limits, taken together, left no room for it": "今晚各项限制合计后已无容量",
    # What it would have needed.
    "nothing": "无",
    "nothing: it was chosen": "无：已选中",
    "another arm: it was chosen, and held back for measuring": "分入其他组：已选中，但作为对照保留",
    "room, of which there is none: no worth would have been enough": "容量：目前没有，价值再高也不够",
    "worth a little more: it is level with what was chosen": "价值略高一点：与入选者持平",
    "a value that is a number": "有效的价值数值",
    "another draw: what this customer is tried with first was drawn, to learn what works": (
        "再次抽取：该客户先尝试什么由抽签决定，以便学习"
    ),
    # What policy rules would have needed.
    "a caller number registered for marketing on this channel": "该渠道有登记的营销主叫号码",
    "a date of birth on file that makes the customer an adult": "有可证明成年的出生日期",
    "a day inside the strategy's validity": "处于策略有效期内的日期",
    "a mainland mobile number on file": "有登记的大陆手机号",
    "a marketing consent for this channel, in force on that day": "当日有效的该渠道营销授权",
    "a product without investment risk": "无投资风险的产品",
    "a risk assessment that reaches what the product asks": "风险测评达到产品要求",
    "a strategy for everybody, or personalised offers allowed by the customer": (
        "面向所有人的策略，或客户同意个性化推荐"
    ),
    "a touch by a human colleague": "由人工坐席触达",
    "a touch of the strategy that was not made yet": "该策略中尚未进行的触点",
    "another channel: a refusal closes this one for good": "其他渠道：拒绝后该渠道永久关闭",
    "customer and number off the do-not-disturb register": "客户与号码移出免打扰名单",
    "fewer contacts of the person or the number in those seven days": "七日内对该客户或号码的触达更少",
    "no holiday, and an hour at which the contact ends inside the permitted ones": (
        "非节假日，且触达在允许时段内结束"
    ),
    "no other contact of the person or the number that day": "当日对该客户或号码没有其他触达",
    "the bank's app on the customer's phone": "客户手机已安装手机银行",
    "the complaint closed, or its days of silence over": "投诉已结案，或静默期已过",
    "the cool-off after the refusal over": "拒绝后的冷静期已过",
    "the journey of the other strategy over": "另一策略的旅程已结束",
    "the litigation ended": "诉讼已结束",
    "the opt-out withdrawn by the customer": "客户撤回退订",
    "the opt-out withdrawn by whoever shares the number": "共用号码者撤回退订",
    "the refusal withdrawn by the customer": "客户撤回拒绝",
    "the strategy, its channel and all contact switched on": "策略、渠道与全部触达均已启用",
    # Not asked.
    "its rule of that night no longer reads": "当晚的规则现已无法读取",
    "a feature that is gone since": "一个此后已移除的特征",
    "left out of its experiment by ramp or layer": "因实验放量或分层未纳入",
    "a wider ramp or layer": "更大的放量或分层",
    "another result or a later day": "其他结果或更晚的日期",
    "not of the long tail: the assets are not known": "不属于长尾客户：资产未知",
}

_PATTERNS: tuple[tuple[str, _Made], ...] = (
    (r"(.+), after the price of room", lambda found: f"{_chinese(found[1])}（已计容量价格）"),
    (
        r"worth most of ([\d,]+) possible contacts with this customer",
        lambda found: f"该客户 {found[1]} 个可行触达中价值最高",
    ),
    (
        r"drawn among ([\d,]+) possible contacts with this customer, to learn what else works",
        lambda found: f"从该客户 {found[1]} 个可行触达中抽取，以便学习",
    ),
    (
        r"would be contacted; held back \((\w+)\) so that the effect can be measured",
        lambda found: f"本应触达；作为对照组（{_ARMS.get(found[1], found[1])}）保留，用于衡量效果",
    ),
    (r"(\S+) is worth more for this customer", lambda found: f"{found[1]} 对该客户价值更高"),
    (
        r"(\S+) was drawn for this customer, to learn what else works",
        lambda found: f"该客户抽中了 {found[1]}，以便学习",
    ),
    (
        r"(\S+) was chosen for this customer, to meet tonight's minimums",
        lambda found: f"为满足今晚的最低要求，该客户选择了 {found[1]}",
    ),
    (r"(.+); what there was went to higher values", lambda found: f"{_chinese(found[1])}；已留给价值更高者"),
    (
        r"(.+); one more (\w+) would be worth (?:([\d,.]+) yuan|less than one fen)",
        lambda found: (
            f"{_chinese(found[1])}；每增加{_ONE[found[2]]}可多得 "
            + (f"{found[3]} 元" if found[3] else "不足一分钱")
        ),
    ),
    (
        r"agents for (.+) take ([\d,]+) calls (?:a night|at (\d+):00)",
        lambda found: f"“{found[1]}”坐席{_at(found[3])}可接 {found[2]} 通",
    ),
    (
        r"(.+) has room for no more than ([\d,.]+) calls that may follow (\d+) days later",
        lambda found: f"{_name(found[1])}在 {found[3]} 天后最多可容纳 {found[2]} 通后续外呼",
    ),
    (
        r"(.+) carries ([\d,]+) (?:a night|at (\d+):00)",
        lambda found: f"{_name(found[1])}{_at(found[3])}最多 {found[2]} 次",
    ),
    (
        r"(.+) may cost ([\d,]+) yuan a night",
        lambda found: f"{_name(found[1])}每夜费用上限 {found[2]} 元",
    ),
    (r"(.+) may contact ([\d,]+) a night", lambda found: f"{_name(found[1])} 每夜最多触达 {found[2]} 次"),
    (
        r"(.+) may begin ([\d,]+) more journeys",
        lambda found: f"{_name(found[1])} 最多再开始 {found[2]} 段旅程",
    ),
    (
        r"worth ([\d,.]+) yuan more(?:, or room where it now costs ([\d,.]+) yuan)?",
        lambda found: (
            f"价值再高 {found[1]} 元" + (f"，或有容量（目前占用 {found[2]} 元）" if found[2] else "")
        ),
    ),
    (
        r"begun on ([\d-]+); a product has been taken up since, so no more is asked",
        lambda found: f"旅程始于 {found[1]}；其后已办理产品，不再询问",
    ),
    (
        r"begun on ([\d-]+): no touch is due, and by its terms it does not begin again yet",
        lambda found: f"旅程始于 {found[1]}：目前没有到期触点，按约定尚不能重新开始",
    ),
    (
        r"not of the long tail: assets of ([\d,.]+) yuan, where the long tail goes from ([\d,]+) to under "
        r"([\d,]+)",
        lambda found: f"不属于长尾客户：资产 {found[1]} 元，长尾范围为 {found[2]} 至 {found[3]} 元以下",
    ),
)


def reason_said(words: str) -> Said:
    """A reason, or what it would have needed, as the night wrote it and in Chinese."""
    try:
        return Said(*told(words))
    except DeclarationError:
        return Said(words, _chinese(words))


def _chinese(words: str) -> str:
    if words in _PLAIN:
        return _PLAIN[words]
    for pattern, made in _PATTERNS:
        if found := re.fullmatch(pattern, words):
            return made(found)
    return words


def _name(of: str) -> str:
    """A channel by its Chinese name, a strategy by its own."""
    return channel_said(of).chinese


def _at(hour: str | None) -> str:
    return f" {hour}:00 起一小时" if hour else "每夜"
