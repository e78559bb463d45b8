"""The page of the rules, made from them: ``python -m outreach.policy.page`` writes docs/policy.md."""

from pathlib import Path

from base.registry import told
from base.settings import Contact
from outreach.policy.product import RISK_NEEDED
from outreach.policy.rule import reasons

PAGE = Path("docs") / "policy.md"

_HEAD = """# Contact policy

Whether somebody may be contacted is asked of every candidate contact, every night, before any is chosen. The
first rule of this list that forbids it is kept in the table `candidates` as `dropped_by`, and counted in the
report. A rule that is not told what it needs to know forbids.

| rule | reason | 原因 |
|---|---|---|
"""

_TAIL = """
## How the rules are meant

- **Day**: the lists of a night are worked on the next day; every date is compared with that day.
- **Age** is known to the month. Whoever might not yet be {adult} counts as under age, whoever might already
  be {elderly} as elderly. The rules would let a machine speak after a person has begun; here no machine ever
  speaks to the elderly.
- **Person**: accounts with the same ID number are one person's, those that have ended too, unless more than
  20 share it. What is known of one of them binds all: suppressions and open complaints, opt-outs, refusals,
  contacts made. Consent, risk, age and app are asked of the account itself, and touches are counted by
  account. Where no ID number is known, the account is a person of its own.
- **Opt-outs** bind the person and everybody at the same phone number, those asked for since the bank's last
  delivery too. The do-not-disturb register binds the same way.
- **Refusals**, of the house's own contacts and of other systems', close the channel for good and all channels
  for {months} months. A complaint about a contact is a refusal.
- **Hours**: a contact planned for an hour may begin at any minute of it and must end by {hour_to}:00; none
  begins before {hour_from}:00. Calls that would run over are moved forward. On the days of
  `contact.holidays` nobody is contacted; there are none until the bank names them.
- **How often**: at most {per_day} on a day and {per_week} in seven days, counted for the person and for the
  phone number: marketing contacts of other systems, the house's own, and those held back for an experiment.
  In one night at most one is chosen of all who are tied by person or number, also through others, which is
  stricter than the law.
- **No personalisation**: who chose it starts only what is for everybody: strategies whose rule
  (`everybody`, 所有客户) names no feature and no segment. The rule's own words decide that; nobody marks a
  strategy so. Nothing else is read of him: he counts as of no segment (`none`), a contact with him is worth
  what it is with somebody unknown, never by a learned uplift, and its hour is drawn. No segment and no uplift
  is fitted on him. Two things are read all the same: that his assets make him a customer of the long tail,
  and that he took up a product, which ends a journey. What he had begun that was personal ends.
- **Journey**: whoever was exposed to a strategy belongs to it until its goal's window has passed, whichever
  arm was drawn, so that what is measured is that strategy's doing. The same holds each time he begins again,
  and when the journey has ended early or the strategy is paused, retired or reads no more. An account that is
  in no journey of its own belongs to that of the person's other accounts.
- **Risk** asked of the customer's assessment, 1 to 5: {risk}; other products ask for none.

The rules `other_journey` and `touch_made` are the house's own, for the sake of what is measured; no law asks
for them. All others are held against a second judge, written from the law's words alone: of 1,000,000 made-up
people none was let through whom it forbids (`python -m benchmarks.policy_oracle`).

These are defaults of `settings.contact`; they can be tightened, not loosened beyond what the law asks. They
are not legal advice.

*Made from the declarations in `outreach/policy/` by `python -m outreach.policy.page`; do not edit.*
"""


def render() -> str:
    """The page as Markdown, a row a rule in the order in which they speak."""
    contact = Contact.model_validate({})
    risk = ", ".join(f"{product} {level}" for product, level in RISK_NEEDED.items() if level)
    tail = _TAIL.format(
        adult=contact.adult_age,
        elderly=contact.elderly_age,
        months=contact.refusal_months,
        hour_from=contact.hour_from,
        hour_to=contact.hour_to,
        per_day=contact.per_day,
        per_week=contact.per_week,
        risk=risk,
    )
    return _HEAD + "".join(_line(name, words) for name, words in reasons().items()) + tail


def _line(name: str, words: str) -> str:
    english, chinese = told(words)
    return f"| `{name}` | {english} | {chinese} |\n"


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
