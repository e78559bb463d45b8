"""What an OpenID Connect provider says of itself (OpenID Connect Discovery 1.0)."""

import ssl
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from base.errors import ProviderError
from base.settings.console import Address

_PLACE = "/.well-known/openid-configuration"
_MEND = "see that the provider runs, and that console.oidc.issuer is its address"
_SECONDS = 5.0  # somebody waits for it, and holds a place in the console meanwhile


class Provider(BaseModel):
    """Where a provider is asked what. ``end_session_endpoint``: None where it offers no way out."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    userinfo_endpoint: Address | None = None
    end_session_endpoint: Address | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


def discover(issuer: str) -> Provider:
    """The provider of that name. Raises ProviderError where it does not answer, or is another."""
    place = f"{issuer.rstrip('/')}{_PLACE}"
    try:
        found = Provider.model_validate(ask("GET", place))
    except ValidationError as error:
        wrong = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ProviderError(f"{place}: {wrong} is missing, or no address over TLS") from error
    if found.issuer != issuer:
        raise ProviderError(f"{place}: it calls itself {found.issuer}; give that as console.oidc.issuer")
    return found


def ask(method: str, address: str, **sent: Any) -> dict[str, Any]:
    """The provider's answer: a JSON object, ``error`` in it where it refuses. ``sent``: as httpx takes it.

    Raises ProviderError where nothing of the kind comes.
    """
    try:
        with httpx.Client(verify=ssl.create_default_context(), timeout=_SECONDS) as client:
            answer = client.request(method, address, **sent)
        told = answer.json()
    except httpx.HTTPError as error:
        raise ProviderError(f"{address}: no answer ({type(error).__name__}); {_MEND}") from error
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ProviderError(f"{address}: it answered {answer.status_code}, and no JSON object; {_MEND}")
    return told
