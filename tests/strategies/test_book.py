"""The book that comes with the house, and folders that are not one."""

from collections import Counter
from pathlib import Path

import pytest

from base.errors import StrategyError
from features.catalogue import FEATURES
from lake.tables.words import PRODUCTS
from strategies.folder import OWN_BOOK, read_folder
from strategies.opening import BANK, opening
from strategies.rule import parse

BOOK = read_folder()


def test_the_book_is_large_enough_and_covers_every_product() -> None:
    assert len(BOOK) >= 30
    kinds = Counter(strategy.kind for strategy in BOOK)
    assert set(kinds) == set(PRODUCTS)
    assert min(kinds.values()) >= 3
    assert {len(strategy.funnel) for strategy in BOOK} == {1, 2, 3}


def test_strategies_for_the_elderly_are_spoken_by_people_and_carry_no_risk() -> None:
    elderly = [
        s for s in BOOK if "is_elderly" in parse(s.who, FEATURES).names and "not is_elderly" not in s.who
    ]
    assert len(elderly) >= 3
    for strategy in elderly:
        assert {touch.channel for touch in strategy.funnel} == {"human_call"}
        assert strategy.kind not in {"wealth", "fund"}


def test_every_script_opens_lawfully() -> None:
    for strategy in BOOK:
        for touch in strategy.funnel:
            assert touch.script.startswith(opening(touch.channel, kind=strategy.kind))
            assert BANK in touch.script
            assert "人工" in touch.script
            if touch.channel == "ai_call":
                assert "AI" in touch.script


def test_holdouts_and_windows_allow_a_reading() -> None:
    for strategy in BOOK:
        assert 0.1 <= strategy.experiment.holdout <= 0.2
        assert 3 <= strategy.goal.window_days <= 7


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    name = BOOK[0].name
    (tmp_path / f"{name}.yaml").write_text(
        (OWN_BOOK / f"{name}.yaml").read_text(encoding="utf-8"), encoding="utf-8-sig"
    )
    assert read_folder(tmp_path) == (BOOK[0],)


def test_an_empty_folder_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="no strategy documents"):
        read_folder(tmp_path, features=FEATURES)


def test_every_bad_file_is_named(tmp_path: Path) -> None:
    good = (OWN_BOOK / f"{BOOK[0].name}.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "gbk.yaml").write_text(good, encoding="gbk")
    (tmp_path / "typo.yaml").write_text(good.replace("offer:", "ofer:"), encoding="utf-8")
    with pytest.raises(StrategyError) as caught:
        read_folder(tmp_path, features=FEATURES)
    message = str(caught.value)
    assert "gbk.yaml: not UTF-8" in message
    assert f"call the file {BOOK[0].name}.yaml" in message
    assert "unknown key 'ofer'; did you mean 'offer'?" in message
