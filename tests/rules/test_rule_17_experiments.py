"""The control group receives nothing; no arm of an experiment has a price of its own."""

import pytest
from pydantic import ValidationError

from strategies.document import Strategy
from strategies.experiment import Variant
from strategies.folder import read_folder
from tests.outreach.release_world import House


def test_rule_17_who_is_held_out_is_on_no_list_and_in_no_file(released: House) -> None:
    held_out = {customer for row, customer in enumerate(released.customers) if row % 8 == 7}
    assert held_out
    assert not held_out & released.released()


@pytest.mark.parametrize("price", ["price", "rate", "discount", "offer", "fee"])
def test_rule_17_an_arm_may_have_other_words_and_no_terms_of_its_own(price: str) -> None:
    assert set(Variant.model_fields) == {"share", "scripts", "variables"}
    strategy = next(iter(read_folder()))
    document = strategy.model_dump(mode="json")
    script = {strategy.funnel[0].name or "touch 1": "另一种说法"}
    document["experiment"]["variants"] = {"treatment_b": {"share": 0.2, "scripts": script, price: "3.2%"}}
    with pytest.raises(ValidationError, match=price):
        Strategy.model_validate(document)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        *(("2.1%", "2.6%"), ("很低", "2.6%"), ("2.1%", "更高"), ("９折", "八折"), ("百分之二", "百分之三")),
        *(("两折", "三折"), ("二十元", "三十元"), ("千分之二", "千分之三"), ("低", "½"), ("Ⅲ", "Ⅱ")),
        *(("原价", "减半"), ("low", "two percent")),
    ],
)
def test_rule_17_an_arm_may_not_say_another_figure(own: str, other: str) -> None:
    document = next(iter(read_folder())).model_dump(mode="json")
    document["funnel"][0]["script"] = "本月利率{rate}。"
    document["variables"] = {"rate": own}
    document["experiment"]["variants"] = {"treatment_b": {"share": 0.2, "variables": {"rate": other}}}
    with pytest.raises(ValidationError, match="figures are the same for everybody"):
        Strategy.model_validate(document)
