"""Alarms over who looks at identities."""

from datetime import timedelta

from outreach.watch.kinds.kind import AlertKind


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
