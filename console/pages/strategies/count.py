"""How many customers a rule selects while somebody types, whom a channel reaches, what they can show."""

import re
from collections.abc import Mapping
from typing import Any

from base.errors import ConsoleError, ExperimentError
from base.language import Language
from base.roles import Field
from base.settings import Contact
from console.crowd import Count
from console.pages.page import Visit, reply
from console.pages.strategies.slips import rule_slip
from console.render import render
from experiments.design import detectable_lift
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS
from outreach.policy.product import RISK_NEEDED
from strategies.atoms import AS_OF, EVERYBODY, SEGMENT
from strategies.checks.walk import written
from strategies.edits import Path
from strategies.opening import BY_PEOPLE
from strategies.rule import parse
from strategies.spoken import WORDS
from strategies.tree import And
from strategies.units import UNITS

BASE = 0.01
"""Share of customers taken to reach a goal without being contacted."""
_WAYS = {"push": "has_app"}
_FIGURES = frozenset({Field.FIGURES})
_KEYWORDS = {"and": "且", "or": "或", "not": "非", "between": "", "in": "", "is null": "", "is not null": ""}
_UNITS = {unit: written for written, unit in reversed(UNITS.items())}
_ASSETS, _AGE, _FUND = (FEATURES[name] for name in ("aum_now", "age", "has_fund"))
EXAMPLES: Mapping[Language, str] = {
    "en": f"{_ASSETS.name} > 5000 and {_AGE.name} > 30 and not {_FUND.name}",
    "zh": f"{_ASSETS.label} > 5000 且 {_AGE.label} > 30 且 非 {_FUND.label}",
}
"""A rule as it is written, by the reader's language."""
_OWN = {SEGMENT: "客群", AS_OF: "基准日", EVERYBODY: "所有客户"}


@reply("/strategies/rule", fields=_FIGURES)
def told_of_rule(visit: Visit) -> Mapping[str, Any]:
    """What a page shows beside a rule: what is wrong with it, or whom it selects and reaches; of the sample,
    or with ``exact`` of all."""
    rule = visit.told.get("rule", "")
    slip = rule_slip(rule)
    found = counted(visit, rule, kind=visit.told.get("kind", "")) if slip is None else None
    values = {
        "name": visit.told.get("name", ""),
        "slip": slip,
        "count": found,
        "size": size_of(found, _experiment(visit.told)),
        "words": WORDS[visit.user.language],
        "can_write": True,
    }
    return {
        "html": render("strategy_count.html", values, language=visit.user.language),
        "size": render("strategy_size.html", values, language=visit.user.language),
        "before": slip.before if slip else "",
        "wrong": slip.wrong if slip else "",
    }


@reply("/strategies/words", fields=_FIGURES)
def words_of_rules(visit: Visit) -> Mapping[str, Any]:
    """All names and words that a rule may hold: in both languages, with what each is."""
    chinese = visit.user.language == "zh"
    named = [
        {"name": each.name, "label": each.label, "unit": _unit(each.unit, visit), "about": each.doc}
        for each in FEATURES.values()
    ]
    own = [{"name": name, "label": label, "unit": "", "about": ""} for name, label in _OWN.items()]
    joints = [{"name": name, "label": label, "unit": "", "about": ""} for name, label in _KEYWORDS.items()]
    return {"words": [*named, *own, *joints], "label_first": chinese}


def counted(visit: Visit, rule: str, *, kind: str) -> Mapping[str, Any] | None:
    """The count, after each group of conditions, and whom of them each channel reaches; ``kind``: of product.

    None before the first night. Raises RuleError.
    """
    among = [reached(channel, kind=kind, contact=visit.settings.contact) for channel in CHANNELS]
    try:
        ask = visit.crowd.count if visit.told.get("exact") else visit.crowd.estimate
        found: Count = ask(rule, among=among)
    except ConsoleError:
        return None
    condition = parse(rule, FEATURES).condition
    parts = condition.parts if isinstance(condition, And) else (condition,)
    shown = [_in_words(written(part), visit) for part in parts]
    return {
        "found": found,
        "groups": list(zip(shown, found.each, strict=True)) if len(parts) > 1 else [],
        "reached": list(zip(CHANNELS, found.among, strict=True)),
        "suited": kind in RISK_NEEDED,
    }


def reached(channel: str, *, kind: str, contact: Contact) -> str:
    """Whom a channel reaches as far as features tell, as a rule: consent, a way to them, nothing against it,
    an age for the channel, and for the product's risk where its ``kind`` is known."""
    risk = RISK_NEEDED.get(kind, 0)
    parts = [
        f"consent_{channel} and not suppressed and {_WAYS.get(channel, 'mobile_reachable')}",
        f"age >= {contact.adult_age}",
        *([f"age < {contact.elderly_age}"] if risk or channel not in BY_PEOPLE else []),
        *([f"risk_level >= {risk}"] if risk else []),
    ]
    return " and ".join(parts)


def size_of(count: Mapping[str, Any] | None, leaves: Mapping[Path, Any]) -> Mapping[str, float] | None:
    """The smallest lift that so many customers show with a probability of 80 %; None where none is known."""
    many = count["found"].count if count else None
    try:
        holdout = float(leaves.get(("experiment", "holdout")) or 0.15)
        share = float(leaves.get(("experiment", "ramp")) or 1.0)
        lift = detectable_lift(int((many or 0) * min(max(share, 0.0), 1.0)), holdout=holdout, base=BASE)
    except (ExperimentError, TypeError, ValueError, ZeroDivisionError):
        return None
    return {"lift": 100 * lift, "holdout": 100 * holdout, "base": 100 * BASE}


def _experiment(told: Mapping[str, str]) -> Mapping[Path, str]:
    """Shares as the form shows them, of 100."""
    found: dict[Path, str] = {}
    for name in ("holdout", "ramp"):
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", told.get(name, "")):
            found["experiment", name] = str(float(told[name]) / 100)
    return found


def _unit(unit: str, visit: Visit) -> str:
    """As it is written behind a number."""
    return _UNITS.get(unit, unit) if visit.user.language == "zh" else unit


def _in_words(condition: str, visit: Visit) -> str:
    """A condition with the features' Chinese names for those who read Chinese."""
    if visit.user.language == "en":
        return condition
    return re.sub(r"[a-z][a-z0-9_]*", lambda word: _label(word[0]), condition)


def _label(word: str) -> str:
    return FEATURES[word].label if word in FEATURES else {**_OWN, **_KEYWORDS}.get(word) or word
