"""What a browser could be led to: links, forms and questions of scripts, followed from page to page."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from starlette.routing import compile_path

from console.pages.page import Deed, Page, Reply, deeds, pages, replies
from tests.console.desk import Visitor

ALIKE = 2
"""So many addresses of one page that are asked with the same names are looked at."""

Declared = TypeVar("Declared", Page, Deed, Reply)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form: where it goes, and the names of what it sends."""

    method: str
    to: str
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An answer, and what it leads to, as paths of the console with their questions."""

    address: str
    status: int
    text: str
    links: frozenset[str]
    forms: tuple[Form, ...]


def look(visitor: Visitor, address: str) -> Seen:
    """Asks for the address."""
    answer = visitor.get(address)
    found = _Found(address)
    if answer.headers.get("content-type", "").startswith("text/html"):
        found.feed(answer.text)
    return Seen(
        address=address,
        status=answer.status_code,
        text=answer.text,
        links=frozenset(found.links),
        forms=tuple(
            Form(method=one.method, to=to, names=frozenset(one.sent)) for one in found.forms for to in one.to
        ),
    )


def walk(visitor: Visitor, beginnings: Iterable[str]) -> dict[str, Seen]:
    """Everything that the visitor is shown from there on, by its address; of much alike, the first few."""
    waiting, seen, alike = deque(beginnings), dict[str, Seen](), Counter[object]()
    first = set(waiting)
    while waiting:
        address = waiting.popleft()
        if address in seen:
            continue
        one, asked = shown_at(address), {name for name, _ in parse_qsl(urlsplit(address).query)}
        if one is None:
            continue
        kind = (one.name, *sorted(asked))
        alike[kind] += 1
        if address not in first and alike[kind] > ALIKE:
            continue
        seen[address] = look(visitor, address)
        waiting.extend(sorted(seen[address].links))
    return seen


def shown_at(address: str) -> Page | Reply | None:
    """The reply or the page of an address, as the console finds it."""
    return _at(address, replies()) or _at(address, pages())


def done_at(address: str) -> Deed | None:
    """The deed of an address."""
    return _at(address, deeds())


def _at(address: str, declared: Mapping[str, Declared]) -> Declared | None:
    path = urlsplit(address).path
    return next((one for one in declared.values() if compile_path(one.path)[0].match(path)), None)


@dataclass
class _Open:
    """A form that is being read. ``to``: its own address, and those of buttons that send it elsewhere;
    ``lacks``: whether something has to be filled in first."""

    method: str
    to: list[str]
    sent: dict[str, str] = field(default_factory=dict)
    lacks: bool = False


class _Found(HTMLParser):
    """Collects what leads on from a page; what is disabled leads nowhere."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.links, self.forms = set[str](), list[_Open]()
        self._here, self._disabled = address, list[bool]()
        self._form: _Open | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "fieldset":
            self._disabled.append("disabled" in told)
        elif tag == "a" and not told.get("href", "#").startswith("#"):
            self._link(told["href"])
        elif tag == "form":
            self._form = _Open(told.get("method", "get"), [self._to(told.get("action", ""))])
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea", "button") and self._form is not None:
            self._control(told)
        for name, value in told.items():
            if name.startswith("data-") and value.startswith("/"):
                self._link(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self._disabled.pop()
        elif tag == "form" and self._form is not None:
            if self._form.method == "get" and not self._form.lacks:
                asked = urlencode({name: value for name, value in self._form.sent.items() if value})
                for to in self._form.to:
                    self._link(f"{urlsplit(to).path}?{asked}")
            self._form = None

    def _control(self, told: Mapping[str, str]) -> None:
        if self._form is None or "disabled" in told or any(self._disabled):
            return
        if told.get("name"):
            self._form.sent.setdefault(told["name"], told.get("value", ""))
            self._form.lacks |= "required" in told and not told.get("value")
        if told.get("formaction"):
            self._form.to.append(self._to(told["formaction"]))

    def _to(self, href: str) -> str:
        return urljoin(self._here, href).partition("#")[0]

    def _link(self, href: str) -> None:
        parts = urlsplit(self._to(href))
        if not parts.scheme and not parts.netloc and not parts.path.startswith(("/static/", "/api/")):
            self.links.add(parts.geturl())
