"""The bank's own app."""

from outreach.channels.channel import Channel


class Push(Channel):
    """A message in the bank's app. Cheap, soon forgotten; reaches only those who have the app."""

    name = "push"
    recipient = "push_gateway"
    cost = 0.01
    share = 0.05
    slack = None
    seconds = 0
    needs = "app"
    by_human = False
    emits = (
        "contact",
        "address",
        "hour",
        "text",
        "expires_at",
    )
