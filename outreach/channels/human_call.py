"""Calls by people."""

from outreach.channels.channel import Channel


class HumanCall(Channel):
    """A call by an agent, who sees a masked name and number and dials with a click. Scarce and dear."""

    name = "human_call"
    recipient = "human_desk"
    cost = 8.0
    share = 0.005
    slack = 1.25
    seconds = 300
    needs = "number"
    by_human = True
    emits = (
        "contact",
        "address",
        "caller",
        "masked_name",
        "masked_phone",
        "hour",
        "strategy",
        "step",
        "reason",
        "offer",
        "text",
        "seconds",
        "pace",
        "expires_at",
    )
