"""Whether a night's lists may go on: what the scheduler asks between freezing and handing over."""

import logging
from datetime import date

from base.scrub import scrubbed
from base.settings import Settings, load_settings
from ledger.database import open_ledger
from outreach.release import approve_by_limits

log = logging.getLogger(__name__)


@scrubbed()
def approval_given(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether no list of the night waits for a person; what is within the limits is approved by them."""
    settings = settings or load_settings()
    with open_ledger(settings) as ledger:
        why = approve_by_limits(ledger, as_of, limits=settings.release)
    if why is not None:
        log.info("waiting for longreach releases approve %s: %s", as_of, why)
    return why is None
