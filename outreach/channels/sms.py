"""Text messages."""

from outreach.channels.channel import Channel


class Sms(Channel):
    """A text message to the customer's mobile. Its gateway alone gets the number, because it must send."""

    name = "sms"
    recipient = "sms_gateway"
    cost = 0.05
    share = 0.02
    slack = None
    seconds = 0
    needs = "number"
    by_human = False
    emits = (
        "contact",
        "address",
        "caller",
        "number",
        "hour",
        "text",
        "expires_at",
    )
