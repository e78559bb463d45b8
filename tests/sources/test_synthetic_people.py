"""The synthetic bank's customers: right in form, spread as planned, the same from the same seed."""

import re
from collections import Counter
from datetime import date, timedelta

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from stdnum.cn import ric

from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import chance
from sources.synthetic.identities import identities
from sources.synthetic.population import (
    UNKNOWN_DAY,
    Population,
    customer_index,
    customer_numbers,
    parts,
    population,
)

TODAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def people() -> Population:
    return population(6_000, seed=11, today=TODAY)


@pytest.fixture(scope="module")
def known(people: Population) -> pa.Table:
    return identities(people)


def test_id_numbers_are_valid_and_agree_with_birth_and_gender(people: Population, known: pa.Table) -> None:
    for number, born, female in zip(
        known["id_number"].to_pylist(), people.birth_day, people.female, strict=True
    ):
        if born == UNKNOWN_DAY:
            assert re.fullmatch(r"EA\d{7}", number)
            continue
        assert ric.validate(number) == number
        assert ric.get_birth_date(number) == date(1970, 1, 1) + timedelta(days=int(born))
        assert (int(number[16]) % 2 == 0) == female


def test_some_are_another_account_of_the_same_person_at_another_phone(known: pa.Table) -> None:
    shared = Counter(known["id_number"].to_pylist())
    assert sum(count - 1 for count in shared.values()) == 6_000 // 64
    name_of = dict(zip(known["id_number"].to_pylist(), known["name"].to_pylist(), strict=True))
    several = [row for row in known.to_pylist() if shared[row["id_number"]] > 1]
    assert all(row["name"] == name_of[row["id_number"]] for row in several)
    assert len({row["phone"] for row in several if row["phone"]}) > 0.95 * len(several)


def test_phones_are_mostly_valid_mobiles_with_some_of_every_other_kind(known: pa.Table) -> None:
    phones = known["phone"].to_pylist()
    mobiles = [phone for phone in phones if phone and re.fullmatch(r"1\d{10}", phone)]
    assert 0.93 < len(mobiles) / len(phones) < 0.98
    for phone in mobiles[:300]:
        parsed = phonenumbers.parse(phone, "CN")
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
    others = sorted({phone for phone in phones if phone} - set(mobiles))
    assert any(phone.startswith("+86 ") for phone in others)
    assert any(phone.startswith("+852") for phone in others)
    assert any(re.fullmatch(r"0\d{2,3}-6\d{7}", phone) for phone in others)
    assert None in phones
    assert len(set(mobiles)) < len(mobiles), "some people share a number"


def test_names_are_chinese_with_double_surnames_and_minority_names(known: pa.Table) -> None:
    names = known["name"].to_pylist()
    assert all(
        re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+·[\u4e00-\u9fff]+", name) for name in names
    )
    assert any("·" in name for name in names)
    assert any(name.startswith(("欧阳", "上官", "司马", "诸葛", "慕容")) for name in names)
    assert sum(name.startswith(("王", "李", "张")) for name in names) > sum(
        name.startswith(("汤", "向", "孔")) for name in names
    )
    assert known["generated"].to_pylist() == [True] * len(names)


def test_customer_numbers_can_be_read_back_and_are_all_different() -> None:
    index = np.concatenate([np.arange(5_000), np.arange(9_995_000, 10_000_000)])
    numbers = customer_numbers(index)
    assert len(set(numbers.to_pylist())) == len(index)
    assert (customer_index(numbers) == index).all()
    assert customer_index(pa.array(["KH27182818", "XX271828182"])).tolist() == [-1, -1]


def test_the_planned_kinds_ages_and_assets_are_there(people: Population) -> None:
    shares = np.bincount(people.archetype, minlength=len(ARCHETYPES)) / len(people)
    assert shares == pytest.approx([kind.weight for kind in ARCHETYPES], abs=0.02)
    years = (
        np.datetime64(TODAY).astype(np.int64) - people.birth_day[people.birth_day != UNKNOWN_DAY]
    ) / 365.25
    assert 0 < (years < 18).sum() < 60
    assert (years > 65).mean() > 0.05
    assert 0 < (people.birth_day == UNKNOWN_DAY).sum() < 120
    assert 0.01 < (people.assets > 50_000).mean() < 0.05
    assert people.mix.sum(axis=1) == pytest.approx(1.0)


def test_the_same_seed_makes_the_same_people_and_another_others() -> None:
    first, again, other = (population(1_000, seed=seed) for seed in (3, 3, 4))
    assert (first.base == again.base).all()
    assert (first.archetype == again.archetype).all()
    assert identities(first).equals(identities(again))
    assert (first.archetype != other.archetype).any()


def test_a_world_is_cut_into_parts_without_rest() -> None:
    assert sum(size for _, size in parts(120_001)) == 120_001
    second = population(10, seed=1, part=1)
    assert second.index[0] == 50_000


def test_neighbouring_seeds_share_no_luck() -> None:
    index = np.arange(1_000)
    one, next_one = (chance(seed, "reach", index=index, day=3) for seed in (7, 8))
    assert not np.intersect1d(one, next_one).size
