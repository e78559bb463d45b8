"""Calls placed and spoken by a machine."""

from outreach.channels.channel import Channel


class AiCall(Channel):
    """A call by the AI dialler, which says that it is a machine and how to reach a person. It fills in the
    variables of its script itself."""

    name = "ai_call"
    recipient = "ai_dialler"
    cost = 0.5
    share = 0.04
    slack = 1.5
    seconds = 90
    needs = "number"
    by_human = False
    emits = (
        "contact",
        "address",
        "caller",
        "hour",
        "strategy",
        "step",
        "offer",
        "text",
        "variables",
        "seconds",
        "pace",
        "expires_at",
    )
