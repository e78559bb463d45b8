"""What a request says: by its address, by its form."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from console.entrance import guard
from console.words import Refusal

Told = Mapping[str, str]


async def told_by(request: Request, *, public_url: str) -> Told:
    """What the address and the form say. Raises Refusal for a form from elsewhere, or a vast one."""
    told = {name: plain(value) for name, value in request.query_params.items()}
    if request.method != "POST":
        return told
    guard.refuse_foreign(request.headers, public_url=public_url)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > guard.LARGEST:
            longest = f"{guard.LARGEST // 1024} kB"
            raise Refusal(
                f"this is longer than {longest}; nothing was done", f"内容超过 {longest}，未作任何更改"
            )
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=200, encoding="utf-8", errors="strict"
        )
    except ValueError:
        raise Refusal("this form cannot be read; nothing was done", "表单无法读取，未作任何更改") from None
    return {**told, **{name: plain(value) for name, value in pairs}}


def plain(value: str) -> str:
    """As it was typed, without what PostgreSQL's text cannot hold; lines end as they do here."""
    return value.replace("\x00", "").replace("\r\n", "\n")
