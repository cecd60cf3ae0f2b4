"""What somebody without credentials can make grow, and what bounds it. Who adds a table or records
an event has to come by here."""

import ast
from pathlib import Path

from provider.store.schema import metadata

PROVIDER = Path(__file__).parents[2] / "provider"

BOUNDED = {
    "authorization_request": "30 minutes each; housekeeping removes more when more expired",
    "event": "two an hour for each account or client and name of a refusal (`store/refusals`)",
    "refusal": "one for each account or client and name of a refusal; none for invented names",
    "throttle": "of an address `failures_per_address` a window; one for all invented clients",
    "client": "registration: `per_hour` of an address, `max_clients` in all; else the operator",
    "client_secret": "as client",
}
"""Tables that a request without credentials can add rows to."""

CREDENTIALS = {
    "account": "the operator",
    "audience": "the operator",
    "authorization": "a person signed in",
    "change_count": "as many as there are kinds of things that change",
    "consent": "a person signed in",
    "key": "the operator and the rotation",
    "known_browser": "a right password",
    "logout_delivery": "the end of a session",
    "registration_token": "the operator",
    "revoked_token": "a genuine token",
    "schema_support": "migrations",
    "seen_jti": "a valid signature of a client",
    "session": "a right password",
    "session_client": "a person signed in",
    "status_list": "authorizations",
    "token_status": "a genuine token",
}
"""Tables that only grow with credentials, and which."""

DECISIONS = {
    "access_token_revoked", "account_access_ended", "account_added", "account_disabled",
    "account_enabled", "account_locked", "account_unlocked", "audience_added",
    "audience_changed", "audience_removed", "authorization_code_replayed",
    "authorization_ended", "authorization_granted", "client_changed", "client_disabled",
    "client_enabled", "client_registered", "client_removed", "client_secret_rotated",
    "consent_denied", "consent_granted", "consent_withdrawn", "key_retired", "key_rotated",
    "password_set", "refresh_token_repeated", "refresh_token_reuse_detected",
    "registration_token_added", "registration_token_revoked", "registration_token_rotated",
    "restored", "secrets_resealed", "session_ended", "sign_in_attack_suspected", "signed_in",
    "signed_in_from_new_browser",
}  # fmt: skip
"""Events that are written each time, because it takes credentials to make them; the alarm over all
addresses comes once a window."""

REFUSALS = {
    "authorization_code_refused", "client_authentication_failed",
    "client_authentication_throttled", "client_management_refused", "form_refused",
    "refresh_token_refused", "registrations_throttled", "sign_in_attack_suspected",
    "sign_in_failed", "sign_in_throttled",
}  # fmt: skip
"""Events of what was refused, which are counted."""


def recorded(method: str) -> set[str]:
    """Return the names that the code gives to a method of the context."""
    found: set[str] = set()
    for path in PROVIDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == method
                and getattr(node.func.value, "id", "") == "ctx"
            ):
                named = {
                    one.value
                    for one in ast.walk(node.args[0])
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
                assert named, f"{path}: the name of an event is written where it is recorded"
                found |= named
    return found


def test_every_table_says_what_bounds_it() -> None:
    assert not BOUNDED.keys() & CREDENTIALS.keys()
    assert set(metadata.tables) == BOUNDED.keys() | CREDENTIALS.keys()


def test_what_strangers_can_grow_expires() -> None:
    for name in BOUNDED.keys() - {"client"}:
        assert "expires_at" in metadata.tables[name].c, name


def test_what_is_written_each_time_takes_credentials() -> None:
    assert recorded("record") == DECISIONS


def test_what_is_refused_is_counted() -> None:
    assert recorded("record_refusal") == REFUSALS


def test_events_are_written_by_the_context_and_housekeeping_alone() -> None:
    writing = {
        str(path.relative_to(PROVIDER))
        for path in PROVIDER.rglob("*.py")
        if "events.add(" in path.read_text(encoding="utf-8")
    }
    assert writing == {"context.py", "housekeeping.py", "cli/purge.py"}
