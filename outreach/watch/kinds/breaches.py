"""Alarms over what must never happen."""

from datetime import timedelta

from outreach.watch.kinds.kind import AlertKind


class CanaryTouched(AlertKind):
    """A made-up customer of a released list was contacted or used: that list is where it should not be.
    名单中的诱饵客户被触达或使用：该名单已流出其应在之处。"""

    name = "canary_touched"


class ChainBroken(AlertKind):
    """The audit trail is not as it was written. 审计轨迹被篡改。"""

    name = "chain_broken"
    quiet = timedelta(hours=1)
