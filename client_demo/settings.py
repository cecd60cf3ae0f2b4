"""Settings of the relying party and of the API, read from environment variables.

Called by the two application factories. Secrets may come from files (`…_FILE`), and whatever is
missing or unsafe is reported in one line that names the variable, before anything is served.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(ValueError):
    """A setting is missing or cannot be used as it stands."""


@dataclass(frozen=True)
class Settings:
    """What the relying party must know; the provider's endpoints are discovered."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    base_url: str
    api_url: str
    resource: str
    data: Path
    secret_key: str = field(repr=False)

    @property
    def secure(self) -> bool:
        """Whether browsers reach this application over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check every DEMO_ variable of the relying party."""
        secret_key = _secret(environment, "DEMO_SECRET_KEY")
        if secret_key is None or len(secret_key) < 32:
            raise SettingsError("DEMO_SECRET_KEY (or DEMO_SECRET_KEY_FILE) needs 32 characters")
        return cls(
            issuer=_url(environment, "DEMO_ISSUER", strip=False),
            client_id=_required(environment, "DEMO_CLIENT_ID"),
            client_secret=_secret(environment, "DEMO_CLIENT_SECRET"),
            base_url=_url(environment, "DEMO_BASE_URL"),
            api_url=_url(environment, "DEMO_API_URL"),
            resource=_required(environment, "DEMO_RESOURCE"),
            data=Path(_required(environment, "DEMO_DATA")),
            secret_key=secret_key,
        )


@dataclass(frozen=True)
class ApiSettings:
    """What the API must know: whom it trusts, and its own name."""

    issuer: str
    resource: str
    api_url: str
    data: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "ApiSettings":
        """Read and check the DEMO_ variables of the API."""
        return cls(
            issuer=_url(environment, "DEMO_ISSUER", strip=False),
            resource=_required(environment, "DEMO_RESOURCE"),
            api_url=_url(environment, "DEMO_API_URL"),
            data=Path(_required(environment, "DEMO_DATA")),
        )


def origin(url: str) -> str:
    """The scheme, host and port of a URL, as browsers write an Origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def discovery_url(issuer: str) -> str:
    """Where an issuer publishes its metadata (OpenID Connect Discovery 1.0 §4.1)."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def listening_address(url: str) -> tuple[str, int]:
    """The address and port on which a process reachable at `url` listens."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    host = parts.hostname or "localhost"
    return ("::1" if host == "::1" else "127.0.0.1"), parts.port or default


def is_trustworthy(url: str) -> bool:
    """Whether a URL is https, or plain http that cannot leave this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _url(environment: Mapping[str, str], name: str, *, strip: bool = True) -> str:
    value = _required(environment, name)
    if not is_trustworthy(value) or not urlsplit(value).hostname:
        raise SettingsError(f"{name} must be an https URL (http only on this machine): {value}")
    # An issuer is compared character by character, so its trailing slash stays.
    return value.rstrip("/") if strip else value


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    path = environment.get(f"{name}_FILE", "").strip()
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}") from error
    return environment.get(name, "").strip() or None
