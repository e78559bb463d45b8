"""What a drawing of a funnel says, in Chinese and in English."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from base.language import Language
from lake.tables.words import RESULTS
from strategies.document import Strategy, Touch


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a drawing says, in one language; in braces what is filled in."""

    channels: Mapping[str, str]
    results: Mapping[str, str]
    touch: str
    first: str
    wait: str
    lift: str
    comma: str
    semicolon: str
    ends: str
    goal: str
    again: str
    never: str
    per_night: str
    at_least: str
    budget: str
    per_customer: str
    total: str
    products: Mapping[str, str]

    def results_in_words(self, results: Iterable[str]) -> str:
        """The results, one after the other."""
        return self.comma.join(self.results[result] for result in results)

    def name_of(self, touch: Touch, number: int) -> str:
        """The name its author gave, or the touch by its number."""
        return self.touch.format(number=number) if touch.name == f"touch {number}" else touch.name

    def facts_of(self, touch: Touch, number: int) -> list[str]:
        """When the touch comes, and what is expected of it."""
        wait = self.first if number == 1 else self.wait.format(days=touch.wait_days)
        return [wait, self.lift.format(lift=f"{touch.expected_lift:.1%}")]

    def terms_of(self, strategy: Strategy) -> list[str]:
        """What holds for the whole journey, in a few lines."""
        goal, cool_off, caps, limits = strategy.goal, strategy.cool_off_days, strategy.caps, strategy.limits
        counts = [
            self.per_night.format(count=limits.per_night),
            *([self.at_least.format(count=limits.at_least)] if limits.at_least else []),
            *([] if limits.budget is None else [self.budget.format(yuan=limits.budget)]),
            *([] if caps.per_customer is None else [self.per_customer.format(count=caps.per_customer)]),
            *([] if caps.total is None else [self.total.format(count=caps.total)]),
        ]
        return [
            self.goal.format(product=self.products[goal.product], days=goal.window_days),
            self.ends.format(
                results=self.results_in_words(word for word in RESULTS if word in strategy.ends())
            ),
            self.never if cool_off is None else self.again.format(days=cool_off),
            self.semicolon.join(counts),
        ]


WORDS: Mapping[Language, Words] = {
    "zh": Words(
        channels={"push": "APP推送", "sms": "短信", "ai_call": "AI外呼", "human_call": "人工外呼"},
        results={
            "not_delivered": "未送达",
            "delivered": "已送达",
            "opened": "已打开",
            "no_answer": "无人接听",
            "hung_up": "挂断",
            "heard_out": "听完",
            "interested": "有意向",
            "converted": "已办理",
            "refused": "拒绝",
            "complained": "投诉",
        },
        touch="触点 {number}",
        first="开始",
        wait="至少等 {days} 天",
        lift="预期提升 {lift}",
        comma="、",
        semicolon="；",
        ends="旅程结束于：{results}",
        goal="目标：首次联系起 {days} 天内办理{product}",
        again="结束 {days} 天后可再次开始",
        never="每位客户只走一次",
        per_night="每晚最多联系 {count:,} 人",
        at_least="至少 {count:,} 人",
        budget="每晚费用不超过 {yuan:,.0f} 元",
        per_customer="每位客户最多联系 {count} 次",
        total="最多 {count:,} 人次进入",
        products={
            "deposit": "存款",
            "loan": "贷款",
            "wealth": "理财",
            "fund": "基金",
            "card": "银行卡",
            "instalment": "分期",
            "mobile": "手机银行",
        },
    ),
    "en": Words(
        channels={
            "push": "App push",
            "sms": "Text message",
            "ai_call": "AI call",
            "human_call": "Agent's call",
        },
        results={
            "not_delivered": "not delivered",
            "delivered": "delivered",
            "opened": "opened",
            "no_answer": "no answer",
            "hung_up": "hung up",
            "heard_out": "heard out",
            "interested": "interested",
            "converted": "converted",
            "refused": "refused",
            "complained": "complained",
        },
        touch="Touch {number}",
        first="start",
        wait="days to wait: {days}",
        lift="expected lift {lift}",
        comma=", ",
        semicolon="; ",
        ends="A journey ends on: {results}",
        goal="Goal: {product} within {days} days of the first contact",
        again="may begin again {days} days after it ended",
        never="each customer goes through it once",
        per_night="at most {count:,} contacts a night",
        at_least="at least {count:,} where they can be had",
        budget="at most {yuan:,.0f} yuan a night",
        per_customer="at most {count} contacts of a customer",
        total="at most {count:,} journeys begin",
        products={
            "deposit": "a deposit",
            "loan": "a loan",
            "wealth": "a wealth product",
            "fund": "a fund",
            "card": "a card",
            "instalment": "an instalment plan",
            "mobile": "mobile banking",
        },
    ),
}
