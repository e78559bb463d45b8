"""The page of the variables, made from them; ``python -m strategies.variables.page`` writes it."""

from pathlib import Path

from strategies.opening import opened
from strategies.variables.template import filled
from strategies.variables.variable import EXAMPLE, house_variables

PAGE = Path("docs") / "variables.md"

_SCRIPT = "尊敬的{surname}客户，{offer}，年利率{rate}，{截止日}前在网点都可以办理。"
_RATE = "1.35%"

_HEAD = """# Variables in scripts 话术变量

A script has places to fill, `{{name}}`. The house fills these for every contact; a name and its Chinese label
mean the same:

| variable | 变量 | what stands there | for example |
|---|---|---|---|
{rows}
All others are the author's own, with one value each for everybody: under `variables` of his document, at most
20, each at most 100 characters long. None is made of what the bank knows of a person, balances or segments,
say: whoever speaks must not learn it.

```yaml
variables: {{rate: {rate}}}
funnel:
  - channel: sms
    expected_lift: 0.01
    script: >-
      {script}
```

> {said}

"""
_TAIL = """## What holds of them

- A brace that is meant as one is written twice, `{{` or `}}`. Title and offer hold no braces, nor does a
  variable's value. YAML wants quotes around a script that begins with a brace, or stands in a list of
  `{key: value}`.
- Refused as the document is read, with line and column: a name that nobody declared, a variable that no
  script uses, one that bears a name of the house, a brace without a partner, a full-width one, and,
  wherever people would hear or read it, what is shaped like a phone, identity or card number or an
  address of mail, disguised ones too.
- A variant may give other values under its own `variables`, of variables that its strategy has. A value
  with a figure in it stays as it is: a rate is the same for everybody ([assignment.md](assignment.md)).
  Strictly so: any sign for a numeral counts, 一 in 一起 or 万 in 万一 too, and so do 折, 半, 倍, 分之 and
  the English words for numbers. Whoever is refused for such a word chooses another.
- A touch by a person may have an `elderly_script` besides its `script`: it is what people say to whoever
  may be 65, slowly. It gets the mandatory opening too. The elderly hear it in every arm, a variant's
  script or not; without one they hear what everybody in their arm hears.
- The AI dialler gets the script as it was written and beside it, as a JSON object, what to put for each
  name in it; `{{` and `}}` in the script are single braces there too. Everybody else gets the words with
  the places filled ([release.md](release.md)).
- `longreach strategies show` says what customers would hear or read, by example; so does a dry
  run of a strategy ([dry_run.md](dry_run.md)).

*Made from the declarations in `strategies/variables/` by `python -m strategies.variables.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown, a row a variable of the house."""
    house = house_variables()
    rows = "".join(
        f"| `{{{one.name}}}` | `{{{one.label}}}` | {one.doc} | {one.of(EXAMPLE)} |\n"
        for one in dict.fromkeys(house.values())
    )
    values = {name: one.of(EXAMPLE) for name, one in house.items()} | {"rate": _RATE}
    said = filled(opened(_SCRIPT, channel="sms", kind="deposit"), values)
    return _HEAD.format(rows=rows, rate=_RATE, script=_SCRIPT, said=said) + _TAIL


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
