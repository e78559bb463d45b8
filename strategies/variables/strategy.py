"""What is said of the strategy."""

from lake.table import Classification
from strategies.variables.variable import Variable

TITLE = Variable(
    name="title",
    label="活动",
    classification=Classification.INTERNAL,
    doc="The strategy's `title`.",
    of=lambda occasion: occasion.title,
)
OFFER = Variable(
    name="offer",
    label="产品",
    classification=Classification.INTERNAL,
    doc="The strategy's `offer`, without a full stop at its end.",
    of=lambda occasion: occasion.offer.rstrip("。."),
)
