"""Ordinary values of a bank's lists, as many as asked for: what the scanner has to let pass."""

from collections.abc import Callable, Iterator

import numpy as np

Draw = np.random.Generator
Write = Callable[[Draw], str]

_CITIES = [
    "北京",
    "上海",
    "金华",
    "白云",
    "广州",
    "成都",
    "惠州",
    "江门",
    "黄山",
    "万宁",
    "武汉",
    "乐山",
    "龙岩",
    "高安",
    "云浮",
    "海口",
    "丁山",
    "方城",
]
_PRODUCTS = (
    "三个月定期",
    "活期宝7号",
    "稳健理财2026-3期",
    "基金定投",
    "信用卡分期12期",
    "经营贷",
    "小额消费贷",
)
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡高林何郭罗"
_BANKERS = "零壹贰叁肆伍陆柒捌玖"
_EVERYDAY = "〇一二三四五六七八九"


def ordinary_values(count: int, *, seed: int) -> Iterator[str]:
    """``count`` values, each of a kind drawn anew."""
    draw = np.random.default_rng(seed)
    for kind in draw.integers(0, len(_KINDS), count):
        yield _KINDS[kind](draw)


def _of(draw: Draw, *choices: str) -> str:
    return choices[draw.integers(len(choices))]


def _yuan(draw: Draw, least: float = 10.0, most: float = 2_000_000.0) -> float:
    return float(np.exp(draw.uniform(np.log(least), np.log(most))))


def _amount(draw: Draw) -> str:
    value = _yuan(draw)
    return _of(
        draw,
        f"{value:,.2f}元",
        f"¥{value:,.2f}",
        f"{value:.2f}",
        f"{value / 10_000:.1f}万元",
        f"人民币{value:,.0f}元整",
        f"CNY {value:,.2f}",
        f"起购{value:.0f}元，递增{_yuan(draw, 100, 10_000):.0f}元",
    )


def _range(draw: Draw) -> str:
    low, high = sorted(round(_yuan(draw, 1_000, 900_000) / 1_000) * 1_000 for _ in range(2))
    return _of(
        draw,
        f"{low:,}-{high:,}元",
        f"{low}-{high}",
        f"{low}至{high}元",
        f"{low:,} ~ {high:,}",
        f"{low}/{high}",
    )


def _two_amounts(draw: Draw) -> str:
    one, two = _yuan(draw), _yuan(draw)
    return _of(
        draw,
        f"活期{one:,.2f}元，定期{two:,.2f}元",
        f"{one:.2f} {two:.2f}",
        f"{one:,.2f}/{two:,.2f}",
        f"{one:.0f}, {two:.0f}",
    )


def _in_words(draw: Draw) -> str:
    a, b, c = draw.integers(1, 10, 3)
    return _of(
        draw,
        f"{_BANKERS[a]}万{_BANKERS[b]}仟{_BANKERS[c]}佰元整",
        f"{_EVERYDAY[a]}千{_EVERYDAY[b]}百{_EVERYDAY[c]}十元",
        f"第{_EVERYDAY[a]}期，共{_EVERYDAY[b]}次",
    )


def _day(draw: Draw) -> tuple[int, int, int]:
    return int(draw.integers(2024, 2032)), int(draw.integers(1, 13)), int(draw.integers(1, 29))


def _date(draw: Draw) -> str:
    (y, m, d), (y2, m2, d2) = _day(draw), _day(draw)
    said = "".join(_EVERYDAY[int(c)] for c in str(y))
    return _of(
        draw,
        f"{y}-{m:02d}-{d:02d}",
        f"{y}/{m}/{d}",
        f"{y}.{m:02d}.{d:02d}",
        f"{y}{m:02d}{d:02d}",
        f"{y}年{m}月{d}日",
        f"{m}月{d}日至{m2}月{d2}日",
        f"{y}-{m:02d}-{d:02d}至{y2}-{m2:02d}-{d2:02d}",
        f"{y}/{m:02d}/{d:02d}-{y2}/{m2:02d}/{d2:02d}",
        f"{y}.{m}.{d} - {y2}.{m2}.{d2}",
        f"{said}年{_EVERYDAY[m % 10]}月{_EVERYDAY[d % 10]}日",
    )


def _moment(draw: Draw) -> str:
    y, m, d = _day(draw)
    h, i, s = int(draw.integers(9, 20)), int(draw.integers(60)), int(draw.integers(60))
    return _of(
        draw,
        f"{y}-{m:02d}-{d:02d}T{h:02d}:{i:02d}:{s:02d}+08:00",
        f"{y}-{m:02d}-{d:02d} {h:02d}:{i:02d}:{s:02d}",
        f"{y}-{m:02d}-{d:02d} {h:02d}:{i:02d}-{h + 1:02d}:{i:02d}",
        f"{y}{m:02d}{d:02d}{h:02d}{i:02d}{s:02d}",
        f"{m}月{d}日{h}时{i}分",
        f"{h:02d}:{i:02d}-{h + 2:02d}:00",
        f"周一至周五 {h}:00-17:30，周六 9:30-16:00",
    )


def _order(draw: Draw) -> str:
    y, m, d = _day(draw)
    n = int(draw.integers(10**9))
    return _of(
        draw,
        f"{n % 10**6:06d}",
        f"{n:09d}",
        f"DD{n:08d}",
        f"{y}{m:02d}{d:02d}-{n % 10_000:04d}",
        f"LN-{y}-{n % 10_000:04d}",
        f"批次{y}Q{m % 4 + 1}-{n % 1000:03d}",
        f"ZX{y}{n % 1000:03d}",
        f"尾号{n % 10_000:04d}",
        f"工单{n % 10**7:07d}",
    )


def _rate(draw: Draw) -> str:
    low = draw.uniform(0.5, 4)
    return _of(
        draw,
        f"{low:.2f}%",
        f"年化{low:.2f}%至{low + 1:.2f}%",
        f"{low:.2f}%–{low + 0.5:.2f}%",
        f"LPR+{low * 100:.0f}BP",
        f"日利率万分之{_EVERYDAY[int(low)]}",
    )


def _terms(draw: Draw) -> str:
    return _of(
        draw,
        "7/14/30/60/90/180天",
        "3、6、12、24、36期",
        "1,2,3,6,12",
        "一、二、三、六个月",
        "30-60-90",
        f"分{draw.integers(3, 37)}期，每期{_yuan(draw, 100, 5_000):.2f}元",
        f"{draw.integers(1, 60)}个月",
    )


def _hotline(draw: Draw) -> str:
    return _of(
        draw, "95588", "详询95500转1", "客服热线400-820-8820", "400 610 5568", "请拨打95533", "TD回复退订"
    )


def _place(draw: Draw) -> str:
    city = _of(draw, *_CITIES)
    return _of(
        draw,
        f"{city}市分行",
        f"{city}支行营业部",
        f"{city}区支行",
        f"{city}路{draw.integers(1, 900)}号",
        f"{city}",
        f"{draw.integers(1, 9)}号楼{draw.integers(1, 30)}层",
    )


def _masked(draw: Draw) -> str:
    name, digits = _of(draw, *_SURNAMES), int(draw.integers(10_000))
    return _of(
        draw,
        f"{name}先生",
        f"{name}女士",
        f"{name}**",
        f"138****{digits:04d}",
        f"6222 **** **** {digits:04d}",
        f"尊敬的{name}女士",
        "***",
    )


def _said(draw: Draw) -> str:
    name, amount, (_, m, d) = _of(draw, *_SURNAMES), _yuan(draw, 500, 50_000), _day(draw)
    product, city = _of(draw, *_PRODUCTS), _of(draw, *_CITIES)
    return _of(
        draw,
        f"{name}女士您好，您的{product}将于{m}月{d}日到期，本金{amount:,.2f}元，可到{city}支行办理。",
        f"您有一笔{amount:.0f}元的资金，{product}预期年化{draw.uniform(1, 4):.2f}%，{m}月{d}日前有效。",
        f"余额{amount:,.2f}元，近30天收入{_yuan(draw, 100, 9_000):,.2f}元。",
        f"Dear customer, your deposit of CNY {amount:,.2f} matures on {d}/{m}; call 95588.",
        f"{product}，额度1,000-{round(amount, -3):,.0f}元，回复TD退订",
        f"周一到周五可办，万一错过，{m}月{d}日前也可在App内查询明细。",
    )


def _technical(draw: Draw) -> str:
    n = int(draw.integers(10_000))
    return _of(
        draw,
        "deposit_elderly_idle",
        f"strategy_{n}",
        f"https://m.longreach.example/d/{n:x}",
        f"v{n % 9}.{n % 17}.{n % 5}",
        f'{{"rows": {n}, "as_of": "2026-07-01"}}',
        f"S{n % 30:02d}",
        "normal",
        f"{n % 24}",
        f"{n}",
        f"E{n % 500:03d}",
        f"#{n:06x}",
        f"{n / 100:.2f},{n / 37:.2f},{n / 11:.2f}",
    )


_KINDS: tuple[Write, ...] = (
    *(_amount, _range, _two_amounts, _in_words, _date, _moment, _order, _rate, _terms),
    *(_hotline, _place, _masked, _said, _technical),
)
