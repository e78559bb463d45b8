"""Addresses of declared pages with something in each of their places."""

import re

EXAMPLES = {
    "name": "mobile_silent_app",
    "segment": "S01",
    "as_of": "2026-07-02",
    "recipient": "sms_gateway",
    "matter": "asked-long-ago",
    "file": "said.parquet",
}
"""What stands in a place of an address, by the place's name; it exists where two nights have run."""

FURTHER = (
    "/strategies/{name}?count=yes",
    "/segments/{segment}/compare?other=S02",
    "/tonight/stop?scope=strategy&name={name}",
    "/tonight/rest?name={name}",
)
"""What pages show once something is asked of them."""


def address(path: str) -> str:
    """The path with an example in each place."""
    return re.sub(r"{(\w+)}", lambda place: EXAMPLES[place[1]], path)
