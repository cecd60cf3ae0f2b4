"""What can be set, with its kind, bounds and default. A frozen value that knows nothing
of files or the environment, so tests build it directly. What belongs together stands in
`tables`."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
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
from provider.settings.policy import POLICIES, Policy
from provider.settings.tables import (
    DAY,
    ClaimsHook,
    Keys,
    Lifetimes,
    Outgoing,
    Registration,
    ScopeName,
    Seconds,
    SignIn,
    StatusLists,
)

Network = Annotated[IPv4Network | IPv6Network, PlainValidator(kinds.network)]
OPENID_SCOPES = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})


def _master_key(written: SecretStr) -> SecretStr:
    kinds.master_key(written.get_secret_value())
    return written


MasterKey = Annotated[SecretStr, AfterValidator(_master_key)]


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
    profile: Literal["oauth21", "openid", "certification"] = "oauth21"
    test_issuer: bool = False
    brand: str = Field(default="Signet", min_length=1, max_length=80)
    scopes: dict[ScopeName, str] = {}
    claims_hooks: dict[ScopeName, ClaimsHook] = {}
    default_audience: str = Field(default_factory=lambda known: known["issuer"], min_length=1)
    lifetimes: Lifetimes = Lifetimes()
    keys: Keys = Keys()
    status_lists: StatusLists = StatusLists()
    registration: Registration = Registration()
    sign_in: SignIn = SignIn()
    outgoing: Outgoing = Outgoing()
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(kinds.several)] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    metrics_address: Annotated[str, AfterValidator(kinds.listening_address)] | None = None
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
        if taken := sorted(name for name in self.scopes if name.startswith("claim:")):
            raise ValueError(f"scopes must not describe {taken[0]}: claim: means single claims")
        return self

    @model_validator(mode="after")
    def _hooks_of_own_scopes(self) -> Self:
        if missing := sorted(set(self.claims_hooks) - set(self.scopes)):
            raise ValueError(f"claims_hooks names {missing[0]}, which scopes does not describe")
        names = [name for hook in self.claims_hooks.values() for name in hook.claims]
        if len(set(names)) != len(names):
            raise ValueError("claims_hooks gives one claim to two scopes")
        return self

    @model_validator(mode="after")
    def _unsafe_only_as_a_test(self) -> Self:
        if self.profile == "certification" and not self.test_issuer:
            raise ValueError(
                "the profile certification switches on what no real issuer may do; "
                "set test_issuer = true where nobody relies on this issuer"
            )
        return self

    @model_validator(mode="after")
    def _plain_http_in_the_demo_only(self) -> Self:
        if self.environment != "demo":
            for written in self.outgoing.allow_hosts:
                if written.startswith("http://"):
                    raise ValueError(f"outgoing.allow_hosts: {written} is for the demo only")
        return self

    @cached_property
    def policy(self) -> Policy:
        """What the profile decides."""
        return POLICIES[self.profile]

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
        """How many requests one worker answers at a time: SQLite has one writer, PostgreSQL
        gains from four."""
        if self.threads == "auto":
            return 1 if self.uses_sqlite else 4
        return self.threads

    @cached_property
    def master_keys(self) -> tuple[bytes, ...]:
        """The current master key first, then those that still decrypt. Empty without one."""
        written = (*((self.secret_key,) if self.secret_key else ()), *self.previous_secret_keys)
        return tuple(kinds.master_key(key.get_secret_value()) for key in written)
