"""Everything declared as a channel: it emits masked material only, and the tables know its words."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from base.errors import SettingsError
from base.settings import ChannelCapacity, Contact, Settings
from lake.tables.words import CHANNELS, RECIPIENTS
from outreach.channels.channel import MATERIAL, PLAIN, Channel, capacities, hourly, load_channels
from outreach.release import Words, build_lists, contact_lists
from outreach.release.files import as_csv, tables_of
from outreach.release.words import Said, Script
from outreach.scan import Known, find_leaks

NIGHT = date(2026, 7, 1)
PEOPLE = pa.table(
    {
        "customer": ["a00000000001", "a00000000002", "a00000000003"],
        "customer_no": ["C0001234567", "C0001234568", "C0001234569"],
        "name": ["张三丰", "欧阳修", None],
        "phone": ["13812345678", "010-61234567", "+85291234567"],
        "id_number": ["11010119900101123X", "E12345678", None],
    }
)
_SCRIPT = Script(
    text="您好，{surname}客户，远达银行{offer}利率{rate}。",
    title="利率",
    offer="三年期",
    own={"rate": "2.1%"},
)
WORDS = Words(
    said=(Said(strategy="rates", step=1, arm="treatment", script=_SCRIPT, to_elderly=_SCRIPT),),
)


def lists_of(channel: type[Channel]) -> pa.Table:
    rows = PEOPLE.num_rows
    chosen = pa.table(
        {
            "contact": [f"aQwErTyUiOp{row}" for row in range(rows)],
            "address": [f"aZxCvBnMlKj{row}" for row in range(rows)],
            "customer": PEOPLE["customer"],
            "strategy": ["rates"] * rows,
            "step": pa.array([1] * rows, pa.int32()),
            "channel": [channel.name] * rows,
            "arm": ["treatment"] * rows,
            "hour": pa.array([10] * rows, pa.int32()),
            "number": [None, "n1", "n2"],
            "caller": ["95000"] * rows,
            "elderly": [False] * rows,
        }
    )
    return build_lists(
        chosen,
        identities=PEOPLE,
        words=WORDS,
        channels={channel.name: channel},
        as_of=NIGHT,
        contact=Contact(),
    )


@pytest.mark.parametrize("channel", load_channels().values(), ids=lambda channel: channel.name)
def test_a_channel_is_fully_declared(channel: type[Channel]) -> None:
    assert channel.__doc__
    assert channel.name in CHANNELS
    assert channel.recipient in RECIPIENTS
    assert channel.cost >= 0
    assert 0 < channel.share < 1
    assert channel.seconds >= 0
    assert channel.needs in ("number", "app")
    assert set(channel.emits) <= set(MATERIAL)


@pytest.mark.parametrize("channel", load_channels().values(), ids=lambda channel: channel.name)
def test_a_channel_never_emits_an_unmasked_field(channel: type[Channel]) -> None:
    lists = lists_of(channel)
    tables = tables_of(
        lists,
        recipient=channel.recipient,
        identities=PEOPLE,
        channels={channel.name: channel},
        as_of=NIGHT,
    )
    (told,) = tables.values()
    assert told.column_names == list(channel.emits)
    owed = PLAIN.intersection(channel.emits)
    files = {f"{channel.name}.csv": as_csv(told.drop_columns(list(owed)))}
    payload = contact_lists(lists, channels={channel.name: channel})["payload"].to_pylist()
    everything = b"".join(files.values()).decode() + "".join(payload)
    for column in ("customer_no", "name", "phone", "id_number"):
        for value in PEOPLE[column].drop_null().to_pylist():
            assert value not in everything
    own_words = WORDS.own_words(lists["masked_name"].to_pylist(), last_day=NIGHT)
    assert find_leaks(files, known=Known.of(PEOPLE), own_words=own_words) == []
    assert set(json.loads(payload[0])) == set(channel.emits) - owed


@pytest.mark.parametrize("channel", load_channels().values(), ids=lambda channel: channel.name)
def test_the_page_on_release_says_what_a_recipient_gets(channel: type[Channel]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "release.md").read_text()
    assert f"| `{channel.name}` | `{channel.recipient}` | {', '.join(channel.emits)} |" in page


def test_every_word_for_a_channel_is_declared() -> None:
    assert set(load_channels()) == set(CHANNELS)


def test_capacity_is_a_share_of_the_bank_unless_a_number_is_set(settings: Settings) -> None:
    assert capacities(settings, customers=20_000)["ai_call"] == 800
    fixed = settings.model_copy(update={"capacity": {"ai_call": ChannelCapacity(per_night=5)}})
    assert capacities(fixed, customers=20_000)["ai_call"] == 5
    assert capacities(fixed, customers=20_000)["sms"] == 400


def test_capacity_of_no_channel_is_refused(settings: Settings) -> None:
    wrong = settings.model_copy(update={"capacity": {"pigeon": ChannelCapacity(per_night=5)}})
    with pytest.raises(SettingsError, match=r"capacity\.pigeon: there is no such channel"):
        capacities(wrong, customers=100)


def test_hours_share_the_night_with_some_slack_unless_they_are_set() -> None:
    hours = range(9, 19)
    assert hourly(None, per_night=25, slack=1.25, hours=hours) == dict.fromkeys(hours, 4)
    assert hourly(7, per_night=25, slack=1.25, hours=hours) == dict.fromkeys(hours, 7)
    assert hourly({10: 1, 23: 5}, per_night=25, slack=1.25, hours=hours) == {10: 1}
    assert hourly(None, per_night=25, slack=None, hours=hours) == {}
    assert hourly(None, per_night=25, slack=1.25, hours=range(9, 9)) == {}
