"""A real OpenID Connect provider, by another library than the console's: Authlib's server side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, Response, jsonify, redirect, request
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server

Claims = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Code(AuthorizationCodeMixin):
    """What was given out at the door, good for one proof."""

    code: str
    asked: dict[str, str]
    user: Claims

    @property
    def code_challenge(self) -> str:
        return self.asked["code_challenge"]

    @property
    def code_challenge_method(self) -> str:
        return self.asked["code_challenge_method"]

    def get_redirect_uri(self) -> str:
        return self.asked["redirect_uri"]

    def get_scope(self) -> str:
        return self.asked["scope"]

    def get_nonce(self) -> str:
        return self.asked["nonce"]

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


@dataclass
class Provider(ClientMixin):
    """The provider and the one program registered there. ``user``: whoever sits at the browser; None says no.

    ``lies`` stand in a proof in place of what is so; ``signs``: the key it is signed with, by ``algorithm``;
    ``named``: the keys that it tells of, else that one; ``methods``: how the program may show its secret;
    ``tells``: claims that the proof holds besides ``sub``; ``described``: what it says of itself, besides.
    ``slow``: it says nothing of itself before that is set; ``asked`` counts who waits.
    """

    come_back: str
    client_id: str = "longreach"
    secret: str = "of the two: 50% secret/+&"
    user: Claims | None = None
    tells: tuple[str, ...] = ("preferred_username", "email", "email_verified")
    methods: tuple[str, ...] = ("client_secret_basic",)
    lies: Claims = field(default_factory=dict)
    algorithm: str = "RS256"
    signs: Any = None
    named: list[Any] = field(default_factory=list)
    described: Claims = field(default_factory=dict)
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    slow: threading.Event | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Claims] = field(default_factory=dict)
    issuer: str = ""

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.come_back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.come_back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, *_: Any) -> bool:
        return method in self.methods

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Serves until left."""
        server = make_server("127.0.0.1", 0, _app(self), threaded=True)
        self.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def key(name: str) -> RSAKey:
    """A key to sign with."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


def curve_key(name: str) -> ECKey:
    """One of another kind."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


def _app(provider: Provider) -> Flask:
    app = Flask("a provider of a test")
    server = AuthorizationServer(
        app,
        query_client=lambda name: provider if name == provider.client_id else None,
        save_token=lambda token, asked: provider.tokens.update({token["access_token"]: asked.user}),
    )
    server.register_grant(_grant(provider), [_proof(provider), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def describe() -> Response:
        if provider.slow is not None:
            provider.asked.release()
            provider.slow.wait()
        places = ("authorization", "token", "userinfo", "end_session")
        found = {f"{place}_endpoint": f"{provider.issuer}/{place}" for place in places}
        return jsonify(
            {
                "issuer": provider.issuer,
                **found,
                "jwks_uri": f"{provider.issuer}/keys",
                "token_endpoint_auth_methods_supported": list(provider.methods),
                **provider.described,
            }
        )

    @app.get("/keys")
    def name_keys() -> Response:
        named = provider.named or [provider.signs]
        return jsonify({"keys": [one.as_dict(private=False) for one in named]})

    @app.get("/authorization")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=provider.user)
        return server.create_authorization_response(grant_user=provider.user, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def tell() -> Any:
        found = provider.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return jsonify(found) if found else (jsonify({"error": "invalid_token"}), 401)

    @app.get("/end_session")
    def end() -> Any:
        return redirect(request.args["post_logout_redirect_uri"])

    return app


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            provider.codes[code] = Code(code=code, asked=dict(request.payload.data), user=request.user)

        def query_authorization_code(self, code: str, *_: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> Claims:
            return authorization_code.user

    return Grant


def _proof(provider: Provider) -> OpenIDCode:
    class Proof(OpenIDCode):
        def resolve_client_private_key(self, *_: Any) -> Any:
            return provider.signs

        def get_client_algorithm(self, *_: Any) -> str:
            return provider.algorithm

        def get_encode_header(self, *_: Any) -> dict[str, str]:
            return {"alg": provider.algorithm, "kid": provider.signs.kid}

        def get_client_claims(self, *_: Any) -> Claims:
            return {"iss": provider.issuer}

        def exists_nonce(self, nonce: str, *_: Any) -> bool:
            return any(code.get_nonce() == nonce for code in provider.codes.values())

        def generate_user_info(self, user: Claims, *_: Any) -> Claims:
            told = {name: user[name] for name in ("sub", *provider.tells) if name in user}
            return {**told, **provider.lies}

    return Proof(require_nonce=True)
