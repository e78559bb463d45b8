"""What every request is checked for, and what every answer says to the browser."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from console.words import Refusal

LARGEST = 512 * 1024
"""Bytes of a form; a strategy takes a few thousand."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing of another origin, nothing inline, in nobody's frame."""

UNKEPT = {"Cache-Control": "no-store"}
"""What a page says besides: whoever uses the browser next finds nothing of it."""


def refuse_foreign(headers: Mapping[str, str], *, public_url: str) -> None:
    """Raises Refusal for a form that another site has sent (OWASP: fetch metadata, else origin)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Refusal(
                "this form was sent by another site; nothing was done", "表单来自其他网站，未作任何更改"
            )
        return
    origin = headers.get("origin") or headers.get("referer")
    if origin is None or _place(origin) not in (_place(public_url), headers.get("host", "").lower()):
        raise Refusal(
            "this form does not say that it comes from here; nothing was done",
            "无法确认表单来自本站，未作任何更改",
        )


def has_token(told: Mapping[str, str], *, expected: str) -> bool:
    """Whether the form carries its session's token."""
    return hmac.compare_digest(told.get("form_token", "").encode(), expected.encode())


def refuse_without_token(told: Mapping[str, str], *, expected: str) -> None:
    """Raises Refusal unless the form carries its session's token."""
    if not has_token(told, expected=expected):
        raise Refusal(
            "this form is of another session; open the page again and repeat what you did",
            "表单属于另一次登录，请重新打开页面再操作",
        )


def _place(address: str) -> str:
    return urlsplit(address).netloc.lower()
