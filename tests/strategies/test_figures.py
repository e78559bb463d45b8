"""What counts as a figure in the words of an arm."""

import pytest

from strategies.variables.figures import figure_in


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        *(("1.35%", "1"), ("很低％", "%"), ("高‰", "‰"), ("百分之三", "百"), ("两折", "两"), ("兩成", "兩")),
        *(("二十元", "二"), ("千分之三", "千"), ("½", "½"), ("Ⅲ", "Ⅲ"), ("贰佰", "贰"), ("廿元", "廿")),
        *(("①", "①"), ("㏠", "1"), ("٣", "٣"), ("𝟝", "𝟝"), ("三个月", "三"), ("万分", "万")),
        *(("打折", "折"), ("减半", "半"), ("翻倍", "倍"), ("分\u200b之", "分之"), ("几分之几", "分之")),
        *(
            ("Two percent", "two"),
            ("Ｔｗｅｎｔｙ", "twenty"),
            ("per cent", "per cent"),
            ("Half price", "half"),
        ),
        *(("一起", "一"), ("万一", "万")),  # strict: a numeral is one in every word
    ],
)
def test_a_figure_is_known_in_whatever_signs_it_is_written(text: str, sign: str) -> None:
    assert figure_in(text) == sign


@pytest.mark.parametrize(
    "text",
    ["", "灵活", "省心又安全", "轻松完成办理", "更高", "flexible", "phone bone tent", "成功，就在今天！"],
)
def test_words_without_numerals_are_none(text: str) -> None:
    assert figure_in(text) is None
