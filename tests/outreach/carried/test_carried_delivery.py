"""Lists reach their recipients once and whole, whoever is in trouble, carries too, or is killed."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from base.errors import DeliveryError, SettingsError
from benchmarks.carried_lists import CHANNELS, Lists
from outreach.deliver.keys import answering_key
from outreach.deliver.package import Package
from outreach.deliver.route import transport_of
from outreach.deliver.transport import RECEIPT, Receipt, Transport, make_receipt
from outreach.release import expires_at, moves_of, releases_of, take_receipts
from tests.outreach.carried.nights import bring, everybody, states


class Killed(BaseException):
    """In the middle of a delivery."""


class Taking(Transport):
    """A recipient so quick that the file is gone, and the receipt there, before the sender is told."""

    def __init__(self, real: Transport, folder: Path, lists: Lists) -> None:
        self._real, self._folder, self._lists = real, folder, lists

    def deliver(self, package: Package) -> None:
        self._real.deliver(package)
        at = expires_at(self._lists.as_of, self._lists.settings.contact)
        receipt = make_receipt(package, at=at, key=answering_key(self._lists.settings, package.recipient))
        (self._folder / f"{package.name}{RECEIPT}").write_bytes(receipt)
        (self._folder / package.name).unlink()
        raise Killed

    def receipt(self, package: Package) -> Receipt | None:
        return self._real.receipt(package)


def test_a_recipient_whose_settings_are_wrong_keeps_no_other_waiting(lists: Lists) -> None:
    bring(lists, "written")

    def way(recipient: str) -> Transport:
        if recipient == "ai_dialler":
            raise SettingsError("its key file cannot be read")
        return transport_of(recipient, settings=lists.settings)

    with pytest.raises(DeliveryError, match="ai_dialler: its key file cannot be read"):
        replace(lists.carrier(), way=way).hand_over()
    assert lists.opened("human_desk") == everybody(lists)["human_desk"]


def test_what_a_recipient_took_away_before_it_was_noted_is_not_delivered_again(lists: Lists) -> None:
    bring(lists, "written")
    folder = lists.settings.outbox_folder / "ai_dialler"
    taking = Taking(transport_of("ai_dialler", settings=lists.settings), folder, lists)

    def way(recipient: str) -> Transport:
        return taking if recipient == "ai_dialler" else transport_of(recipient, settings=lists.settings)

    with pytest.raises(Killed):
        replace(lists.carrier(), way=way).hand_over()
    lists.carrier().hand_over()
    assert not list(folder.glob(f"*{lists.as_of}*.sealed"))
    assert states(lists) == {"acknowledged", "delivered"}


def test_a_recipient_that_cannot_be_reached_keeps_no_other_waiting(lists: Lists) -> None:
    folder = lists.settings.outbox_folder / "ai_dialler"
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("not a folder")
    try:
        with pytest.raises(DeliveryError, match="ai_dialler"):
            lists.carry()
        assert lists.opened("human_desk") == everybody(lists)["human_desk"]
    finally:
        folder.unlink()
        aside.rename(folder)
    lists.carry()
    assert lists.opened("ai_dialler") == everybody(lists)["ai_dialler"]
    assert states(lists) == {"delivered"}


def test_a_receipt_acknowledges_its_list(lists: Lists) -> None:
    lists.carry()
    folder = lists.settings.outbox_folder / "ai_dialler"
    (sealed,) = folder.glob(f"*{lists.as_of}-1.sealed")
    package = Package.of(
        sealed.read_bytes(), approval=b"", recipient="ai_dialler", as_of=lists.as_of, attempt=1
    )
    at = expires_at(lists.as_of, lists.settings.contact)
    receipt = make_receipt(package, at=at, key=answering_key(lists.settings, "ai_dialler"))
    (folder / f"{sealed.name}{RECEIPT}").write_bytes(receipt)
    take_receipts(
        lists.ledger, lists.as_of, way=lambda recipient: transport_of(recipient, settings=lists.settings)
    )
    with lists.ledger.engine.connect() as connection:
        found = releases_of(connection, lists.as_of)
    assert (found["ai_dialler"].state, found["human_desk"].state) == ("acknowledged", "delivered")


def test_two_schedulers_at_once_release_one_list(lists: Lists) -> None:
    troubles: list[BaseException] = []

    def carry() -> None:
        try:
            lists.carry()
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=carry) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert {recipient: lists.opened(recipient) for recipient in CHANNELS} == everybody(lists)
    with lists.ledger.engine.connect() as connection:
        moves = [one["to_state"] for one in moves_of(connection, lists.as_of)]
    assert moves.count("frozen") == moves.count("written") == moves.count("delivered") == len(CHANNELS)
