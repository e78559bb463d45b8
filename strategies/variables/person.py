"""What is said of the person: no more than a mask shows."""

import re

from lake.table import Classification
from strategies.variables.variable import Occasion, Variable

_MASKED = re.compile(r"([\u4e00-\u9fff])\*\*")
NOBODYS = "贵"
"""Said where the mask shows nothing; 尊敬的贵客户 is how one addresses a customer without a name."""


def _surname(occasion: Occasion) -> str:
    shown = _MASKED.fullmatch(occasion.masked_name)
    return shown[1] if shown else NOBODYS


SURNAME = Variable(
    name="surname",
    label="姓氏",
    classification=Classification.QUASI,
    doc=f"The surname, where masking shows it: the first of two or three characters. For any other name "
    f"{NOBODYS}, so write 尊敬的{{surname}}客户.",
    of=_surname,
)
