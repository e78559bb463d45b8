"""One experiment: what to do about it and why, how it went, and what was decided about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from base.errors import BookError, ExperimentError, ScheduleError
from base.registry import told
from base.roles import Action
from base.scrub import scrub
from console.listing import read_date
from console.pages.experiments.numbers import (
    arms,
    evenness,
    metrics,
    of_all_arms,
    readings,
    views,
    yuan,
)
from console.pages.experiments.pictures import by_night, by_segment
from console.pages.experiments.portfolio import FIGURES
from console.pages.experiments.weeks import weeks
from console.pages.page import Done, Shown, Visit, deed, page
from console.words import Said
from console.words.errors import said_of
from console.words.strategies import standing_said
from console.words.verdicts import (
    DECISIONS,
    NAMES,
    TO_DO,
    advice,
    of_hundred,
    probability,
    product_said,
    wait,
)
from evaluation.findings.finding import kinds
from evaluation.suppress import few
from evaluation.verdicts import GOAL, needed
from jobs.experiment_course import Course, course
from jobs.experiment_pages import Page
from jobs.experiment_tables import Experiments, glanced, records
from jobs.reviews import write_review
from lake.tables import RETURNS_TABLE
from strategies.labels import Label, labels

Row = Mapping[str, Any]


@page("/experiments/{name}", title=("Experiment", "实验"), fields=FIGURES)
def experiment(visit: Visit) -> Shown:
    """What to do about one strategy, and the numbers that say so."""
    try:
        return _shown(visit, _asked(visit))
    except ScheduleError:
        return Shown(template="experiments/none.html", values={"name": visit.told["name"]})


@deed("/experiments/{name}/review", action=Action.REVIEW, given_back=True)
def review_experiment(visit: Visit) -> Done | Shown:
    """Writes down what is decided, on the numbers that were on the screen."""
    found, name = _asked(visit), visit.told["name"]
    seen = found.page(name)
    decision, reason = visit.told.get("decision", ""), visit.told.get("reason", "")
    verdict = str(seen.verdict["verdict"])
    contrary = decision == "ship" and verdict != "ship"
    wrong = _missing(decision, reason, contrary=contrary, against=visit.told.get("against") == "yes")
    if wrong is not None:
        return _shown(visit, found, wrong=wrong.to(visit.user.language))
    try:
        write_review(
            visit.ledger,
            name,
            decision=next(one for one in DECISIONS if one == decision),
            as_of=found.as_of,
            verdict=verdict,
            seen={"verdict": seen.verdict, "readouts": records(seen.readouts)},
            actor=visit.user.name,
            reason=reason,
            against_advice=contrary,
        )
    except (BookError, ExperimentError) as error:
        return _shown(visit, found, wrong=said_of(error).to(visit.user.language))
    return Done(to=f"/experiments/{name}#decisions", said=Said("Written down.", "已记录。"))


def _asked(visit: Visit) -> Experiments:
    """The experiments as the night that is asked for read them; the last one where none is."""
    night = visit.told.get("as_of", "")
    return glanced(visit.lake, visit.ledger, as_of=read_date(night) if night else None)


def _missing(decision: str, reason: str, *, contrary: bool, against: bool) -> Said | None:
    """What a review lacks; None where it is whole."""
    if decision not in DECISIONS:
        return Said("Choose what is decided.", "请选择决定。")
    if not reason.strip():
        return Said("Give the reason: those who read the review will ask.", "请填写理由：之后查看的人会问。")
    if scrub(reason) != reason:
        return Said(
            "The reason holds what may be somebody's number or address. It is kept for good: leave that out.",
            "理由中可能含有个人号码或地址。理由将永久保存，请删除该内容。",
        )
    if contrary and not against:
        return Said(
            "The verdict is not to keep it. To keep it all the same, say that it is against the advice.",
            "结论并非推广。如仍要推广，请勾选“与建议相反”。",
        )
    return None


def _shown(visit: Visit, found: Experiments, *, wrong: str = "") -> Shown:
    name, language = visit.told["name"], visit.user.language
    with visit.ledger.engine.connect() as connection:
        named = labels(connection, [name]).get(name)
    seen = found.page(name, segment_metrics=[GOAL])
    readouts, findings = records(seen.readouts), records(seen.findings)
    whole = of_all_arms(readouts)
    goal = whole.get(GOAL)
    went = course(visit.lake, name, level="strategy", until=found.as_of)
    values = {
        "name": name,
        "seen": seen,
        "names": NAMES,
        "to_do": TO_DO[str(seen.verdict["verdict"])],
        "advice": _advice(visit, seen, goal or {}, findings),
        "wait": _wait(seen, goal, went),
        "goal": goal if _has_numbers(seen, goal) else None,
        "standing": standing_said(seen.standing),
        "lift": of_hundred,
        "yuan": yuan,
        "named": named,
        "product": product_said,
        "model": _model(visit.settings.console.mlflow_url, named),
        "alike": probability((goal or {}).get("heterogeneity_p")),
        "evenness": evenness(goal, findings),
        "findings": [_finding(row) for row in findings],
        "went": went.readings,
        "course": by_night(went, language) if _points(went) > 1 else None,
        "returned": _returned(found, name),
        "decisions": DECISIONS,
        "asked": {one: visit.told.get(one, "") for one in ("decision", "reason", "against")},
        "wrong": wrong,
        "may_review": visit.may(Action.REVIEW),
        **weeks(visit, found, name),
    }
    if values["goal"] is not None:
        segments = records(seen.segments)
        values |= {
            "readings": readings(values["goal"]),
            "metrics": metrics(whole),
            "arms": arms(readouts),
            "views": views(readouts),
            "segments": segments,
            "level": visit.settings.experiments.false_discovery,
            "segment_forest": by_segment(segments, language) if segments else None,
        }
    title = Said(seen.title or name, seen.title or name)
    return Shown(template="experiments/one.html", values=values, title=title, status=422 if wrong else 200)


def _advice(visit: Visit, seen: Page, goal: Row, findings: Sequence[Row]) -> Said:
    grave = [_finding(row)["words"] for row in findings if row["grave"]]
    return advice(
        seen.verdict,
        goal=goal,
        findings=Said(" ".join(one.english for one in grave), "".join(one.chinese for one in grave)),
        level=visit.settings.experiments.false_discovery,
    )


def _wait(seen: Page, goal: Row | None, went: Course) -> Said | None:
    """Why nothing is proven yet; None where something is, or where there are no numbers."""
    if seen.verdict["verdict"] != "continue" or goal is None or goal["always_low"] is None:
        return None
    if goal["customers"] is None:
        return None
    ends = {"low": goal["always_low"], "high": goal["always_high"]}
    return wait(goal, needed(goal, **ends, per_night=went.per_night))


def _model(mlflow: str, named: Label | None) -> str:
    """Where MLflow shows the model that learns from experiments of this kind; empty where nobody says."""
    return f"{mlflow.rstrip('/')}/#/models/uplift_{named.kind}" if named and mlflow else ""


def _has_numbers(seen: Page, goal: Row | None) -> bool:
    return seen.verdict["verdict"] != "broken" and goal is not None and goal["customers"] is not None


def _finding(row: Row) -> dict[str, Any]:
    """A finding in both languages: as its kind is declared; as it was written, where the kind has gone."""
    kind = kinds().get(str(row["kind"]))
    words = Said(*told(kind.__doc__)) if kind else Said(str(row["words"]), str(row["words"]))
    return {"kind": row["kind"], "grave": row["grave"], "words": words}


def _points(went: Course) -> int:
    return sum(one.lift is not None for one in went.readings)


def _returned(found: Experiments, name: str) -> Row | None:
    """What its contacts brought and cost; None where nobody, or few, were contacted."""
    rows = found.rows(RETURNS_TABLE, {"level": ["strategy"], "name": [name]})
    small = few(rows["contacts"].to_numpy()) | few(rows["customers"].to_numpy())
    shown = records(rows[~small & (rows["contacts"] > 0).to_numpy() & rows["value"].notna().to_numpy()])
    return shown[0] if shown else None
