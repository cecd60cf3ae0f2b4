"""What can be set, with its kind, bounds and default. A frozen value that knows nothing
of files or the environment, so tests build it directly."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from provider.settings import kinds

MINUTE, HOUR, DAY = 60, 3600, 86400

Seconds = Annotated[int, BeforeValidator(kinds.duration)]
ScopeName = Annotated[str, AfterValidator(kinds.scope)]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(kinds.network)]
IdTokenAlgorithm = Literal["RS256", "ES256", "PS256", "EdDSA"]
AccessTokenAlgorithm = Literal["ES256", "RS256", "PS256", "EdDSA"]
OPENID_SCOPES = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})


def _master_key(written: SecretStr) -> SecretStr:
    kinds.master_key(written.get_secret_value())
    return written


MasterKey = Annotated[SecretStr, AfterValidator(_master_key)]


class Lifetimes(BaseModel):
    """How long things live, in seconds. Text such as "10m" or "14d" is understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Seconds = Field(default=60, ge=5, le=10 * MINUTE)
    access_token: Seconds = Field(default=10 * MINUTE, ge=MINUTE, le=DAY)
    id_token: Seconds = Field(default=10 * MINUTE, ge=MINUTE, le=DAY)
    refresh_idle: Seconds = Field(default=14 * DAY, ge=MINUTE, le=731 * DAY)
    refresh_absolute: Seconds = Field(default=90 * DAY, ge=MINUTE, le=3653 * DAY)
    refresh_repeat_window: Seconds = Field(default=30, ge=0, le=5 * MINUTE)
    session_idle: Seconds = Field(default=12 * HOUR, ge=MINUTE, le=366 * DAY)
    session_absolute: Seconds = Field(default=30 * DAY, ge=MINUTE, le=366 * DAY)
    authorization_request: Seconds = Field(default=30 * MINUTE, ge=MINUTE, le=DAY)

    @model_validator(mode="after")
    def _idle_within_absolute(self) -> Self:
        for kind in ("refresh", "session"):
            if getattr(self, f"{kind}_idle") > getattr(self, f"{kind}_absolute"):
                raise ValueError(f"{kind}_idle is longer than {kind}_absolute")
        return self


class Keys(BaseModel):
    """How signing keys come and go, and which algorithms are offered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotation_age: Seconds = Field(default=90 * DAY, ge=HOUR, le=3653 * DAY)
    publish_before: Seconds = Field(default=24 * HOUR, ge=0, le=30 * DAY)
    id_token_algorithms: Annotated[
        tuple[IdTokenAlgorithm, ...], NoDecode, BeforeValidator(kinds.several)
    ] = ("RS256", "ES256", "PS256", "EdDSA")
    access_token_alg: AccessTokenAlgorithm = "ES256"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.publish_before >= self.rotation_age:
            raise ValueError("publish_before is not shorter than rotation_age")
        if "RS256" not in self.id_token_algorithms:
            raise ValueError("id_token_algorithms must contain RS256 (OpenID Connect Core §15.1)")
        if len(set(self.id_token_algorithms)) != len(self.id_token_algorithms):
            raise ValueError("id_token_algorithms names an algorithm twice")
        return self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Every algorithm there must be a signing key for: RS256 and ES256 always."""
        named = ("RS256", "ES256", *self.id_token_algorithms, self.access_token_alg)
        return tuple(dict.fromkeys(named))


def _default_database_url(known: dict[str, Any]) -> str:
    return f"sqlite:///{known['data_dir']}/signet.sqlite"


class Settings(BaseSettings):
    """Everything an operator decides."""

    model_config = SettingsConfigDict(
        env_prefix="SIGNET_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    environment: Literal["production", "demo"] = "production"
    issuer: Annotated[str, AfterValidator(kinds.issuer)] = "http://localhost:8000"
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    threads: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = "auto"
    data_dir: Path = Path("data")
    database_url: Annotated[str, AfterValidator(kinds.database_url)] = Field(
        default_factory=_default_database_url, repr=False
    )
    secret_key: MasterKey | None = None
    previous_secret_keys: Annotated[
        tuple[MasterKey, ...], NoDecode, BeforeValidator(kinds.several)
    ] = ()
    profile: Literal["oauth21", "openid"] = "oauth21"
    brand: str = Field(default="Signet", min_length=1, max_length=80)
    scopes: dict[ScopeName, str] = {}
    default_audience: str = Field(default_factory=lambda known: known["issuer"], min_length=1)
    lifetimes: Lifetimes = Lifetimes()
    keys: Keys = Keys()
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(kinds.several)] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    events_kept: Seconds = Field(default=180 * DAY, ge=DAY, le=3653 * DAY)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing by itself: `reading.load` decides what is read from where."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _own_scopes_only(self) -> Self:
        if taken := sorted(OPENID_SCOPES & set(self.scopes)):
            raise ValueError(f"scopes must not describe {taken[0]}, which OpenID Connect defines")
        return self

    @cached_property
    def issuer_path(self) -> str:
        """The path of the issuer: empty, or beginning with a slash."""
        return urlsplit(self.issuer).path

    @cached_property
    def secure(self) -> bool:
        """Whether browsers reach the provider by https."""
        return self.issuer.startswith("https://")

    @cached_property
    def loopback(self) -> bool:
        """Whether the provider is for this machine only: where it listens and its name."""
        return kinds.is_loopback(self.host) and kinds.is_loopback(
            urlsplit(self.issuer).hostname or ""
        )

    @cached_property
    def uses_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return self.database_url.startswith("sqlite:")

    @cached_property
    def database_file(self) -> Path | None:
        """The file of an SQLite database, else None."""
        address = self.database_url.partition("://")[2].partition("?")[0]
        return Path(address.removeprefix("/")) if self.uses_sqlite else None

    @cached_property
    def blocking_threads(self) -> int:
        """The threads of one worker: SQLite has one writer, PostgreSQL gains from four."""
        if self.threads == "auto":
            return 1 if self.uses_sqlite else 4
        return self.threads

    @cached_property
    def master_keys(self) -> tuple[bytes, ...]:
        """The current master key first, then those that still decrypt. Empty without one."""
        written = (*((self.secret_key,) if self.secret_key else ()), *self.previous_secret_keys)
        return tuple(kinds.master_key(key.get_secret_value()) for key in written)
