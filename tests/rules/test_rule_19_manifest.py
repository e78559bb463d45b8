"""Manifest, seal, expiry, watermark and canaries of every recipient's file; nobody approves his own."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from base.errors import SealError
from base.settings.recipients import Canaries
from outreach.deliver import APPROVAL, bank_key, check_approval, opening_keys, unseal
from outreach.release.approval import BY_LIMITS
from tests.outreach.approved import approval
from tests.outreach.release_world import MORNING, NIGHT, House

RECIPIENTS = ("push_gateway", "sms_gateway", "ai_dialler", "human_desk")


def test_rule_19_the_manifest_says_what_is_in_the_file_and_by_whose_word(released: House) -> None:
    for recipient in RECIPIENTS:
        files = released.files(recipient)
        manifest = json.loads(files.pop("manifest.json"))
        for name, content in files.items():
            rows = list(csv.DictReader(io.StringIO(content.decode())))
            assert manifest["files"][name] == {
                "sha256": sha256(content).hexdigest(),
                "rows": len(rows),
                **{
                    key: value
                    for key, value in manifest["files"][name].items()
                    if key not in ("sha256", "rows")
                },
            }
        assert len(manifest["policy_sha256"]) == 64
        assert all(version >= 1 for version in manifest["strategies"].values())
        assert manifest["author"] == "release job"
        assert manifest["approval"] not in ("", manifest["author"])


def test_rule_19_the_recipient_is_told_who_approved_these_very_bytes(released: House) -> None:
    for recipient in RECIPIENTS:
        (path,) = released.sealed(recipient)
        told = check_approval(
            path.with_name(f"{path.name}{APPROVAL}").read_bytes(),
            path.read_bytes(),
            recipient=recipient,
            keys=opening_keys(released.settings, recipient).bank,
        )
        assert (told.as_of, told.attempt, told.approved_attempt) == (NIGHT, 1, 1)
        assert (told.author, told.approver) == ("release job", BY_LIMITS)
        assert told.limits == released.settings.release.model_dump()


def test_rule_19_a_flipped_bit_another_recipient_and_a_late_hour_are_refused(released: House) -> None:
    (path,) = released.sealed("ai_dialler")
    content, keys = path.read_bytes(), opening_keys(released.settings, "ai_dialler")

    key = bank_key(released.settings)

    def opens(changed: bytes, *, now: datetime = MORNING) -> None:
        signed = approval(changed, recipient="ai_dialler", key=key)
        unseal(changed, approval=signed, recipient="ai_dialler", keys=keys, now=now)

    opens(content)
    for place in range(0, len(content), max(1, len(content) // 40)):
        flipped = bytearray(content)
        flipped[place] ^= 1
        with pytest.raises(SealError):
            opens(bytes(flipped))
    with pytest.raises(SealError):
        opens(content, now=MORNING + timedelta(days=1))
    others = opening_keys(released.settings, "human_desk")
    signed = approval(content, recipient="human_desk", key=key)
    with pytest.raises(SealError):
        unseal(content, approval=signed, recipient="human_desk", keys=others, now=MORNING)


def test_rule_19_lists_hold_canaries_that_only_the_bank_knows(house: House) -> None:
    """Where a person would be called, a canary takes a test line of the bank's."""
    canaries = Canaries(lines=("13900000000",))
    settings = house.settings.model_copy(update={"canaries": canaries})
    lined = replace(house, night=replace(house.night, settings=settings))
    lined.release()
    known = {str(row["contact"]) for row in lined.lists()}
    for recipient in RECIPIENTS:
        contacts = {
            row["contact"]
            for name, content in lined.files(recipient).items()
            if name.endswith(".csv")
            for row in csv.DictReader(io.StringIO(content.decode()))
        }
        assert len(contacts - known) == canaries.per_list, recipient
