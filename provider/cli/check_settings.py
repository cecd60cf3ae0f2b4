"""What `signet check` finds in the settings, without the database: whether a server would start
with them, the issuer, and the files and hosts they name."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from provider.cli.finding import Finding
from provider.registration import statement
from provider.settings import Settings, check_serving


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, the reason not to start first."""
    yield from _serving(settings)
    yield from _issuer(settings)
    yield from _outgoing(settings)
    yield from _statements(settings)


def _serving(settings: Settings) -> Iterator[Finding]:
    problems = check_serving(settings)
    for problem in problems:
        yield Finding("settings", "fail", problem.what, problem.fix)
    if not problems:
        reach = "this machine only" if settings.loopback else "others"
        yield Finding("settings", "ok", f"{settings.environment}, to be reached by {reach}")


def _issuer(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.issuer)
    where = f"{settings.host}:{settings.port}"
    if not settings.secure and (parts.port or 80) != settings.port:
        yield Finding(
            "issuer",
            "warn",
            f"{settings.issuer} names another port than the server listens on ({where})",
            "Clients will ask the issuer's address; set issuer or port so that they meet.",
        )
    elif settings.secure and not settings.trusted_proxies:
        yield Finding(
            "issuer",
            "warn",
            f"{settings.issuer}, but no trusted_proxies: every request seems to come from "
            "the proxy",
            "Name your proxy's address in trusted_proxies, so that limits and records are "
            "kept per visitor.",
        )
    else:
        yield Finding("issuer", "ok", settings.issuer)


def _outgoing(settings: Settings) -> Iterator[Finding]:
    outgoing = settings.outgoing
    if outgoing.ca_file is not None:
        try:
            ssl.create_default_context(cafile=outgoing.ca_file)
        except (OSError, ssl.SSLError):
            what = f"{outgoing.ca_file} can not be read as certificates"
            yield Finding("outgoing", "fail", what, "Name a PEM file in outgoing.ca_file.")
            return
    if outgoing.allow_hosts:
        named = ", ".join(outgoing.allow_hosts)
        yield Finding("outgoing", "ok", f"public hosts, and by your leave {named}")


def _statements(settings: Settings) -> Iterator[Finding]:
    for issuer, path in settings.registration.software_statement_issuers.items():
        try:
            statement.key_set(path)
        except ValueError as error:
            what = f"the keys of {issuer} in {path} can not be used: {error}"
            advice = "Put a JWK Set there, or correct registration.software_statement_issuers."
            yield Finding("software statements", "fail", what, advice)
        else:
            yield Finding("software statements", "ok", f"of {issuer}")
