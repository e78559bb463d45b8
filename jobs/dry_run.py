"""The dry run on the command line: one answer, or a conversation in which a rule is typed and refined."""

import contextlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from base.errors import LongreachError, StrategyError
from base.settings import Settings
from evaluation.suppress import SMALLEST, suppress
from features.catalogue import FEATURES
from jobs.audience import of_night, open_night
from jobs.checkout import document
from ledger.database import Ledger
from outreach.dry_run.competition import Contacts
from outreach.dry_run.dry_run import DryRun, Found
from outreach.dry_run.losses import TouchPolicy
from outreach.dry_run.picture import picture
from outreach.dry_run.sensitivity import Sensitivity
from strategies.atoms import RuleError
from strategies.book import live, not_there, standings
from strategies.characters import unseen
from strategies.document import Strategy
from strategies.rule import Rule, parse

_HELP = """Type a rule, such as  资产总额 between 5000 and 3万 and not has_fund
A line that begins with and / or / 且 / 或 refines the rule before it.
:strategy NAME    the newest version of a strategy of the book, as a whole
:strategy FILE    a document that is not in the book yet
:quit             (or Ctrl-D) ends"""
_REFINES = re.compile(r"\s*(?:(?:and|or)\b|并且|且|或)", re.IGNORECASE)
_BEFORE = 60


def try_out(
    what: str | None,
    *,
    settings: Settings,
    as_of: date | None,
    as_json: bool,
    out: Console,
    err: Console,
    ask: Callable[[str], str] = input,
) -> None:
    """Tries ``what``: a rule, the name of a strategy, or a YAML file. Without it, asks again and again.

    ``as_of``: the night to try it on, None for the last. ``ask`` raises EOFError when there is no more.
    Raises LongreachError for what cannot be read.
    """

    def progress(text: str) -> None:
        err.print(Text(f"  {text}", style="dim"))

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - so that lines can be edited and called back

    with open_night(settings, as_of=as_of, progress=progress) as night:
        # Before the customers are taken in, which takes longer than to see a slip of the pen.
        tried = None if what is None else meant(what, night.ledger)
        dry_run = of_night(night, live(night.ledger))
        if tried is None:
            converse(dry_run, night.ledger, out=out, ask=ask)
            return
    if as_json:
        found = hidden(answered(tried, dry_run))
        out.print_json(json.dumps(asdict(found), ensure_ascii=False))
    else:
        _show(tried, dry_run, out)


def meant(what: str, ledger: Ledger) -> Strategy | Rule:
    """The document of a path, the newest version of a strategy of the book, or else a rule.

    Raises StrategyError for one that does not read; of a rule it points at the place.
    """
    with ledger.engine.connect() as connection:
        is_named = what in standings(connection, [what])
    if is_named or what.endswith((".yaml", ".yml")) or ("/" in what and _is_there(what)):
        return _document(what, ledger)
    try:
        return parse(what, FEATURES)
    except RuleError as error:
        told = f"the rule does not read\n{_pointed(what, error)}"
        if what.isidentifier():
            with ledger.engine.connect() as connection:
                told += f"\n{not_there([what], connection)}"
        raise StrategyError(told) from error


def _document(what: str, ledger: Ledger) -> Strategy:
    try:
        if Path(what).is_dir():
            raise StrategyError(f"{what}: a folder; name one strategy document in it")
        return document(ledger, what)
    except OSError as error:
        raise StrategyError(f"{what}: cannot be read ({error.strerror})") from error


def _is_there(path: str) -> bool:
    # A rule with a slash may be too long to be asked for as a path.
    with contextlib.suppress(OSError):
        return Path(path).exists()
    return False


def answered(tried: Strategy | Rule, dry_run: DryRun) -> Found:
    """What the dry run finds."""
    return dry_run.strategy(tried) if isinstance(tried, Strategy) else dry_run.rule(tried)


def hidden(found: Found) -> Found:
    """The same without counts of fewer than ten people, nor what would let them be worked out."""
    if found.selected is None or 0 < found.selected < SMALLEST:
        return replace(
            found,
            selected=None,
            begun=None,
            planned=None,
            segments=(),
            traits=(),
            touches=(),
            overlapping=0,
            overlaps=(),
            take_up=(),
            contacts=None,
            experiment=None,
        )
    in_segments = _shown([part.customers for part in found.segments])
    return replace(
        found,
        begun=_shown_alone(found.begun),
        planned=_shown_alone(found.planned),
        segments=tuple(
            replace(part, customers=count, share=None if count is None else part.share)
            for part, count in zip(found.segments, in_segments, strict=True)
        ),
        touches=tuple(_hidden_touch(touch) for touch in found.touches),
        overlaps=tuple(part for part in found.overlaps if _shown_alone(part.customers)),
        contacts=found.contacts and _hidden_contacts(found.contacts),
        experiment=found.experiment and _hidden_experiment(found.experiment),
    )


def _hidden_touch(touch: TouchPolicy) -> TouchPolicy:
    allowed, *lost = _shown([touch.allowed, *(loss.customers for loss in touch.losses)])
    losses = zip(touch.losses, lost, strict=True)
    return replace(
        touch, allowed=allowed, losses=tuple(replace(loss, customers=count) for loss, count in losses)
    )


def _hidden_contacts(contacts: Contacts) -> Contacts:
    return replace(
        contacts,
        allowed=_shown_alone(contacts.allowed),
        worth_it=_shown_alone(contacts.worth_it),
        won=_shown_alone(contacts.won),
        exposed=_shown_alone(contacts.exposed),
        contacts=_shown_alone(contacts.contacts),
        net=contacts.net if _shown_alone(contacts.allowed) else None,
    )


def _hidden_experiment(experiment: Sensitivity) -> Sensitivity | None:
    """None where few come into it a night: what comes together in many nights would tell how few."""
    if _shown_alone(experiment.pool) is None or _shown_alone(experiment.a_night) is None:
        return None
    return experiment


def _shown(parts: Sequence[int | None]) -> list[int | None]:
    """Counts that add up to one that is known."""
    counts = suppress(pd.DataFrame({"customers": parts}), count="customers", within=[])["customers"]
    return [None if pd.isna(count) else int(count) for count in counts]


def _shown_alone(count: int | None) -> int | None:
    return None if count is None or 0 < count < SMALLEST else count


def _pointed(text: str, error: RuleError) -> str:
    """The rule, a caret below the place where it is wrong, and what is wrong there."""
    line = re.sub(r"\s", " ", text)
    start = max(0, error.offset - _BEFORE)
    margin = " " * cell_len(line[start : error.offset])  # Chinese characters are two wide
    return f"  {line[start : error.offset + _BEFORE]}\n  {margin}^ {error}"


def converse(dry_run: DryRun, ledger: Ledger, *, out: Console, ask: Callable[[str], str]) -> None:
    """Answers line after line of ``ask`` until one says ``:quit`` or there are no more (EOFError)."""
    out.print(f"{len(dry_run.audience):,} long-tail customers of {dry_run.audience.as_of}, "
              f"{len(dry_run.book.strategies):,} live strategies")  # fmt: skip
    out.print(Text(_HELP, style="dim"))
    rule = ""
    while True:
        try:
            line = ask("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line == ":quit":
            return
        try:
            _refuse_unseen(line)
            if line.startswith(":"):
                _show(_commanded(line, ledger), dry_run, out)
            elif line:
                tried = f"({rule}) {line}" if rule and _REFINES.match(line) else line
                _show(meant(tried, ledger), dry_run, out)
                rule = tried
        except LongreachError as error:
            out.print(Text(str(error), style="red"))


def _show(tried: Strategy | Rule, dry_run: DryRun, out: Console) -> None:
    from jobs.book_pages import examples_of, spoken  # what leaves the house is for people at a terminal only
    from outreach.release import contact_day

    out.print(picture(hidden(answered(tried, dry_run))))
    if isinstance(tried, Strategy):
        last_day = contact_day(dry_run.audience.as_of)
        out.print(spoken(examples_of(tried, last_day=last_day)), soft_wrap=True)


def _commanded(line: str, ledger: Ledger) -> Strategy:
    command, _, what = (part.strip() for part in line.partition(" "))
    if command != ":strategy" or not what:
        raise StrategyError(f"{line!r} is no command here\n{_HELP}")
    return _document(what, ledger)


def _refuse_unseen(line: str) -> None:
    found = unseen(line)
    if found:
        raise StrategyError(f"character {found[0] + 1} is an invisible one: {found[1]}; delete it")
