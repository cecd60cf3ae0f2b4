"""The stable sub-reasons with which a code or a refresh token is refused, in plain words.

The token endpoint answers `invalid_grant` (RFC 6749 §5.2) and names one of these codes in
`error_description` and `error_uri`; the page `/errors/<code>` shows the text kept here, for the
client's developer and for the person. A code is API: it never changes its meaning. The texts are
English and marked for translation; the template translates them when it shows them.
"""

from typing import Final, TypedDict

from provider.interaction.locale import translatable


class Reason(TypedDict):
    """One sub-reason: what happened, and what each side can do about it."""

    code: str
    title: str
    what: str
    client: str
    person: str


_SIGN_IN_AGAIN: Final = translatable("Sign in to the application again. Nothing else is needed.")
_START_OVER: Final = translatable(
    "Forget the tokens you hold and send the person through the authorization endpoint again."
)

REASONS: Final[tuple[Reason, ...]] = (
    {
        "code": "reuse_detected",
        "title": translatable("A used refresh token came back"),
        "what": translatable(
            "Each refresh token is replaced when it is used. This one had been replaced already, "
            "so two parties may hold copies of it. To be safe, all tokens that descend from the "
            "same sign-in were ended."
        ),
        "client": translatable(
            "Forget the tokens you hold and start a new sign-in. Then find out why an old token "
            "was sent: keep only the newest one, store it before you use it, and let one request "
            "at a time refresh."
        ),
        "person": translatable(
            "Sign in to the application again. If you see this often, look at the recent activity "
            "of your account and tell the makers of the application."
        ),
    },
    {
        "code": "expired_idle",
        "title": translatable("The refresh token was not used for too long"),
        "what": translatable(
            "A refresh token stays valid while it is used from time to time. This one was left "
            "unused for longer than the application is allowed to pause."
        ),
        "client": _START_OVER,
        "person": _SIGN_IN_AGAIN,
    },
    {
        "code": "expired_absolute",
        "title": translatable("The sign-in has reached its longest duration"),
        "what": translatable(
            "However often its tokens are renewed, a sign-in ends after a fixed time. That time "
            "is over."
        ),
        "client": _START_OVER,
        "person": _SIGN_IN_AGAIN,
    },
    {
        "code": "revoked_by_user",
        "title": translatable("The access was withdrawn"),
        "what": translatable(
            "The owner of the account withdrew the access of this application on the account page."
        ),
        "client": translatable(
            "Forget the tokens you hold. Do not start a new sign-in on your own: wait until the "
            "person asks for it."
        ),
        "person": translatable(
            "If you want to use the application again, sign in there and allow the access."
        ),
    },
    {
        "code": "revoked_by_client",
        "title": translatable("The application gave up its access"),
        "what": translatable(
            "The application itself revoked this token, for example when you signed out."
        ),
        "client": translatable(
            "You revoked this token, or another token of the same sign-in, earlier. Start a new "
            "sign-in when the person wants to continue."
        ),
        "person": _SIGN_IN_AGAIN,
    },
    {
        "code": "revoked_by_administrator",
        "title": translatable("The access was ended by an administrator"),
        "what": translatable(
            "The people who run this service ended the access of the application."
        ),
        "client": translatable(
            "Forget the tokens you hold. A new sign-in may work; if it does not, contact the "
            "people who run this service."
        ),
        "person": translatable(
            "Sign in to the application again. If that does not work, contact the people who look "
            "after your account."
        ),
    },
    {
        "code": "session_ended",
        "title": translatable("The session has ended"),
        "what": translatable(
            "The access was tied to a session in a browser. That session was signed out or "
            "expired, and the access ended with it."
        ),
        "client": translatable(
            "Forget the tokens you hold and start a new sign-in. If you need access while the "
            "person is away, ask for the scope offline_access."
        ),
        "person": _SIGN_IN_AGAIN,
    },
    {
        "code": "account_disabled",
        "title": translatable("The account cannot be used"),
        "what": translatable("The account was disabled, and every access to it ended."),
        "client": translatable(
            "Forget the tokens you hold and sign the person out. Do not try again."
        ),
        "person": translatable("Contact the people who look after your account."),
    },
    {
        "code": "account_locked",
        "title": translatable("The account is locked for now"),
        "what": translatable(
            "The people who run this service locked the account. Nothing was ended: what the "
            "application may do rests until the account is unlocked."
        ),
        "client": translatable(
            "Keep the refresh token and try again later, with longer and longer pauses. Do not "
            "start a new sign-in: it can not succeed while the account is locked."
        ),
        "person": translatable("Contact the people who look after your account."),
    },
    {
        "code": "credentials_changed",
        "title": translatable("The password was changed"),
        "what": translatable(
            "The password or another way to sign in was changed, so earlier sign-ins were ended."
        ),
        "client": _START_OVER,
        "person": translatable(
            "Sign in again with your new password. If you did not change it, contact the people "
            "who look after your account at once."
        ),
    },
    {
        "code": "code_replayed",
        "title": translatable("An authorization code was used twice"),
        "what": translatable(
            "An authorization code works once. This one was presented again, so someone else may "
            "have seen it. All tokens that were issued for it were ended."
        ),
        "client": translatable(
            "Start a new sign-in. Then make sure that your callback handles each code once, also "
            "when the page is loaded again or a request is repeated."
        ),
        "person": translatable(
            "Go back to the application and sign in again. Loading the page again does not help."
        ),
    },
    {
        "code": "unknown_token",
        "title": translatable("The token is not known here"),
        "what": translatable(
            "The code or refresh token was not issued by this service, was cut or changed on its "
            "way, or ended so long ago that it was forgotten."
        ),
        "client": translatable(
            "Check that the value is stored and sent whole, and to the service that issued it. "
            "Then start a new sign-in."
        ),
        "person": _SIGN_IN_AGAIN,
    },
)


def find(code: str) -> Reason | None:
    """The reason with this code, if there is one."""
    return next((reason for reason in REASONS if reason["code"] == code), None)
