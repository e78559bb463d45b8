"""Made-up names, phone numbers and ID numbers: right in form, wrong in person."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.synthetic.draws import Flags, Ints, stream
from sources.synthetic.population import CITIES, PART, UNKNOWN_DAY, Population, strings

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏"
    "付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_DOUBLE_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "司徒", "皇甫", "尉迟", "令狐", "慕容", "东方")
_FEMALE = "芳娜敏静秀丽艳娟霞燕玲桂婷雪倩琳颖洁梅莉莹兰萍红玉珍慧巧妍茜璐瑶怡欣悦佳蕾薇菲蓉"
_MALE = "伟强磊军洋勇杰涛超刚辉健斌波鹏飞凯浩亮宇峰晨俊志建国明永文辰博轩睿彬翔旭昊钧铭"
_COMMON = "晓海春子思梓雨一嘉若清云安华平"
_FOREPARTS = (
    "阿依古丽",
    "迪丽热巴",
    "买买提",
    "古丽娜尔",
    "艾力",
    "阿卜杜拉",
    "帕提古丽",
    "努尔兰",
    "卓玛",
    "巴特尔",
)
_AFTERPARTS = (
    "买买提",
    "艾合买提",
    "吐尔逊",
    "卡德尔",
    "亚森",
    "玉素甫",
    "热合曼",
    "斯迪克",
    "叶尔肯",
    "多吉",
)

_PREFIXES = tuple(
    str(prefix)
    for prefix in (
        *range(130, 134),
        *range(135, 140),
        147,
        *range(150, 154),
        *range(155, 160),
        166,
        173,
        *range(175, 179),
        *range(180, 190),
        191,
        198,
        199,
    )
)
_AREA_CODES = ("010", "021", "025", "028", "0571", "0755", "020", "027")
_REGIONS_OF = {
    "北京": ("110101", "110102", "110105", "110106", "110107", "110108"),
    "上海": ("310101", "310104", "310105", "310106", "310107", "310109", "310110"),
    "天津": ("120101", "120102", "120103", "120104", "120105", "120106", "120110"),
    "成都": ("510121", "510122"),
    "杭州": ("330122", "330127"),
    "长沙": ("430121",),
    "福州": ("350121",),
    "沈阳": ("210122",),
    "合肥": ("340121",),
    "南昌": ("360121", "360122"),
    "昆明": ("530122", "530124"),
    "宝鸡": ("610322", "610323", "610324", "610326"),
    "兰州": ("620121", "620122", "620123"),
    "乌鲁木齐": ("650121",),
}
"""Region codes that were in force for every year of birth that occurs here."""

_ACCOUNTS = 64
"""One customer in so many is another account of somebody who is a customer already."""

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)


def identities(people: Population) -> pa.Table:
    """customer_no, name, phone, id_number and generated (always true), one row a customer.

    ID numbers end in the check character of GB 11643-1999 (ISO 7064 MOD 11-2) and agree with birth day,
    gender and region; who has no known birth day has a passport instead. One phone in thirty is no mobile or
    missing; one person in a hundred shares the phone of the one before. One in 64 is another account of
    somebody else's, who has the same name and ID number and lives by another phone.
    """
    part = int(people.index[0]) // PART if len(people) else 0
    draw = stream(people.seed, "identities", part)
    names, phones, id_numbers = (
        _names(people.female, draw),
        _phones(len(people), draw),
        _id_numbers(people, draw),
    )
    whose = pa.array(_whose(people, stream(people.seed, "accounts", part)))
    return pa.table(
        {
            "customer_no": people.numbers,
            "name": names.take(whose),
            "phone": phones,
            "id_number": id_numbers.take(whose),
            "generated": pa.array(np.ones(len(people), dtype=np.bool_)),
        }
    )


def _whose(people: Population, draw: np.random.Generator) -> Ints:
    """Whose account each is: his own, or of one born on the same day and of the same gender."""
    order = np.lexsort((people.female, people.birth_day))
    born, female = people.birth_day[order], people.female[order]
    alike = (born[1:] == born[:-1]) & (female[1:] == female[:-1]) & (born[1:] != UNKNOWN_DAY)
    second = 1 + draw.permutation(np.flatnonzero(alike))[: len(people) // _ACCOUNTS]
    whose = np.arange(len(people))
    for place in np.sort(second):  # one may be the third account of somebody
        whose[order[place]] = whose[order[place - 1]]
    return whose


def _names(female: Flags, draw: np.random.Generator) -> pa.Array:
    rows = len(female)
    ranks = np.arange(1, len(_SURNAMES) + 1, dtype=np.float64)
    frequency = 1.0 / (ranks + 2.0)
    surname = _pick(tuple(_SURNAMES), draw.choice(len(ranks), p=frequency / frequency.sum(), size=rows))
    double = pa.array(draw.random(rows) < 0.008)
    surname = pc.if_else(double, _any(_DOUBLE_SURNAMES, rows, draw), surname)
    characters = (*_COMMON, *_FEMALE, *_COMMON, *_MALE)
    half = len(_COMMON) + len(_FEMALE)
    spans = np.where(female, half, len(characters) - half)
    first, second = (
        _pick(characters, np.where(female, 0, half) + (draw.random(rows) * spans).astype(np.int64))
        for _ in range(2)
    )
    second = pc.if_else(pa.array(draw.random(rows) < 0.16), "", second)
    chinese = pc.binary_join_element_wise(surname, first, second, "")
    minority = pc.binary_join_element_wise(_any(_FOREPARTS, rows, draw), _any(_AFTERPARTS, rows, draw), "·")
    return pc.if_else(pa.array(draw.random(rows) < 0.008), minority, chinese)


def _phones(rows: int, draw: np.random.Generator) -> pa.Array:
    prefix = _any(_PREFIXES, rows, draw)
    mobile = pc.binary_join_element_wise(prefix, _digits(rows, 8, draw), "")
    mobile = pc.if_else(
        pa.array(draw.random(rows) < 0.01), pc.binary_join_element_wise("+86", mobile, " "), mobile
    )
    shares = (draw.random(rows) < 0.01) & (np.arange(rows) > 0)
    mobile = mobile.take(pa.array(np.arange(rows) - shares))
    landline = pc.binary_join_element_wise(
        _any(_AREA_CODES, rows, draw), pc.binary_join_element_wise("6", _digits(rows, 7, draw), ""), "-"
    )
    overseas = pc.binary_join_element_wise(
        pa.scalar("+852 6"), _digits(rows, 3, draw), pa.scalar(" "), _digits(rows, 4, draw), ""
    )
    luck = draw.random(rows)
    phone = pc.if_else(pa.array(luck < 0.018), landline, mobile)
    phone = pc.if_else(pa.array((luck >= 0.018) & (luck < 0.025)), overseas, phone)
    return pc.if_else(pa.array((luck >= 0.025) & (luck < 0.035)), pa.scalar(None, pa.string()), phone)


def _id_numbers(people: Population, draw: np.random.Generator) -> pa.Array:
    rows = len(people)
    born = np.where(people.birth_day == UNKNOWN_DAY, 0, people.birth_day).astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    sequence = 2 * draw.integers(0, 500, rows) + ~people.female
    number = (year * 10_000 + month * 100 + day) * 1_000 + sequence
    digits = np.empty((rows, 17), dtype=np.int64)
    digits[:, :6] = _regions(people.city, draw)
    digits[:, 6:] = number[:, None] // 10 ** np.arange(10, -1, -1, dtype=np.int64) % 10
    check = _CHECKS[digits @ _WEIGHTS % 11]
    resident = strings(np.column_stack([digits.astype(np.uint8) + ord("0"), check]).astype(np.uint8))
    passport = pc.binary_join_element_wise("EA", _digits(rows, 7, draw), "")
    return pc.if_else(pa.array(people.birth_day == UNKNOWN_DAY), passport, resident)


def _regions(city: Ints, draw: np.random.Generator) -> Ints:
    """Digits of a region code: one of the city's own for three in four who live where codes are listed."""
    at = np.array([_REGIONS_OF.get(name, ()) != () for name in CITIES])[city] & (
        draw.random(len(city)) > 0.25
    )
    codes = [code for listed in _REGIONS_OF.values() for code in listed]
    found = draw.integers(0, len(codes), len(city))
    for number, name in enumerate(CITIES):
        here = np.flatnonzero(at & (city == number))
        own = [codes.index(code) for code in _REGIONS_OF.get(name, ())]
        found[here] = draw.choice(np.array(own), len(here)) if own else found[here]
    return np.array([[int(digit) for digit in code] for code in codes])[found]


def _digits(rows: int, width: int, draw: np.random.Generator) -> pa.StringArray:
    return strings(draw.integers(ord("0"), ord("9") + 1, (rows, width), dtype=np.uint8))


def _any(words: tuple[str, ...], rows: int, draw: np.random.Generator) -> pa.Array:
    return _pick(words, draw.integers(0, len(words), rows))


def _pick(words: tuple[str, ...], at: Ints) -> pa.Array:
    return pa.array(words).take(pa.array(at))
