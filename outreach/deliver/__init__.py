"""The sealed file a recipient gets: sealed, marked, carried, and acknowledged."""

from outreach.deliver.approvals import APPROVAL, Approval, check_approval, make_approval
from outreach.deliver.keys import (
    OpeningKeys,
    SealingKeys,
    answer_keys,
    answering_key,
    bank_key,
    has_own_keys,
    marks_key,
    opening_keys,
    recipient_of,
    sealing_keys,
)
from outreach.deliver.manifest import MANIFEST, Terms, make_manifest
from outreach.deliver.package import Package, package_name, seal, unseal
from outreach.deliver.route import transport_of
from outreach.deliver.transport import RECEIPT, Receipt, Transport, make_receipt

__all__ = [
    "APPROVAL",
    "MANIFEST",
    "RECEIPT",
    "Approval",
    "OpeningKeys",
    "Package",
    "Receipt",
    "SealingKeys",
    "Terms",
    "Transport",
    "answer_keys",
    "answering_key",
    "bank_key",
    "check_approval",
    "has_own_keys",
    "make_approval",
    "make_manifest",
    "make_receipt",
    "marks_key",
    "opening_keys",
    "package_name",
    "recipient_of",
    "seal",
    "sealing_keys",
    "transport_of",
    "unseal",
]
