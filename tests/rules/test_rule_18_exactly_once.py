"""What is released is released once: frozen first, then written; a second run changes no byte."""

from sqlalchemy import select

from ledger.schema import RELEASE_MOVES
from outreach.opt_outs import Whom, enter
from tests.outreach.release_world import House

RECIPIENTS = ("push_gateway", "sms_gateway", "ai_dialler", "human_desk")


def bytes_of(house: House) -> dict[str, list[bytes]]:
    return {name: [path.read_bytes() for path in house.sealed(name)] for name in RECIPIENTS}


def test_rule_18_a_second_release_of_the_night_changes_nothing_that_left(house: House) -> None:
    house.release()
    first, lists = bytes_of(house), house.lists()
    with house.night.ledger.engine.begin() as connection:
        whom = [Whom(customer=house.customers[0])]
        enter(connection, whom, channel="all", source="hotline", actor="agent", reason="said so")
    house.release()
    assert bytes_of(house) == first
    assert [len(files) for files in first.values()] == [1] * len(RECIPIENTS)
    assert house.lists() == lists


def test_rule_18_content_is_frozen_and_marked_before_it_is_delivered(house: House) -> None:
    house.release()
    with house.night.ledger.engine.connect() as connection:
        moves = connection.execute(
            select(RELEASE_MOVES.c.recipient, RELEASE_MOVES.c.to_state).order_by(RELEASE_MOVES.c.id)
        ).all()
    for name in RECIPIENTS:
        mine = [state for recipient, state in moves if recipient == name]
        assert mine == ["planned", "frozen", "approved", "written", "delivered"]
