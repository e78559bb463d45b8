"""Fills templates: every page has the same frame, in the language of whoever looks at it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from base.language import Language
from console.words import Said
from console.words.errors import in_both, known

BANK_TIME = ZoneInfo("Asia/Shanghai")


def render(template: str, values: Mapping[str, Any], *, language: Language) -> str:
    """The page as HTML. In a template, ``t(english, chinese)`` is the text in the reader's language.

    So is ``words | error`` of an error's English, and ``words | phrase`` of a word or sentence of the house's
    own that comes in English alone.
    """
    return _templates(language).get_template(template).render(values)


@cache
def _templates(language: Language) -> Environment:
    made = Environment(
        loader=PackageLoader("console", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.update(language=language, t=lambda *said: Said(*said).to(language))
    made.filters.update(
        day=lambda on: _day(on, language),
        moment=lambda at: _moment(at, language),
        clock=lambda at: f"{at.astimezone(BANK_TIME):%H:%M}",
        lasted=lambda seconds: _lasted(seconds, language),
        number=_number,
        error=lambda words: in_both(words).to(language),
        phrase=lambda words: (known(words) or Said(words, words)).to(language),
        money=_money,
    )
    return made


def _day(on: date, language: Language) -> str:
    return f"{on.year}年{on.month}月{on.day}日" if language == "zh" else f"{on.day} {on:%b %Y}"


def _moment(at: datetime, language: Language) -> str:
    here = at.astimezone(BANK_TIME)
    return f"{_day(here.date(), language)} {here:%H:%M}"


def _lasted(seconds: float | None, language: Language) -> str:
    """How long something took, in its two largest units; a dash where that is not known."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return Said(f"{seconds:.1f} s", f"{seconds:.1f} 秒").to(language)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return Said(f"{minutes} min {rest} s", f"{minutes} 分 {rest} 秒").to(language)
    hours, minutes = divmod(minutes, 60)
    return Said(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分").to(language)


def _money(yuan: float | None) -> str:
    """Whole yuan, the sign before them; a dash where nothing is known."""
    return "–" if yuan is None else f"{'-' if yuan <= -0.5 else ''}¥{abs(yuan):,.0f}"


def _number(count: float | None) -> str:
    """With thousands apart; a dash where nothing is known or too few to be shown."""
    return "–" if count is None else f"{count:,.0f}"
