"""The identity provider: where it is, how a browser is sent there, and whom its answer names.

The protocol is Authlib's, the signature joserfc's. Verified here: the token's signature by the
provider's own keys (the algorithm follows from the key), issuer, audience, expiry, nonce, and the
access token's hash where there is one.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

import httpx2
import structlog
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict

from chassis.auth.principal import Principal
from chassis.auth.tokens import LEEWAY_SECONDS, Doubt, TokenVerifier, principal_of
from chassis.clock import now
from chassis.errors import Forbidden, Unavailable
from chassis.health import Part
from chassis.signin.attempts import Attempt

_PATIENCE_SECONDS = 5.0
_FRESH_SECONDS = 30.0
"""So long the provider is believed to be there. Whoever it sends back needs only its addresses."""

_AFTER_FAILURE_SECONDS = 1.0
_UNREACHABLE = (httpx2.HTTPError, httpx2.InvalidURL)
_log = structlog.get_logger("chassis.audit")


class Metadata(BaseModel):
    """What of the provider's discovery document is needed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def addresses(self) -> list[str]:
        """Every address that is believed."""
        optional = (self.userinfo_endpoint, self.end_session_endpoint)
        return [
            self.authorization_endpoint,
            self.token_endpoint,
            self.jwks_uri,
            *filter(None, optional),
        ]


class Provider:
    """One provider, and what it calls this service."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        scope: str,
        production: bool,
    ) -> None:
        """Nothing is asked before somebody wants to sign in."""
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope
        self._production = production
        self._metadata: Metadata | None = None
        self._verifier: TokenVerifier | None = None
        self._asked_at = self._read_at = self._next_read = -_FRESH_SECONDS
        self._reading = asyncio.Lock()

    async def look(self, part: Part) -> None:
        """Report whether the provider can be reached: a probe of `/readyz`.

        One that hangs keeps it waiting once in a while, not each time.
        """
        if time.monotonic() >= self._asked_at + _FRESH_SECONDS:
            with suppress(Unavailable):
                await self._here()
        if self._metadata is not None and self._read_at >= self._asked_at:
            part.ok(self.issuer)
        else:
            part.failing(f"{self.issuer} cannot be reached", mend="correct …_SIGNIN_ISSUER")

    async def authorization_url(self, attempt: Attempt, *, callback: str) -> str:
        """Return where the browser goes to sign in; only to a provider that is there.

        Raises:
            Unavailable: it is not.
        """
        metadata = await self._here()
        async with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=attempt.state,
                code_verifier=attempt.verifier,
                nonce=attempt.nonce,
                redirect_uri=callback,
            )
        return str(address)

    async def principal(
        self, attempt: Attempt, *, code: str, issuer: str | None, callback: str
    ) -> Principal:
        """Exchange the code for whom it stands for.

        Raises:
            Forbidden: the provider refuses it, or what it says is in doubt.
            Unavailable: the provider does not answer.
        """
        metadata = self._metadata or await self._here()
        try:
            _check_issuer(metadata, issuer)
            async with self._client(metadata) as client:
                token = await client.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=callback,
                )
                claims = await self._verified(metadata, token, attempt)
                if "roles" not in claims and metadata.userinfo_endpoint is not None:
                    claims = await _completed(client, metadata.userinfo_endpoint, claims)
            return principal_of(claims)
        except _UNREACHABLE as error:
            raise self._away(error) from None
        except (OAuthError, Doubt, JoseError, ValueError) as doubt:
            _log.warning("sign-in refused", reason=type(doubt).__name__, check=str(doubt)[:200])
            raise Forbidden(
                "signin-refused",
                "Không xác nhận được kết quả đăng nhập. Hãy đăng nhập lại; nếu vẫn không được, "
                "hãy báo người quản trị.",
                title="Đăng nhập không thành công",
            ) from None

    async def logout_url(self, *, home: str) -> str | None:
        """Return where the browser goes to sign out at the provider, too; None if nowhere."""
        try:
            metadata = self._metadata or await self._here()
        except Unavailable:
            return None
        if metadata.end_session_endpoint is None:
            return None
        parameters = [("client_id", self._client_id), ("post_logout_redirect_uri", home)]
        return str(add_params_to_uri(metadata.end_session_endpoint, parameters))

    async def _verified(
        self, metadata: Metadata, token: dict[str, Any], attempt: Attempt
    ) -> dict[str, Any]:
        """Return the claims of the id token that came with `token`."""
        if not isinstance(token.get("id_token"), str):
            raise Doubt("no id token")
        if self._verifier is None:
            self._verifier = TokenVerifier(
                issuer=metadata.issuer,
                audience=self._client_id,
                jwks=metadata.jwks_uri,
                allow_development_keys=not self._production,
            )
        decoded = await self._verifier.decode(token["id_token"])
        expected = {
            "nonce": attempt.nonce,
            "client_id": self._client_id,
            "access_token": token.get("access_token"),
        }
        CodeIDToken(decoded.claims, decoded.header, params=expected).validate(
            now=int(now().timestamp()), leeway=LEEWAY_SECONDS
        )
        return dict(decoded.claims)

    def _client(self, metadata: Metadata) -> AsyncOAuth2Client:
        method = "none"
        if self._client_secret is not None:
            offered = metadata.token_endpoint_auth_methods_supported
            basic = "client_secret_basic"
            method = basic if basic in offered else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method=method,
            scope=self._scope,
            code_challenge_method="S256",
            timeout=_PATIENCE_SECONDS,
        )

    async def _here(self) -> Metadata:
        """Return what the provider says of itself, not older than half a minute.

        Raises:
            Unavailable: it does not answer, or not as itself.
        """
        async with self._reading:
            moment = time.monotonic()
            if self._metadata is not None and moment < self._read_at + _FRESH_SECONDS:
                return self._metadata
            if moment < self._next_read:
                raise self._away(None)
            self._asked_at = moment
            try:
                found = await self._discover()
            except (*_UNREACHABLE, ValueError) as error:
                self._next_read = time.monotonic() + _AFTER_FAILURE_SECONDS
                raise self._away(error) from None
            if self._metadata is None or found.jwks_uri != self._metadata.jwks_uri:
                self._verifier = None
            self._metadata, self._read_at = found, time.monotonic()
            return found

    async def _discover(self) -> Metadata:
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS) as client:
            answer = (await client.get(address)).raise_for_status()
        found = Metadata.model_validate_json(answer.content)
        if found.issuer != self.issuer:
            raise ValueError("it calls itself otherwise")
        if "S256" not in found.code_challenge_methods_supported:
            raise ValueError("it does not do PKCE with S256")
        schemes = ("https://",) if self._production else ("https://", "http://")
        if not all(one.startswith(schemes) for one in found.addresses):
            raise ValueError("it has addresses without encryption")
        return found

    def _away(self, error: Exception | None) -> Unavailable:
        if error is not None:
            _log.warning(
                "identity provider away", reason=type(error).__name__, check=str(error)[:200]
            )
        return Unavailable(
            "signin-provider-away",
            "Hệ thống đăng nhập không trả lời. Trang công khai vẫn xem được; hãy đăng nhập lại sau "
            "ít phút.",
            title="Chưa đăng nhập được",
        )


def _check_issuer(metadata: Metadata, issuer: str | None) -> None:
    """See that the answer came from this provider and not from another one (RFC 9207)."""
    if issuer is None and metadata.authorization_response_iss_parameter_supported:
        raise Doubt("no issuer in the answer")
    if issuer not in {None, metadata.issuer}:
        raise Doubt("the answer of another issuer")


async def _completed(
    client: AsyncOAuth2Client, address: str, claims: dict[str, Any]
) -> dict[str, Any]:
    """Add what the provider tells only where it is asked for it: roles, school, unit."""
    answer = (await client.get(address)).raise_for_status().json()
    if not isinstance(answer, dict) or answer.get("sub") != claims["sub"]:
        raise Doubt("the user info of another subject")
    return claims | {name: answer[name] for name in ("roles", "school", "unit") if name in answer}
