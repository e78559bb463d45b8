"""A strategy book of the size of a large bank's, and customers to try it on.

Four thousand strategies of thirty segment managers, over four hundred conditions, a thousand of them funnels
of two and three layers. As made, no strategy contradicts, hides or copies another; ``faults`` plants mistakes
of known kinds, for the checks to find.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from benchmarks.big_customers import SEGMENTS, make_customers
from benchmarks.conditions import Condition, make_conditions
from benchmarks.faults import FAULTS, GUISES, TODAY
from strategies.document import Goal, Limits, Strategy, Touch, Valid
from strategies.experiment import Experiment

__all__ = ["SEGMENTS", "TODAY", "BigBook", "make_book", "make_customers"]

_SAMPLE = 20_000
# Of 4,000 strategies a customer then meets 20 to 80.
_FEWEST, _MOST = 0.004, 0.03
_MANAGERS = (
    *("赵晓岚", "钱一诺", "孙雨桐", "李子昂", "周立成", "吴文静", "郑思远", "王佳怡", "冯浩然", "陈梓涵"),
    *("褚明轩", "卫若曦", "蒋志强", "沈海燕", "韩国栋", "杨丽娟", "朱建平", "秦春梅", "尤俊杰", "许婉清"),
    *("何德胜", "吕玉兰", "施启航", "张素芬", "孔宏伟", "曹秋月", "严景行", "华书瑶", "金长青", "魏念慈"),
)
_KINDS = {
    "deposit": ("存款", 260, "三个月起存的定期存款，利率以网点公示为准。"),
    "loan": ("贷款", 420, "个人消费贷款，额度与利率以审批为准。"),
    "wealth": ("理财", 320, "稳健型理财产品，业绩不作保证，风险等级请先测评。"),
    "fund": ("基金", 280, "基金定投，每月一百元起，净值会有涨跌。"),
    "card": ("信用卡", 240, "信用卡，首年免年费，额度以审批为准。"),
    "instalment": ("分期", 200, "账单分期，手续费以页面公示为准。"),
    "mobile": ("手机银行", 160, "开通手机银行，转账免手续费。"),
}
_AIMS = ("唤醒", "提升", "留存", "首单", "续作", "交叉", "回流", "升级")
_LIFTS = {"push": (8, 15), "sms": (9, 18), "ai_call": (30, 60), "human_call": (50, 90)}
_OPENERS = ("push", "sms", "ai_call", "human_call")
_OPENERS_USED = (0.35, 0.25, 0.35, 0.05)
# What comes back from a channel and leads on, and to which channel.
_LEADS_ON = {
    "push": (("delivered", "opened"), ("not_delivered", "delivered"), ("opened",)),
    "sms": (("delivered", "opened"), ("opened",), ("delivered",)),
    "ai_call": (("interested",), ("heard_out", "interested"), ("no_answer",), ("no_answer", "hung_up")),
    "human_call": (("interested",), ("heard_out",), ("no_answer",)),
}
_FOLLOWERS = {
    "push": ("sms", "ai_call"),
    "sms": ("ai_call",),
    "ai_call": ("human_call", "sms"),
    "human_call": ("sms",),
}
_WORDS = {
    "push": "{offer}点开看看吧。",
    "sms": "{offer}详情见手机银行或就近网点。",
    "ai_call": "{offer}需要我把办理方式发给您吗？",
    "human_call": "{offer}您有什么想先问清楚的吗？",
}


@dataclass(frozen=True)
class Planted:
    """A mistake put into the book: its kind, as the checks call it, and the strategies concerned."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class BigBook:
    """The strategies, the mistakes among them, and the share of customers that each sound rule selects."""

    strategies: tuple[Strategy, ...]
    planted: tuple[Planted, ...]
    shares: dict[str, float]


@dataclass(frozen=True)
class _Rule:
    """Segments, and clauses that must all be true; a clause is true where any of its conditions is.

    ``home``: the segment whose manager wrote it.
    """

    home: str
    segments: tuple[str, ...]
    clauses: tuple[tuple[Condition, ...], ...]
    share: float

    @property
    def text(self) -> str:
        named = ", ".join(f"'{segment}'" for segment in self.segments)
        return " and ".join([f"segment in ({named})", *map(_written, self.clauses)])

    def within(self, other: "_Rule") -> bool:
        """Whether ``other`` selects every customer that this selects; clauses read different features."""
        return set(self.segments) <= set(other.segments) and all(
            any(all(any(a.within(b) for b in theirs) for a in mine) for mine in self.clauses)
            for theirs in other.clauses
        )


def make_book(
    *,
    strategies: int = 4_000,
    conditions: int = 400,
    funnels: int = 1_000,
    seed: int = 1,
    faults: Collection[str] | Literal["all"] = (),
) -> BigBook:
    """A book of ``strategies`` documents over ``conditions`` distinct conditions.

    ``funnels`` of them have two or three layers, the others one touch. ``faults``: kinds of mistakes to plant
    (of ``benchmarks.faults.FAULTS``), or "all".
    """
    rng = np.random.default_rng(seed)
    sample = make_customers(_SAMPLE, seed=seed)
    segment_of = np.asarray(sample["segment"].to_pylist())
    known = make_conditions(conditions, sample=sample, rng=rng)
    rules = _rules(known, segment_of, rng)
    touches = rng.permutation([2 + place % 5 // 3 for place in range(funnels)] + [1] * (strategies - funnels))
    book: list[Strategy] = []
    shares: dict[str, float] = {}
    rivals: dict[tuple[str, str], list[tuple[_Rule, float]]] = defaultdict(list)
    while len(book) < strategies:
        rule = next(rules)
        strategy = _strategy(len(book), rule, touches=int(touches[len(book)]), rng=rng)
        first, worth = strategy.funnel[0], _worth(strategy)
        beside = rivals[strategy.kind, first.channel]
        if any(_comes_behind(rule, worth, *other) or _comes_behind(*other, rule, worth) for other in beside):
            continue
        beside.append((rule, worth))
        book.append(strategy)
        shares[strategy.name] = rule.share
    return _with_faults(book, shares, FAULTS if faults == "all" else faults)


def _with_faults(sound: list[Strategy], shares: dict[str, float], faults: Collection[str]) -> BigBook:
    """Faulty strategies in the places of the first sound ones, or beside them, at the cost of the last."""
    plants = [(kind, guise) for kind in faults for guise in range(GUISES)]
    faulty = [FAULTS[kind].plant(base, guise) for (kind, guise), base in zip(plants, sound, strict=False)]
    added = sum(len(each) for (kind, _), each in zip(plants, faulty, strict=True) if FAULTS[kind].beside)
    book = sound[: len(sound) - added]
    planted = []
    for place, ((kind, _), each) in enumerate(zip(plants, faulty, strict=True)):
        names = [book[place].name]
        if FAULTS[kind].beside:
            book[place] = FAULTS[kind].prepared(book[place])
            book += [_named(strategy, len(book) + number) for number, strategy in enumerate(each, start=1)]
            names += [strategy.name for strategy in book[-len(each) :]]
        else:
            book[place] = each[0]
        planted.append(Planted(kind, tuple(names)))
    known = {strategy.name: strategy.who for strategy in sound}
    kept = {each.name: shares[each.name] for each in book if known.get(each.name) == each.who}
    return BigBook(tuple(book), tuple(planted), kept)


def _named(strategy: Strategy, number: int) -> Strategy:
    """A name and title of its own."""
    name = f"{strategy.name[:-4]}{number:04d}"
    return strategy.model_copy(update={"name": name, "title": f"{strategy.title}（另）"})


def _comes_behind(rule: _Rule, worth: float, other: _Rule, others_worth: float) -> bool:
    """Whether every customer of ``rule`` goes to a strategy with ``other`` rule first."""
    return worth <= others_worth and rule.within(other)


def _worth(strategy: Strategy) -> float:
    return strategy.goal.value * strategy.priority * strategy.funnel[0].expected_lift


def _rules(
    conditions: Sequence[Condition], segment_of: np.ndarray, rng: np.random.Generator
) -> Iterator[_Rule]:
    """Rules that select neither hardly anybody nor too many, without end."""
    members = {segment: segment_of == segment for segment in SEGMENTS}
    while True:
        main = int(rng.integers(len(SEGMENTS)))
        near = {
            main,
            *((main + rng.choice(6, int(rng.integers(0, 4)), replace=False)) % len(SEGMENTS)).tolist(),
        }
        segments = tuple(sorted(SEGMENTS[place] for place in near))
        clauses = _clauses(conditions, rng)
        true_of = np.logical_or.reduce([members[segment] for segment in segments])
        for clause in clauses:
            true_of = true_of & np.logical_or.reduce([each.true_of for each in clause])
        share = float(true_of.mean())
        if _FEWEST <= share <= _MOST:
            yield _Rule(SEGMENTS[main], segments, clauses, share)


def _clauses(conditions: Sequence[Condition], rng: np.random.Generator) -> tuple[tuple[Condition, ...], ...]:
    """Two to four conditions, no two on one feature; now and then two of them with an "or" between."""
    drawn = [conditions[place] for place in rng.choice(len(conditions), 5, replace=False)]
    chosen = list({each.feature: each for each in drawn}.values())[: int(rng.integers(2, 5))]
    if len(chosen) > 2 and rng.random() < 0.25:
        return ((chosen[0], chosen[1]), *((each,) for each in chosen[2:]))
    return tuple((each,) for each in chosen)


def _written(clause: Sequence[Condition]) -> str:
    joined = " or ".join(condition.text for condition in clause)
    return joined if len(clause) == 1 else f"({joined})"


def _strategy(number: int, rule: _Rule, *, touches: int, rng: np.random.Generator) -> Strategy:
    kind = str(rng.choice(list(_KINDS)))
    label, value, offer = _KINDS[kind]
    funnel = tuple(_touches(touches, offer, rng))
    waits = sum(touch.wait_days for touch in funnel[1:])
    return Strategy(
        name=f"{kind}_{rule.home.lower()}_{number + 1:04d}",
        title=f"{label}{rng.choice(_AIMS)} · {rule.home} 第{number + 1}号",
        kind=kind,
        manager=_MANAGERS[SEGMENTS.index(rule.home)],
        who=rule.text,
        offer=offer,
        funnel=funnel,
        goal=Goal(
            product=kind,
            window_days=waits + int(rng.integers(3, 11)),
            value=value + float(rng.integers(-9_000, 9_000)) / 100,
        ),
        experiment=Experiment(holdout=float(rng.choice([0.1, 0.15, 0.2]))),
        limits=Limits(per_night=int(rng.integers(5, 60)) * 100),
        valid=Valid(start=date(2026, int(rng.integers(1, 7)), 1), end=date(2028, 12, 31)),
        priority=float(rng.choice([0.8, 1.0, 1.0, 1.0, 1.2, 1.5])),
    )


def _touches(count: int, offer: str, rng: np.random.Generator) -> Iterator[Touch]:
    channel = str(rng.choice(_OPENERS, p=_OPENERS_USED))
    when: tuple[str, ...] = ()
    for number in range(1, count + 1):
        yield Touch(
            channel=channel,
            script=_WORDS[channel].format(offer=offer),
            expected_lift=float(rng.integers(*_LIFTS[channel])) / 1_000,
            wait_days=1 if number == 1 else int(rng.integers(1, 4)),
            when=when,
        )
        ways_on = _LEADS_ON[channel]
        when = ways_on[int(rng.integers(len(ways_on)))]
        channel = str(rng.choice(_FOLLOWERS[channel]))
