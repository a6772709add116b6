"""Know where the platforms issue tokens, and what a token request needs there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from cxcall.contracts.operation import JSON, URLENCODED
from cxcall.explaining.operations.known_operations import CXONE, GENESYS
from cxcall.named_tuple import NamedTuple

_SOURCES = {
    GENESYS: "Genesys Cloud developer documentation, OAuth",
    CXONE: "NICE CXone developer portal, authentication",
}


class TokenEndpoint(NamedTuple):
    """Where a platform issues tokens.

    `grants` maps each grant type to the parameters that it requires. An endpoint without grant types
    has `required` parameters. An empty `content_type` means that any is accepted.
    """

    platform: str
    url: str
    content_type: str = ""
    grants: Mapping[str, tuple[str, ...]] = {}
    required: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path

    @property
    def source(self) -> str:
        """The vendor's documentation of this endpoint."""
        return _SOURCES[self.platform]


# The usual endpoint of each platform comes first. Sources: client credentials and user login in
# docs/platforms/genesys-cloud.md, tokens in docs/platforms/nice-cxone.md.
ENDPOINTS = (
    TokenEndpoint(
        GENESYS,
        "https://login.<region's domain>/oauth/token",
        URLENCODED,
        {
            "client_credentials": (),
            "authorization_code": ("code", "redirect_uri"),
            "refresh_token": ("refresh_token",),
        },
    ),
    TokenEndpoint(
        CXONE,
        "https://cxone.niceincontact.com/auth/token",
        URLENCODED,
        {
            "password": ("username", "password"),
            "authorization_code": ("code",),
            "refresh_token": ("refresh_token",),
            "token-exchange": (),
        },
    ),
    TokenEndpoint(
        CXONE,
        "https://<area>.nice-incontact.com/authentication/v1/token/access-key",
        JSON,
        required=("accessKeyId", "accessKeySecret"),
    ),
    TokenEndpoint(
        CXONE,
        "https://api.incontact.com/InContactAuthorizationServer/Token",
        grants={"password": ("username", "password"), "client_credentials": (), "implicit": ()},
    ),
)
ENDPOINT_BY_PATH = {endpoint.path.lower(): endpoint for endpoint in ENDPOINTS}
# Other paths of the login services, whose requests are not checked.
OTHER_LOGIN_PATHS = {
    "/oauth/authorize": GENESYS,
    "/auth/authorize": CXONE,
    "/public/user/refresh": CXONE,
    "/public/authentication/v1/refresh": CXONE,
    "/incontactauthorizationserver/token/whoami": CXONE,
    "/.well-known/openid-configuration": CXONE,
}


def login_platform(path: str) -> str:
    """Return the platform whose login service has exactly this path; empty if neither has."""
    key = path.rstrip("/").lower()
    endpoint = ENDPOINT_BY_PATH.get(key)
    return endpoint.platform if endpoint else OTHER_LOGIN_PATHS.get(key, "")


def endpoint_of_body(names: Collection[str]) -> TokenEndpoint | None:
    """Return the endpoint without grant types that takes the names of a body; None if there is none."""
    return next(
        (each for each in ENDPOINTS if each.required and {*each.required} <= {*names}), None
    )
