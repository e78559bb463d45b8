"""Text messages."""

from outreach.channels.channel import Channel


class Sms(Channel):
    """A text message to the customer's mobile."""

    name = "sms"
    recipient = "sms_gateway"
    cost = 0.05
    share = 0.02
    slack = None
    seconds = 0
    needs = "number"
    by_human = False
    emits = ("contact", "address", "hour", "text")
