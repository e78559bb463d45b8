"""What a page is, and what somebody does on one: declared, so that rights are asked in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from base.errors import DeclarationError, RoleError
from base.registry import instances
from base.roles import Action, Field, require, roles_of, visible_fields
from base.settings import Settings
from console.crowd import Crowd
from console.entrance.users import User
from console.errands import Errands
from console.words import Said
from lake.glance import Glance
from ledger.database import Ledger


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request, by somebody who may make it. ``told``: what the address and the form say, by name."""

    user: User
    settings: Settings
    ledger: Ledger
    lake: Glance
    crowd: Crowd
    errands: Errands
    now: datetime
    told: Mapping[str, str]

    def may(self, action: Action) -> bool:
        """Whether this person may do that."""
        return may(self.settings, self.user.name, action)

    def sees(self, kind: Field) -> bool:
        """Whether this person may see that kind of field."""
        return sees(self.settings, self.user.name, frozenset({kind}))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows: a template, and what it is filled with.

    ``title``: of its own, where the page's does not say enough. ``status``: what programs are told.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    title: Said | None = None
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Done:
    """Where somebody goes after a deed, and what he is told there."""

    to: str
    said: Said


@dataclass(frozen=True, kw_only=True)
class Page:
    """A place of the console. ``fields``: kinds of field that it shows; whoever may not see one is refused.

    ``title``: English and Chinese. ``menu``: its place there; 0 for pages that others lead to.
    """

    name: str
    path: str
    title: Said
    fields: frozenset[Field]
    show: Callable[[Visit], Shown]
    menu: int = 0


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something done from a page, by a form. ``action``: what the roles are asked for; None where it only
    asks a long question, which takes the ``fields`` that the page of its answer shows.

    What cannot be done as it was typed is shown again, so that nobody types it twice. ``given_back``: so is
    the form where the database does not answer, by then unread: never one that takes what tells who a
    customer is.
    """

    name: str
    path: str
    action: Action | None
    fields: frozenset[Field]
    do: Callable[[Visit], Done | Shown]
    given_back: bool = False

    def allowed(self, settings: Settings, name: str) -> bool:
        """Whether the roles let somebody do it."""
        return sees(settings, name, self.fields) and (self.action is None or may(settings, name, self.action))

    @property
    def needs(self) -> list[str]:
        """What the roles are asked for, in words."""
        named = (*([self.action] if self.action else ()), *(kind for kind in Field if kind in self.fields))
        return [one.english for one in named]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a page's own script asks for: told as JSON, to whom the page may be shown."""

    name: str
    path: str
    fields: frozenset[Field]
    tell: Callable[[Visit], Mapping[str, Any]]


def page(
    path: str, *, title: tuple[str, str], fields: frozenset[Field], menu: int = 0
) -> Callable[[Callable[[Visit], Shown]], Page]:
    """Declares the page that the function shows."""
    said = Said(*title)
    return lambda show: Page(name=show.__name__, path=path, title=said, fields=fields, show=show, menu=menu)


def deed(
    path: str, *, action: Action, given_back: bool = False
) -> Callable[[Callable[[Visit], Done | Shown]], Deed]:
    """Declares what the function does."""
    none = frozenset[Field]()
    return lambda do: Deed(
        name=do.__name__, path=path, action=action, fields=none, do=do, given_back=given_back
    )


def question(
    path: str, *, fields: frozenset[Field], given_back: bool = False
) -> Callable[[Callable[[Visit], Done | Shown]], Deed]:
    """Declares the long question that the function begins: by a form, for an address that is opened, or
    opened again, begins nothing."""
    return lambda do: Deed(
        name=do.__name__, path=path, action=None, fields=fields, do=do, given_back=given_back
    )


def reply(path: str, *, fields: frozenset[Field]) -> Callable[[Callable[[Visit], Mapping[str, Any]]], Reply]:
    """Declares what the function tells."""
    return lambda tell: Reply(name=tell.__name__, path=path, fields=fields, tell=tell)


@cache
def pages() -> dict[str, Page]:
    """Every declared page by name. Raises DeclarationError where two have one path."""
    return _unlike(instances("console.pages", Page))


@cache
def deeds() -> dict[str, Deed]:
    """Every declared deed by name. Raises DeclarationError where two have one path."""
    return _unlike(instances("console.pages", Deed))


@cache
def replies() -> dict[str, Reply]:
    """Every declared reply by name. Raises DeclarationError where two have one path."""
    return _unlike(instances("console.pages", Reply))


def may(settings: Settings, name: str, action: Action) -> bool:
    """Whether the roles let somebody do that, and see what it shows."""
    try:
        require(settings, name, action)
    except RoleError:
        return False
    return True


def sees(settings: Settings, name: str, fields: frozenset[Field]) -> bool:
    """Whether the roles let somebody see all these kinds of field."""
    own = [visible_fields(role) for role in roles_of(settings, name)]
    return not settings.roles or fields <= frozenset[Field]().union(*own)


Declared = TypeVar("Declared", Page, Deed, Reply)


def _unlike(found: dict[str, Declared]) -> dict[str, Declared]:
    paths = [one.path for one in found.values()]
    for path in paths:
        if paths.count(path) > 1:
            raise DeclarationError(f"console: {path} is declared twice; rename one of them")
    return found
