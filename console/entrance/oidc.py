"""An identity provider vouches for people: code, PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

Nothing of the provider is kept between two sign-ins: where it is asked, and with which keys it signs, is read
anew each time, so that its keys may change at any hour.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import jwt

from base.openid import Provider, ask, discover
from base.settings.console import OpenId
from console.words import Refusal, Said

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How a proof may be signed: with a private key, and not with what the console knows as well."""
_LEEWAY = 60  # seconds that the provider's clock and this one may be apart
_PROVEN = ("iss", "sub", "aud", "exp", "iat", "nonce")

REFUSED = Said("The identity provider did not let you in.", "身份认证服务未允许您登录。")
STALE = Said(
    "This sign-in was begun elsewhere, took too long, or was used already. Begin again.",
    "此次登录不是在本浏览器发起、已超时或已使用过，请重新登录。",
)
MISREGISTERED = Said(
    "The identity provider does not take this console for the one registered there. Tell whoever runs it: "
    "console.oidc in the settings.",
    "身份认证服务不认可本工作台的注册信息。请告知系统运营人员检查配置 console.oidc。",
)
NAMELESS = Said(
    "The identity provider does not say by which name you go here. Tell whoever runs the console: "
    "console.oidc.name_claim in the settings.",
    "身份认证服务没有提供您的姓名。请告知系统运营人员检查配置 console.oidc.name_claim。",
)
OUT_OF_TIME = Said(
    "The identity provider's proof has expired or is from the future: its clock and this one differ. Begin "
    "again; if it stays so, tell whoever runs the console.",
    "身份认证服务的凭证已过期或时间超前，双方时钟不一致。请重新登录；如仍如此，请告知系统运营人员。",
)
UNPROVEN = Said(
    "What came back is no proof of the identity provider's, or one for somebody else. You are not signed in; "
    "tell whoever runs the console.",
    "返回的内容不是身份认证服务给本工作台的有效凭证，您未登录。请告知系统运营人员。",
)


class VouchError(Refusal):
    """Nobody vouches for whoever wants to sign in. ``why``: for the log, without a secret and a name."""

    def __init__(self, said: Said, why: str) -> None:
        super().__init__(*said)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A way to the provider and back. ``kept``: what the browser keeps meanwhile, and all the rest follows
    from, so that an answer is of use in that browser alone."""

    kept: str

    @classmethod
    def new(cls) -> "Attempt":
        """One that nobody can guess."""
        return cls(kept=secrets.token_urlsafe(32))

    def word(self, use: str) -> str:
        """The state, nonce or verifier of this attempt: 43 letters, as RFC 7636 asks for."""
        return _short(hmac.new(self.kept.encode(), use.encode(), hashlib.sha256).digest())


def way_in(told: OpenId, attempt: Attempt, *, come_back: str) -> str:
    """Where the browser goes to sign in. Raises ProviderError where the provider does not answer."""
    asked = {
        "response_type": "code",
        "client_id": told.client_id,
        "redirect_uri": come_back,
        "scope": "openid profile email",
        "state": attempt.word("state"),
        "nonce": attempt.word("nonce"),
        "code_challenge": _short(hashlib.sha256(attempt.word("verifier").encode()).digest()),
        "code_challenge_method": "S256",
    }
    return _with(discover(told.issuer).authorization_endpoint, asked)


def way_out(told: OpenId, *, come_back: str) -> str | None:
    """Where the browser goes to sign out there too; None where the provider has no such place.

    Raises ProviderError where it does not answer.
    """
    place = discover(told.issuer).end_session_endpoint
    asked = {"client_id": told.client_id, "post_logout_redirect_uri": come_back}
    return None if place is None else _with(place, asked)


def name_of(told: OpenId, attempt: Attempt, answer: Mapping[str, str], *, come_back: str) -> str:
    """By which name the provider vouches for whoever came back. ``answer``: what the address said.

    Raises VouchError where it does not, or it is not proven; ProviderError where it does not answer.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), attempt.word("state").encode()):
        raise VouchError(STALE, "the state is of another attempt")
    if answer.get("iss", told.issuer) != told.issuer:
        raise VouchError(UNPROVEN, "another provider answered")
    if "code" not in answer:
        raise VouchError(REFUSED, "no code came back")
    provider = discover(told.issuer)
    given = _redeem(told, provider, attempt, answer["code"], come_back=come_back)
    keys = ask("GET", provider.jwks_uri).get("keys")
    claims = proven(str(given.get("id_token")), keys if isinstance(keys, list) else [], told=told)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), attempt.word("nonce").encode()):
        raise VouchError(UNPROVEN, "the nonce is of another attempt")
    return _name(told, provider, claims, access=str(given.get("access_token")))


def proven(token: str, keys: Sequence[Any], *, told: OpenId) -> dict[str, Any]:
    """What an ID token claims, signed by one of the provider's keys for this console, and in force.

    Raises VouchError where it is anything else.
    """
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in ALGORITHMS:
            raise VouchError(UNPROVEN, "it is signed in a way that is not taken")
        for key in keys:
            if not _may_have_signed(key, head):
                continue
            with suppress(jwt.InvalidSignatureError, jwt.InvalidKeyError, jwt.PyJWKError):
                return _claims(token, jwt.PyJWK(key, algorithm=head["alg"]), told=told)
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise VouchError(OUT_OF_TIME, type(error).__name__) from error
    except jwt.InvalidTokenError as error:
        raise VouchError(UNPROVEN, type(error).__name__) from error
    raise VouchError(UNPROVEN, "no key that the provider names has signed it")


def _may_have_signed(key: Any, head: Mapping[str, Any]) -> bool:
    if not isinstance(key, dict) or key.get("use", "sig") != "sig":
        return False
    return head.get("kid") in (None, key.get("kid"))


def _claims(token: str, key: jwt.PyJWK, *, told: OpenId) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=told.client_id,
        issuer=told.issuer,
        leeway=_LEEWAY,
        options={"require": list(_PROVEN)},
    )
    if claims.get("azp", told.client_id) != told.client_id:
        raise VouchError(UNPROVEN, "it was given out to another program")
    return claims


def _redeem(
    told: OpenId, provider: Provider, attempt: Attempt, code: str, *, come_back: str
) -> dict[str, Any]:
    """What the provider gives for the code, which opens once."""
    try:
        secret = told.secret_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise VouchError(MISREGISTERED, f"{told.secret_file} cannot be read") from error
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": come_back,
        "code_verifier": attempt.word("verifier"),
    }
    if "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
        shown: dict[str, Any] = {"auth": (quote(told.client_id, safe=""), quote(secret, safe=""))}
    else:
        shown, form = {}, {**form, "client_id": told.client_id, "client_secret": secret}
    given = ask("POST", provider.token_endpoint, data=form, **shown)
    if "error" in given:
        stale = given["error"] == "invalid_grant"
        raise VouchError(STALE if stale else MISREGISTERED, "the provider does not redeem the code")
    return given


def _name(told: OpenId, provider: Provider, claims: dict[str, Any], *, access: str) -> str:
    """The claim that names the person; asked for where the proof leaves it out, as the standard allows."""
    if told.name_claim not in claims and provider.userinfo_endpoint is not None:
        further = ask("GET", provider.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"})
        if further.get("sub") != claims["sub"]:
            raise VouchError(UNPROVEN, "what was asked further is of somebody else")
        claims = further
    name = claims.get(told.name_claim)
    if not isinstance(name, str) or not name.strip():
        raise VouchError(NAMELESS, f"there is no claim {told.name_claim}")
    if told.name_claim == "email" and claims.get("email_verified") is not True:
        raise VouchError(NAMELESS, "the address is not verified")
    return name


def _with(address: str, asked: Mapping[str, str]) -> str:
    return str(httpx.URL(address).copy_merge_params(asked))


def _short(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
