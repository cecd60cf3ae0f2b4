"""What the audit trail's events are called on the account page. An event without words
here is for the operator only."""

from provider.interaction.locale import translatable

_WORDS = {
    "signed_in": translatable("Signed in"),
    "signed_in_from_new_browser": translatable("Signed in from a browser not seen before"),
    "sign_in_failed": translatable("A sign-in failed: wrong password"),
    "sign_in_throttled": translatable("Too many sign-in attempts; further ones had to wait"),
    "session_ended": translatable("Signed out"),
    "consent_granted": translatable("Access allowed"),
    "consent_denied": translatable("Access not allowed"),
    "consent_withdrawn": translatable("Access withdrawn"),
    "authorization_granted": translatable("Signed in to an application"),
    "authorization_ended": translatable("An application gave back its access"),
    "refresh_token_reuse_detected": translatable(
        "A used refresh token came back, so the application was signed out to be safe"
    ),
    "authorization_code_replayed": translatable(
        "A sign-in code was used twice, so the application was signed out to be safe"
    ),
    "account_access_ended": translatable("All access of the account was ended"),
    "password_changed": translatable("The password was changed"),
}


def describe(name: str) -> str | None:
    """Return the words for an event, to be translated, or None."""
    return _WORDS.get(name)
