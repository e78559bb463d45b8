"""Whether and how the customer may and can be reached."""

from pyspark.sql import Column

from features.declaration import feature
from features.rows import Rows
from features.sources import CONSENT, NUMBER, SUPPRESSION


@feature(NUMBER, unit="flag", label="手机可达", empty=False)
def mobile_reachable(number: Rows) -> Column:
    """The bank has a mobile number of the customer, of recognised shape."""
    return number.any(number.kind == "mobile")


@feature(CONSENT, unit="flag", label="同意推送营销", empty=False)
def consent_push(agreed: Rows) -> Column:
    """Agreed to marketing by app push, and the consent is in date."""
    return _marketing(agreed, "push")


@feature(CONSENT, unit="flag", label="同意短信营销", empty=False)
def consent_sms(agreed: Rows) -> Column:
    """Agreed to marketing by SMS, and the consent is in date."""
    return _marketing(agreed, "sms")


@feature(CONSENT, unit="flag", label="同意智能外呼营销", empty=False)
def consent_ai_call(agreed: Rows) -> Column:
    """Agreed to marketing by AI call, and the consent is in date."""
    return _marketing(agreed, "ai_call")


@feature(CONSENT, unit="flag", label="同意人工外呼营销", empty=False)
def consent_human_call(agreed: Rows) -> Column:
    """Agreed to marketing by human call, and the consent is in date."""
    return _marketing(agreed, "human_call")


@feature(SUPPRESSION, unit="flag", label="全渠道禁呼", empty=False)
def suppressed(barred: Rows) -> Column:
    """A suppression that binds all channels is in force."""
    return barred.any(barred.channel == "all")


def _marketing(agreed: Rows, channel: str) -> Column:
    return agreed.any((agreed.purpose == "marketing") & (agreed.channel == channel) & agreed.granted)
