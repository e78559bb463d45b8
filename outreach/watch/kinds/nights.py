"""Alarms over what a night does and what comes of it."""

from datetime import timedelta

from outreach.watch.kinds.kind import AlertKind


class DropRate(AlertKind):
    """Far more contacts than usual were dropped between decision and release.
    决策后被剔除的触达远多于以往。"""

    name = "drop_rate"
    quiet = timedelta(days=1)


class ListSize(AlertKind):
    """A list is far longer or shorter than it used to be. 名单规模与以往相差悬殊。"""

    name = "list_size"
    quiet = timedelta(days=1)


class PickUpRate(AlertKind):
    """Far fewer or more contacts than usual reached anybody. 接通率与以往相差悬殊。"""

    name = "pick_up_rate"
    quiet = timedelta(days=1)


class ComplaintRate(AlertKind):
    """Far more of those contacted complained than usual. 投诉率远高于以往。"""

    name = "complaint_rate"
    quiet = timedelta(days=1)


class OptOutLag(AlertKind):
    """An opt-out took too long to reach those who call. 退订未能及时送达外呼方。"""

    name = "opt_out_lag"
    quiet = timedelta(minutes=15)
