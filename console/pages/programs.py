"""What programs can ask of the house, for the people who write them: made from the API's own description."""

import json
import re
from typing import Any

from fastapi.openapi.utils import get_openapi

from base.roles import Field
from console.api.app import REFUSALS, entries, needs_of
from console.api.asked import CHINESE, Needs
from console.pages.page import Shown, Visit, page
from console.words import Said

_DIALLER = Said("a dialler's token", "外呼系统的令牌")


@page("/programs", title=("For programs", "程序接口"), fields=frozenset({Field.INTERNAL}), menu=90)
def programs(visit: Visit) -> Shown:
    """Every entry of the API, what it takes, and how it is asked."""
    described = get_openapi(title="", version="", routes=list(entries()))
    address = f"{visit.settings.console.public_url.rstrip('/')}/api"
    told = [
        _entry(address, method, entry.path, described, needs=needs_of(entry))
        for entry in entries()
        for method in sorted(entry.methods)
    ]
    return Shown(template="programs.html", values={"entries": told, "refusals": REFUSALS})


def _entry(
    address: str, method: str, path: str, described: dict[str, Any], *, needs: Needs
) -> dict[str, Any]:
    operation = described["paths"][path][method.lower()]
    return {
        "id": re.sub(r"\W+", "-", f"{method}{path}").strip("-").lower(),
        "asks": f"{method} /api{path}",
        "does": Said(operation["summary"], operation[CHINESE]),
        "needs": _needs(needs),
        "curl": _curl(f"{address}{path}", method, operation, described),
    }


def _needs(needs: Needs) -> list[Said]:
    """What a token must be allowed, in words."""
    if needs.dialler:
        return [_DIALLER]
    named = [*([needs.action] if needs.action else ()), *(kind for kind in Field if kind in needs.fields)]
    return [Said(one.english, one.chinese) for one in named]


def _curl(address: str, method: str, operation: dict[str, Any], described: dict[str, Any]) -> str:
    """A call to be copied, with an example for whatever it takes."""
    query = ""
    for one in operation.get("parameters", ()):
        example = str(one["schema"]["examples"][0]) if "examples" in one["schema"] else ""
        if one["in"] == "path":
            address = address.replace(f"{{{one['name']}}}", example)
        elif one["required"]:
            query = f"?{one['name']}={example}"
    lines = [f'curl -X {method} "{address}{query}"', '-H "Authorization: Bearer $TOKEN"']
    if (body := operation.get("requestBody")) is not None:
        lines += _sent(body["content"], described)
    return " \\\n  ".join(lines)


def _sent(content: dict[str, Any], described: dict[str, Any]) -> list[str]:
    if "application/json" not in content:
        return ["--data-binary @said.parquet"]
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    example = described["components"]["schemas"][name]["examples"][0]
    return ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example, ensure_ascii=False)}'"]
