"""The page of the checks, made from them: ``python -m strategies.checks.page`` writes docs/checks.md."""

from pathlib import Path

from base.registry import told
from strategies.checks.experiments import WANTED
from strategies.checks.finding import kinds
from strategies.checks.rivals import LEAST_FREE

PAGE = Path("docs") / "checks.md"

_HEAD = """# Checks over the book

`longreach strategies check` looks for mistakes before a customer meets them: in files, in one strategy
against the book, or in the whole book. A grave finding keeps a strategy from being submitted; any other is
for its manager to judge. A finding names the strategies and, where there can be one, an example customer who
proves it: enter his values into the rules and see.

| kind | grave | finding | 发现 |
|---|---|---|---|
"""

_TAIL = """
## How the checks are meant

- **Proofs**: rules are proved against each other (by z3), over every customer that the declarations of the
  features allow: missing values where a feature may be missing, whole numbers for counts, days and years,
  ages to 120, hours to 23, levels 1 to 5. Money and shares may be anything, and no two features are taken to
  be related, so `demand_now > aum_now` counts as possible. What z3 cannot decide quickly is not reported.
- **nobody** names the fewest conditions that contradict each other; **everybody** the fewest alternatives of
  which one always holds. A rule counts as true of everybody when it is false of nobody, though it may say
  nothing of customers whose values are missing.
- **shadowed** and **collision** compare first contacts on one channel: goal value x priority x expected lift.
  A shadowing strategy selects every customer of the other, is for the same product, starts no later, ends no
  sooner, has no smaller limits a night and in total, and neither ramp nor layer; so wherever policy lets one
  of the two make contact, it lets the other, which goes first. The shadowed one is left with customers whose
  journey with the other is over.
- **held_out**: arms are drawn independently, so of customers that several strategies share, the product of
  (1 - holdout), global holdout included, is in no control group. It should be at least {least_free:.0%} of
  the customers of each strategy, counting the strategies that share all of them on some day. Where shares
  differ by segment the smallest counts; a strategy with a ramp or a layer shares not all of anybody's.
- **never_reached** knows what can come back: messages are delivered, opened or not; calls are answered,
  heard out or not. A touch after the goal's window is never due.
- **out_of_date** is a strategy that is over, or ends before the first journeys that can begin are through.
- **too_small** asks whether the customers who can begin before the end, within the limits, the ramp and the
  layer, show the sum of all touches' expected lifts with a probability of {wanted:.0%}, at 95 % confidence,
  with the smallest share held out that any segment has.
- **shared_slots** looks at strategies with a day in common; it also keeps a strategy from going live.

*Made from the declarations in `strategies/checks/` by `python -m strategies.checks.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown, a row a kind of finding, grave ones first."""
    ordered = sorted(kinds().values(), key=lambda kind: (not kind.grave, kind.name))
    rows = "".join(_line(kind.name, "yes" if kind.grave else "", kind.__doc__) for kind in ordered)
    return _HEAD + rows + _TAIL.format(least_free=LEAST_FREE, wanted=WANTED)


def _line(name: str, grave: str, words: str | None) -> str:
    english, chinese = told(words)
    return f"| `{name}` | {grave} | {english} | {chinese} |\n"


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
