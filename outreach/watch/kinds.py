"""What the watch raises the alarm for. A kind is a class: its name, and its docstring is what people read."""

from datetime import timedelta
from typing import ClassVar


class AlertKind:
    """Base of all kinds. ``quiet``: for how long the same kind says nothing more of the same subject."""

    name: ClassVar[str]
    quiet: ClassVar[timedelta] = timedelta(0)


class RowsNoticed(AlertKind):
    """Somebody has seen more identities in a day than one person needs. 某人一天内查看的身份信息偏多。"""

    name = "rows_noticed"


class RowsMany(AlertKind):
    """Somebody has seen many identities in a day. 某人一天内查看了大量身份信息。"""

    name = "rows_many"


class RowsFarTooMany(AlertKind):
    """Somebody has seen far too many identities in a day. 某人一天内查看的身份信息远超限度。"""

    name = "rows_far_too_many"


class OffHours(AlertKind):
    """Somebody has looked at identities outside the working hours. 有人在非工作时间查看身份信息。"""

    name = "off_hours"
    quiet = timedelta(hours=12)


class Enumeration(AlertKind):
    """Somebody looks at one person after another. 有人逐个查看客户。"""

    name = "enumeration"
    quiet = timedelta(hours=1)


class UnusualRead(AlertKind):
    """The night itself took far more identities than on its nights before.
    夜间作业读取的身份信息远多于以往。"""

    name = "unusual_read"
    quiet = timedelta(hours=12)


class CanaryTouched(AlertKind):
    """A made-up customer of a released list was contacted or used: that list is where it should not be.
    名单中的诱饵客户被触达或使用:该名单已流出其应在之处。"""

    name = "canary_touched"


class DropRate(AlertKind):
    """Far more contacts than usual were dropped between decision and release.
    决策后被剔除的触达远多于以往。"""

    name = "drop_rate"


class ListSize(AlertKind):
    """A list is far longer or shorter than it used to be. 名单规模与以往相差悬殊。"""

    name = "list_size"


class PickUpRate(AlertKind):
    """Far fewer or more contacts than usual reached anybody. 接通率与以往相差悬殊。"""

    name = "pick_up_rate"


class ComplaintRate(AlertKind):
    """Far more of those contacted complained than usual. 投诉率远高于以往。"""

    name = "complaint_rate"


class OptOutLag(AlertKind):
    """An opt-out took too long to reach those who call. 退订未能及时送达外呼方。"""

    name = "opt_out_lag"
    quiet = timedelta(minutes=15)


class ChainBroken(AlertKind):
    """The audit trail is not as it was written. 审计链被篡改。"""

    name = "chain_broken"
    quiet = timedelta(hours=1)
