"""What stands around every page."""

import re

import pytest

from console.pages.page import pages
from tests.console.addresses import address
from tests.console.desk import ALL_ROUNDER, Desk

_MENU = re.compile(r"<header>.*?<nav .*?</nav>", re.DOTALL)


@pytest.mark.parametrize("name", pages())
def test_the_menu_says_in_which_room_one_is(night_desk: Desk, name: str) -> None:
    here = address(pages()[name].path)
    (menu,) = _MENU.findall(night_desk.visitor(ALL_ROUNDER).get(here).text)
    (current,) = re.findall(r'<a href="([^"]*)" aria-current="(page|true)"', menu)
    assert (current[1] == "page") == (current[0] == here)
