"""Call evidence 30 days, consent proof 5 months, logs 6 months, records of giving data 3 years: at least."""

from datetime import date, timedelta

import pytest

from base.errors import SettingsError
from base.settings import load_settings
from jobs.person_erase import evidence_until

LEAST = {"call_evidence_days": 30, "consent_proof_months": 5, "log_months": 6, "processor_record_years": 3}


@pytest.mark.parametrize("name", LEAST)
def test_rule_23_what_must_be_kept_cannot_be_kept_for_less(name: str) -> None:
    assert getattr(load_settings().retention, name) >= LEAST[name]
    assert getattr(load_settings(retention={name: LEAST[name] + 1}).retention, name) == LEAST[name] + 1
    with pytest.raises(SettingsError, match=name):
        load_settings(retention={name: LEAST[name] - 1})


def test_rule_23_evidence_of_contacts_outlives_the_day_of_contact_by_its_days() -> None:
    night = date(2026, 7, 1)
    kept = evidence_until(night, load_settings().retention)
    assert kept - (night + timedelta(days=1)) >= timedelta(days=LEAST["call_evidence_days"])
