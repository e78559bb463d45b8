"""What is said of the night."""

from lake.table import Classification
from strategies.variables.variable import Occasion, Variable


def _last_day(occasion: Occasion) -> str:
    day = occasion.last_day
    return f"{day.year}年{day.month}月{day.day}日"


LAST_DAY = Variable(
    name="last_day",
    label="截止日",
    classification=Classification.INTERNAL,
    doc="The last day on which the contact may be made: the day after the night that decided it.",
    of=_last_day,
)
