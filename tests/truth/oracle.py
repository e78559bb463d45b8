"""Who may be contacted, written a second time: in numpy, from the rules' own words, not from the policy.

One function a line of the rules; each says for every person whether that line allows the candidate contact.
Nothing here is imported from ``outreach``. Days count from the day of contact, ``NEVER`` is null, and what is
missing never speaks for a contact.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np

from lake.tables.words import CHANNELS, PRODUCTS, RESULTS, SUPPRESSION_KINDS
from tests.truth.person_states import (
    EVERYWHERE,
    MARKETING,
    NEVER,
    NO_WORD,
    SERVICE,
    Flags,
    Ints,
    People,
    Slots,
)

# What each channel is: a call takes so long, speaks by a person or not, and goes to a number or to the app.
SECONDS = np.array([{"ai_call": 90, "human_call": 300}.get(channel, 0) for channel in CHANNELS])
BY_A_PERSON = np.array([channel == "human_call" for channel in CHANNELS])
TO_THE_APP = np.array([channel == "push" for channel in CHANNELS])
# Least risk appetite that suits the product; an investment is what an elderly customer is not offered.
RISK_ASKED = np.array([{"wealth": 2, "fund": 3}.get(kind, 0) for kind in PRODUCTS])
REFUSALS = [RESULTS.index("refused"), RESULTS.index("complained")]


def allowed(people: People) -> Flags:
    """Whether every rule allows the candidate contact of each person."""
    verdict: Flags = np.logical_and.reduce(list(by_rule(people).values()))
    return verdict


def by_rule(people: People) -> Mapping[str, Flags]:
    """Rule number and words -> whether that line alone allows the contact of each person."""
    channel = people.touches.channel[people.strategy, people.step]
    kind = people.touches.kind[people.strategy, people.step]
    personal = people.touches.personal[people.strategy, people.step]
    return {
        "8 consent": _consented(people.consents, channel),
        "9 opt-out": _not_opted_out(people, channel),
        "10 automated decisions": ~_suppressed(people, "refuses_automated_decisions"),
        "10 personalisation": ~personal | ~_suppressed(people, "no_personalisation"),
        "11 minors": _surely_of_age(people),
        "11 elderly": ~_perhaps_elderly(people) | (_human_first(people, channel) & (RISK_ASKED[kind] == 0)),
        "12 window": _within_the_window(people.hour, channel),
        "12 number": _reachable(people, channel),
        "13 how often": _not_too_often(people),
        "13 cool-off": _cooled_off(people, channel),
        "14 suppressed": _not_suppressed(people, channel),
        "15 caller number": people.touches.marketing_number[people.strategy, people.step],
        "22 switched off": ~people.touches.switched_off[people.strategy, people.step],
        "suitability": people.registered & (np.maximum(people.risk, 0) >= RISK_ASKED[kind]),
        "in force": _strategy_in_force(people),
    }


def _consented(consents: Slots, channel: Ints) -> Flags:
    """For this purpose and channel, granted, known when the contact is decided, in force on the day."""
    given = consents.here & (consents.purpose == MARKETING) & (consents.channel == channel[:, None])
    given &= consents.granted == 1
    given &= (consents.known_on != NEVER) & (consents.known_on <= -1)
    given &= (consents.valid_from != NEVER) & (consents.valid_from <= 0)
    given &= (consents.valid_until == NEVER) | (consents.valid_until >= 0)
    return np.asarray(given.any(axis=1))


def _in_force(suppressions: Slots) -> Flags:
    """Begun, or nobody knows when; not over, or nobody knows when it ends."""
    begun = (suppressions.since == NEVER) | (suppressions.since <= 0)
    over = (suppressions.until != NEVER) & (suppressions.until < 0)
    return np.asarray(suppressions.here & begun & ~over)


def _suppressed(people: People, kind: str) -> Flags:
    """A state of the person: it binds whatever channel and account it was entered for."""
    suppressions = people.suppressions
    named = _in_force(suppressions) & (suppressions.kind == SUPPRESSION_KINDS.index(kind))
    return _of_person(people, named.any(axis=1))


def _bound(suppressions: Slots, kind: str) -> Flags:
    """(people, channels): bound on that channel, on all where none is told; so by what has no kind, too."""
    named = (suppressions.kind == SUPPRESSION_KINDS.index(kind)) | (suppressions.kind == NO_WORD)
    found = _in_force(suppressions) & named
    return _by_channel(found, suppressions.channel)


def _by_channel(found: Flags, channel: Ints) -> Flags:
    everywhere = found & ((channel == EVERYWHERE) | (channel == NO_WORD))
    each = [(everywhere | (found & (channel == one))).any(axis=1) for one in range(len(CHANNELS))]
    return np.stack(each, axis=1)


def _not_opted_out(people: People, channel: Ints) -> Flags:
    """Neither the person nor anybody at the number, by the bank's delivery or since."""
    since = _by_channel(people.opt_outs.here, people.opt_outs.channel)
    whom = people.opt_outs.by[:, 0]
    account = _bound(people.suppressions, "opt_out") | (since & np.isin(whom, [1, 3])[:, None])
    person = _of_person(people, account)
    number = _at_number(people, person) | _named_number(people, since & np.isin(whom, [2, 3])[:, None])
    return ~_of(person | number, channel)


def _not_suppressed(people: People, channel: Ints) -> Flags:
    states = [_suppressed(people, kind) for kind in ("complaint_open", "litigation", "deceased", "staff")]
    # of persons and of numbers
    register = _of_person(people, _bound(people.suppressions, "do_not_disturb"))
    return np.asarray(~np.logical_or.reduce([*states, _of(register | _at_number(people, register), channel)]))


def _of_person(people: People, bound: Flags) -> Flags:
    """People, or people and channels: bound by any account of the same person."""
    several, found = people.person != NEVER, np.zeros_like(bound)
    np.logical_or.at(found, people.person[several], bound[several])
    whole = bound.copy()
    whole[several] = found[people.person[several]]
    return whole


def _numbers(people: People) -> Ints:
    """The number a person is known to have, or ``NEVER``."""
    told = people.has_number_row & (people.number_kind != 4)
    return np.where(told, people.number, NEVER)


def _at_number(people: People, bound: Flags) -> Flags:
    """(people, channels): somebody who has the same number is bound."""
    number = _numbers(people)
    return _told_at(number, _gathered(number, bound))


def _named_number(people: People, named: Flags) -> Flags:
    """(people, channels): the number itself was named, whoever of its holders is on file."""
    return _told_at(_numbers(people), _gathered(people.number, named))


def _gathered(number: Ints, bound: Flags) -> Flags:
    """(numbers, channels): whether any row of the number is bound."""
    found, known = np.zeros_like(bound), number != NEVER
    np.logical_or.at(found, number[known], bound[known])
    return found


def _told_at(number: Ints, bound: Flags) -> Flags:
    """(people, channels): what binds each person's number; nothing where there is none."""
    known = number != NEVER
    return np.asarray(bound[np.where(known, number, 0)] & known[:, None])


def _of(bound: Flags, channel: Ints) -> Flags:
    return np.asarray(bound[np.arange(len(channel)), channel])


def _surely_of_age(people: People) -> Flags:
    """18 whole years: the law counts from the day after the birthday, and the month's last may be the day."""
    known = people.registered & (people.born_year != NEVER)
    first_of_next = [
        date(year + 18 + month // 12, month % 12 + 1, 1) <= people.day
        for year, month in zip(
            np.where(known, people.born_year, 1), np.where(known, people.born_month, 1), strict=True
        )
    ]
    return np.asarray(known & np.array(first_of_next))


def _perhaps_elderly(people: People) -> Flags:
    """65 on the first of the month of birth already; who is of unknown age may be."""
    known = people.registered & (people.born_year != NEVER)
    months = (people.day.year - 65 - people.born_year) * 12 + people.day.month - people.born_month
    return np.asarray(~known | (months >= 0))


def _human_first(people: People, channel: Ints) -> Flags:
    """A person makes the contact, or the strategy's first touch was a person's and has been made."""
    journeys = people.journeys
    under_way = (journeys.here & (journeys.strategy == people.strategy[:, None])).any(axis=1)
    first_by_person = BY_A_PERSON[people.touches.channel[people.strategy, 0]] & under_way
    return np.asarray(BY_A_PERSON[channel] | (first_by_person & (people.step > 0)))


def _within_the_window(hour: Ints, channel: Ints) -> Flags:
    """From 9:00; a contact of an hour may begin in its last minute and must end by 20:00."""
    latest_end = (hour * 60 + 59) * 60 + SECONDS[channel]
    return np.asarray((hour != NEVER) & (hour >= 9) & (latest_end <= 20 * 3600))


def _reachable(people: People, channel: Ints) -> Flags:
    """A mainland mobile on file, or the app where the contact goes to the app."""
    mobile = (_numbers(people) != NEVER) & (people.number_kind == 0)
    return np.asarray(np.where(TO_THE_APP[channel], people.registered & (people.has_app == 1), mobile))


def _not_too_often(people: People) -> Flags:
    """None on the day, at most two in the six days before: of all accounts of the person and of all at the
    number."""
    others = people.contacts.here & (people.contacts.purpose != SERVICE)
    own = people.plan.here & (people.plan.fate <= 1)
    fits = np.ones(people.people, bool)
    for days, most in ((1, 1), (7, 3)):
        made = (others & (people.contacts.on > -days) & (people.contacts.on <= 0)).sum(axis=1)
        made = made + (own & (people.plan.on > -days) & (people.plan.on <= 0)).sum(axis=1)
        fits &= (made < most) & (_sum(people.person, made) < most) & (_sum(_numbers(people), made) < most)
    return fits


def _sum(shared: Ints, made: Ints) -> Ints:
    """Contacts of all who share a person or a number; 0 where there is none."""
    sums, known = np.zeros(len(made), np.int64), shared != NEVER
    np.add.at(sums, shared[known], made[known])
    return np.where(known, sums[np.where(known, shared, 0)], 0)


def _cooled_off(people: People, channel: Ints) -> Flags:
    """Six whole months since any refusal, and none ever by this means."""
    still = -(people.day - _months_before(people.day, 6)).days
    fits = np.ones(people.people, bool)
    for answers in (people.contacts, people.outcomes):
        refused = answers.here & np.isin(answers.result, REFUSALS)
        lately = np.asarray((refused & (answers.on >= still)).any(axis=1))
        by_channel = _of_person(people, _by_channel(refused, answers.channel))
        fits &= ~_of_person(people, lately) & ~_of(by_channel, channel)
    return fits


def _months_before(day: date, months: int) -> date:
    """The latest day from which so many months are not whole yet on ``day``, by the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))


def _strategy_in_force(people: People) -> Flags:
    place = people.strategy, people.step
    return np.asarray((people.touches.valid_from[place] <= 0) & (people.touches.valid_until[place] >= 0))
