"""The page of the alerts, made from them: ``python -m outreach.watch.page`` writes docs/alerts.md."""

from datetime import timedelta
from pathlib import Path

from base.registry import told
from base.settings import Watch
from outreach.watch.alerts import kinds
from outreach.watch.nights import MEASURES
from outreach.watch.past import CHANCE, LEAST_NIGHTS

PAGE = Path("docs") / "alerts.md"

_HEAD = """# Alerts

What the watch raises the alarm for, as it happens: into the log, into the ledger's table `alerts`, and to the
webhook of the settings (`watch.webhook`), which is told again until it has taken it.

    longreach alerts
    longreach alerts --kind canary_touched --last 5

A kind says nothing more of the same subject during its quiet time. No alert names a customer.

| alert | when | 何时 | quiet |
|---|---|---|---|
"""

_TAIL = """
## Looks at identities

Every look into the vault is on the audit trail, refused or not, and is watched there and then. A person is
told of at {noticed:,}, {many:,} and {far:,} rows a day, outside {hour_from}:00-{hour_to}:00 ({zone}), and at
{looks} looks at one person each within {minutes} minutes. All of these may be set tighter (`watch` in the
settings) and none looser.

What the night takes for its own lists is no person's look. It is held against what the same purpose took on
earlier nights, and told of above three times their median: a night that was killed and run again takes twice.

## A night against its own past

Counted by channel every night, and compared with the last {nights} nights, of which {least} must be known:

| measure | alarm | stops the channel |
|---|---|---|
{measures}
A rate is compared with what a beta-binomial distribution, fitted to the nights before, foretells for so many
contacts; a night, or the week that ends with it, alarms where the chance of that or more was under
{chance:.1%}. The length of a list is compared by the median and the median absolute deviation of its
logarithm. A channel is stopped by the switch that people throw, by the actor `watch`, with the numbers in the
audit:

    longreach strategies start --channel sms --reason "script mended"

Whoever lets it go on has the last word: it is stopped again only where it gets worse by a fifth. How far a
list may grow without somebody's approval is release's affair: [release.md](release.md). Strategies that do
harm are stopped by their guardrails: [experiments.md](experiments.md).

*Made from the declarations in `outreach/watch/` by `python -m outreach.watch.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown, a row a kind of alert and a row a measure."""
    watch = Watch.model_validate({})
    rows = "".join(_line(kind.name, kind.__doc__, kind.quiet) for kind in kinds().values())
    measures = "".join(
        f"| {one.name} | {_sides(one.alarms)} | {_sides(one.stops)} |\n" for one in MEASURES.values()
    )
    tail = _TAIL.format(
        noticed=watch.rows_noticed,
        many=watch.rows_many,
        far=watch.rows_far_too_many,
        hour_from=watch.hour_from,
        hour_to=watch.hour_to,
        zone=watch.time_zone,
        looks=watch.looks,
        minutes=watch.looks_minutes,
        nights=watch.nights,
        least=LEAST_NIGHTS,
        measures=measures,
        chance=CHANCE,
    )
    return _HEAD + rows + tail


def _line(name: str, words: str | None, quiet: timedelta) -> str:
    english, chinese = told(words)
    hours = quiet.total_seconds() / 3600
    return f"| `{name}` | {english} | {chinese} | {f'{hours:g} h' if quiet else ''} |\n"


def _sides(sides: frozenset[str]) -> str:
    return " or ".join(sorted(sides, reverse=True))


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
