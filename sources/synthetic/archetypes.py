"""The planted truth: what kinds of people bank here, how they live, and what contacting them does.

All numbers are invented. They are set so that kinds differ plainly in what a bank can see, and so that
contacting the right people helps, contacting the wrong ones does nothing, and some are better left asleep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Habit:
    """Something done again and again: how often a year, for how much (median, yuan)."""

    category: str
    direction: str
    channel: str
    per_year: float
    yuan: float


@dataclass(frozen=True, kw_only=True)
class Archetype:
    """A kind of customer.

    ``assets``: median in yuan; ``mix``: how they are spread over asset classes; ``trend``: growth a year.
    ``buys``: product -> (share of this kind who take it up regularly, their chance a day).
    ``taste``: product -> extra chance of taking it up on the day a human caller reaches them; negative:
    contact puts off what they would have done unprompted. ``ai_ease``: how willingly they hear an AI out.
    ``answers``: chance to pick up at ``best_hour``. ``sessions``: app visits a year.
    """

    name: str
    label: str
    weight: float
    ages: tuple[int, int]
    occupations: tuple[str, ...]
    app: float
    assets: float
    mix: Mapping[str, float]
    trend: float
    habits: tuple[Habit, ...]
    salary: tuple[float, float] = (0.0, 0.0)
    sessions: float = 0.0
    browses: Mapping[str, float] = field(default_factory=dict)
    buys: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    taste: Mapping[str, float] = field(default_factory=dict)
    ai_ease: float = 0.8
    answers: float = 0.6
    best_hour: int = 18
    contacted: float = 4.0
    consents: float = 0.85


def _habit(category: str, direction: str, channel: str, per_year: float, yuan: float) -> Habit:
    return Habit(category=category, direction=direction, channel=channel, per_year=per_year, yuan=yuan)


ARCHETYPES = (
    Archetype(
        name="salary_fresh",
        label="刚入职工薪",
        weight=0.11,
        ages=(21, 28),
        occupations=("职员", "工程师", "教师"),
        app=0.97,
        assets=6_500,
        mix={"demand": 0.92, "wealth": 0.08},
        trend=0.35,
        salary=(0.97, 6_800),
        habits=(
            _habit("purchase", "debit", "app", 40, 45),
            _habit("transfer", "debit", "app", 8, 900),
            _habit("cash", "debit", "atm", 1, 300),
        ),
        sessions=26,
        browses={"wealth": 1, "card": 3, "instalment": 2},
        buys={"wealth": (0.25, 0.012), "card": (0.5, 0.008)},
        taste={"wealth": 0.21, "card": 0.18, "deposit": 0.06, "instalment": 0.08, "fund": 0.05},
        ai_ease=0.9,
        answers=0.62,
        best_hour=19,
        contacted=3,
    ),
    Archetype(
        name="mobile_saver",
        label="掌上理财",
        weight=0.10,
        ages=(28, 42),
        occupations=("职员", "工程师", "医护"),
        app=0.99,
        assets=24_000,
        mix={"demand": 0.12, "wealth": 0.78, "fund": 0.10},
        trend=0.12,
        salary=(0.5, 9_500),
        habits=(
            _habit("transfer", "debit", "app", 20, 2_600),
            _habit("transfer", "credit", "app", 14, 3_000),
            _habit("purchase", "debit", "app", 10, 120),
        ),
        sessions=36,
        browses={"wealth": 8, "fund": 1, "deposit": 1},
        buys={"wealth": (0.8, 0.02), "fund": (0.2, 0.01)},
        taste={"wealth": -0.05, "fund": 0.19, "deposit": 0.10, "card": 0.03},
        ai_ease=0.75,
        answers=0.5,
        best_hour=20,
        contacted=4,
    ),
    Archetype(
        name="elderly_depositor",
        label="老年储户",
        weight=0.12,
        ages=(62, 84),
        occupations=("退休",),
        app=0.08,
        assets=26_000,
        mix={"demand": 0.12, "time_deposit": 0.88},
        trend=0.03,
        habits=(
            _habit("other", "credit", "auto", 10, 3_200),
            _habit("cash", "debit", "counter", 10, 1_500),
            _habit("other", "debit", "counter", 3, 800),
        ),
        sessions=0.5,
        buys={"deposit": (0.7, 0.012)},
        taste={"deposit": 0.14, "wealth": -0.03, "mobile": 0.03, "card": -0.02},
        ai_ease=0.15,
        answers=0.82,
        best_hour=10,
        contacted=5,
        consents=0.8,
    ),
    Archetype(
        name="dormant",
        label="沉睡客户",
        weight=0.13,
        ages=(25, 60),
        occupations=("其他", "职员", "自由职业"),
        app=0.15,
        assets=260,
        mix={"demand": 1.0},
        trend=-0.02,
        habits=(_habit("fee", "debit", "auto", 1, 10),),
        buys={"mobile": (0.2, 0.004)},
        taste={"mobile": 0.11, "deposit": 0.02},
        ai_ease=0.5,
        answers=0.3,
        best_hour=12,
        contacted=1,
        consents=0.7,
    ),
    Archetype(
        name="fund_dabbler",
        label="基金尝鲜",
        weight=0.09,
        ages=(25, 40),
        occupations=("职员", "自由职业", "金融"),
        app=0.98,
        assets=14_000,
        mix={"demand": 0.14, "fund": 0.80, "precious_metal": 0.06},
        trend=-0.10,
        habits=(
            _habit("transfer", "debit", "web", 16, 1_500),
            _habit("transfer", "credit", "web", 16, 1_500),
            _habit("purchase", "debit", "app", 8, 90),
        ),
        sessions=32,
        browses={"fund": 9, "wealth": 1},
        buys={"fund": (0.8, 0.02), "wealth": (0.1, 0.008)},
        taste={"fund": 0.06, "wealth": 0.22, "card": 0.05, "instalment": 0.03},
        ai_ease=0.7,
        answers=0.48,
        best_hour=12,
        contacted=4,
    ),
    Archetype(
        name="card_spender",
        label="刷卡一族",
        weight=0.10,
        ages=(24, 45),
        occupations=("职员", "销售", "服务业"),
        app=0.85,
        assets=3_800,
        mix={"demand": 1.0},
        trend=0.0,
        habits=(
            _habit("purchase", "debit", "pos", 70, 130),
            _habit("transfer", "credit", "app", 14, 2_600),
            _habit("repayment", "debit", "auto", 4, 1_800),
        ),
        sessions=14,
        browses={"card": 5, "instalment": 5},
        buys={"card": (0.6, 0.02), "instalment": (0.6, 0.015)},
        taste={"instalment": 0.24, "card": -0.05, "loan": 0.10, "deposit": 0.0, "wealth": 0.03},
        ai_ease=0.85,
        answers=0.58,
        best_hour=18,
        contacted=6,
    ),
    Archetype(
        name="small_merchant",
        label="小微商户",
        weight=0.07,
        ages=(30, 55),
        occupations=("个体户",),
        app=0.9,
        assets=19_000,
        mix={"demand": 1.0},
        trend=0.05,
        habits=(
            _habit("other", "credit", "web", 90, 420),
            _habit("transfer", "debit", "web", 30, 1_300),
            _habit("cash", "credit", "counter", 8, 3_000),
        ),
        sessions=16,
        browses={"loan": 6, "deposit": 1},
        buys={"loan": (0.5, 0.015), "deposit": (0.2, 0.008)},
        taste={"loan": 0.24, "deposit": 0.13, "card": 0.03, "wealth": 0.08},
        ai_ease=0.5,
        answers=0.7,
        best_hour=15,
        contacted=5,
    ),
    Archetype(
        name="borrower",
        label="在贷客户",
        weight=0.08,
        ages=(28, 48),
        occupations=("职员", "工程师", "公务员"),
        app=0.6,
        assets=5_200,
        mix={"demand": 0.95, "insurance": 0.05},
        trend=0.02,
        salary=(0.75, 8_800),
        habits=(
            _habit("repayment", "debit", "auto", 26, 3_400),
            _habit("purchase", "debit", "pos", 10, 160),
        ),
        sessions=6,
        browses={"loan": 5, "instalment": 1},
        buys={"loan": (0.75, 0.015), "instalment": (0.25, 0.01)},
        taste={"loan": -0.06, "instalment": 0.16, "deposit": 0.05, "mobile": 0.08},
        ai_ease=0.7,
        answers=0.6,
        best_hour=18,
        contacted=4,
    ),
    Archetype(
        name="deposit_hunter",
        label="追息储户",
        weight=0.08,
        ages=(38, 60),
        occupations=("会计", "职员", "公务员"),
        app=0.8,
        assets=29_000,
        mix={"demand": 0.06, "time_deposit": 0.24, "structured_deposit": 0.70},
        trend=0.08,
        habits=(
            _habit("transfer", "credit", "counter", 14, 4_800),
            _habit("transfer", "debit", "counter", 14, 4_600),
        ),
        sessions=12,
        browses={"deposit": 9, "wealth": 1},
        buys={"deposit": (0.85, 0.03), "wealth": (0.2, 0.01)},
        taste={"deposit": -0.08, "wealth": 0.18, "fund": 0.0, "card": 0.03},
        ai_ease=0.6,
        answers=0.66,
        best_hour=14,
        contacted=7,
    ),
    Archetype(
        name="county_cash",
        label="县域现金",
        weight=0.06,
        ages=(40, 61),
        occupations=("务农", "务工", "建筑"),
        app=0.1,
        assets=9_000,
        mix={"demand": 0.9, "time_deposit": 0.10},
        trend=0.0,
        habits=(
            _habit("cash", "debit", "atm", 36, 700),
            _habit("cash", "credit", "atm", 14, 1_600),
        ),
        buys={"deposit": (0.3, 0.008), "mobile": (0.3, 0.008)},
        taste={"deposit": 0.16, "mobile": 0.16, "loan": 0.05, "wealth": -0.01},
        ai_ease=0.4,
        answers=0.75,
        best_hour=11,
        contacted=2,
    ),
    Archetype(
        name="family_protector",
        label="家庭保障",
        weight=0.06,
        ages=(33, 52),
        occupations=("教师", "医护", "公务员"),
        app=0.75,
        assets=25_000,
        mix={"demand": 0.08, "insurance": 0.58, "precious_metal": 0.14, "bond": 0.17, "trust": 0.03},
        trend=0.06,
        salary=(0.35, 8_200),
        habits=(
            _habit("transfer", "debit", "app", 10, 1_800),
            _habit("purchase", "debit", "pos", 12, 210),
            _habit("other", "debit", "auto", 12, 600),
        ),
        sessions=9,
        browses={"wealth": 3, "deposit": 2, "fund": 1},
        buys={"wealth": (0.3, 0.01), "deposit": (0.3, 0.01)},
        taste={"deposit": 0.14, "wealth": 0.13, "fund": 0.08, "card": 0.06, "instalment": 0.0},
        ai_ease=0.55,
        answers=0.64,
        best_hour=17,
        contacted=5,
    ),
)
