"""Valid flows that run between the fuzzer's requests whenever a live code, token, page or
registration is asked for. What was used a few times is replaced; that an honest flow still works
after everything the fuzzer sent is itself one of its findings."""

from collections.abc import Callable
from dataclasses import dataclass, field

import flask

from provider.context import Provider
from provider.model.account import Account
from tests.fuzz.cases import Case
from tests.support import jwt
from tests.support.arrival import at_account, at_consent, at_login, at_logout
from tests.support.browser import Browser
from tests.support.factories import already_signed_in, front_channel, public
from tests.support.registering import Registrar, grant
from tests.support.relying_party import Refused, RelyingParty
from tests.support.request_objects import claims_for, signed, signer

USES = {"session": 40, "tokens": 6, "registered": 6, "machine": 20}
"""How often something live is drawn until it is made anew; else once."""

PUBLIC = ("_path", "_uri", "_id", "_list", "_csrf")
"""How names end of what is live and no secret."""

ABOUT_THE_SESSION = {"session", "account", "withdrawal", "consent", "leaving"}

ENDING = {"/account/sign-out", "/account/sessions/end-others", "/logout", "/logout/confirm"}
"""Where a session can end."""

Made = dict[str, str]


GROUPS = {
    name: group
    for group, names in {
        "session": "session_cookie",
        "account": "account_csrf account_cookie",
        "withdrawal": "withdraw_csrf withdraw_cookie",
        "sign_in": "sign_in_csrf sign_in_cookie",
        "login": "login_csrf login_cookie login_path",
        "consent": "consent_csrf consent_cookie consent_path",
        "leaving": "leaving_csrf leaving_cookie leaving_path",
        "grant": "code code_verifier",
        "public_grant": "public_code public_verifier",
        "tokens": "access_token refresh_token older_refresh_token id_token",
        "public_tokens": "public_access_token public_refresh",
        "machine": "machine_token",
        "assertion": "client_assertion",
        "request_object": "request_object",
        "initial": "initial_token",
        "registered": "registered_path registered_client_id registered_secret "
        "registration_access_token",
        "status": "status_list",
    }.items()
    for name in names.split()
}
LIVE = tuple(GROUPS)


@dataclass
class Flows:
    """Clients of each kind, a person, and what they hold now."""

    app: flask.Flask
    provider: Provider
    make_party: Callable[..., RelyingParty]
    account: Account
    registrations: str
    _made: dict[str, Made] = field(default_factory=dict)
    _used: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = front_channel() if self.provider.settings.profile != "oauth21" else {}
        logout = {"post_logout_redirect_uris": ("https://rp.example/bye",)}
        self.party = self.make_party(**kinds, **logout)
        self.public = self.make_party(**public(redirect_uris=("https://spa.example/cb",)))
        self.signer = signer(self.make_party, token_endpoint_auth_method="private_key_jwt")

    def handed_out(self) -> dict[str, tuple[str, str]]:
        """Return each credential that is live now, with its name and the flow it is of."""
        found = {}
        for group, made in self._made.items():
            for name, value in made.items():
                if name.endswith(PUBLIC):
                    continue
                for pair in value.split("; ") if name.endswith("cookie") else [value]:
                    found[pair.partition("=")[2] if name.endswith("cookie") else pair] = (
                        name,
                        group,
                    )
        return found

    def groups_of(self, case: Case) -> set[str]:
        """Return of which flows a request takes something along."""
        found = {GROUPS[one.live] for one in case.live() if one.live in GROUPS}
        return found | ({"session", "account"} if found & ABOUT_THE_SESSION else set())

    def note_use(self, case: Case) -> None:
        """Count that a request takes something along, and what it may end."""
        for group in {GROUPS[one.live] for one in case.live() if one.live in GROUPS}:
            self._used[group] = self._used.get(group, 0) + 1
        if case.route in ENDING:
            self._used |= dict.fromkeys(ABOUT_THE_SESSION, USES["session"])

    def put_away(self) -> None:
        """Forget what has been used often enough."""
        for group, times in list(self._used.items()):
            if times >= USES.get(group, 1):
                self._made.pop(group, None)
                del self._used[group]

    def forget_all(self) -> None:
        """Forget everything live: a person begins anew."""
        self._made.clear()
        self._used.clear()

    def look_up(self, name: str) -> str:
        """Return what is live under a name; a flow runs where there is nothing."""
        group = GROUPS[name]
        if group not in self._made:
            self._made[group] = self._make(group)
        return self._made[group][name]

    def _make(self, group: str) -> Made:
        """Run a flow; once more with everything new, as a person would whose session ended."""
        try:
            made: Made = getattr(self, f"_make_{group}")()
        except (AssertionError, Refused):
            self.forget_all()
            made = getattr(self, f"_make_{group}")()
        return made

    def _browser(self) -> Browser:
        return Browser(self.app, self.provider.issuer)

    def _signed_in(self) -> Browser:
        self.look_up("session_cookie")
        return self._person

    def _make_session(self) -> Made:
        self._person = self._browser()
        already_signed_in(self.provider, self._person, self.account)
        return {"session_cookie": _cookies(self._person)}

    def _make_account(self) -> Made:
        browser = self._signed_in()
        at_account(browser)
        fields = browser.page.forms[0].fields
        return {"account_csrf": fields["csrf_token"], "account_cookie": _cookies(browser)}

    def _make_withdrawal(self) -> Made:
        self.party.sign_in(self._signed_in())
        return self._renamed("withdraw", self._make_account())

    def _make_sign_in(self) -> Made:
        browser = self._browser().visit(f"{self.provider.issuer}/account/login")
        csrf = browser.page.forms[0].fields["csrf_token"]
        return {"sign_in_csrf": csrf, "sign_in_cookie": _cookies(browser)}

    def _make_login(self) -> Made:
        browser = self._browser()
        at_login(browser, self.party)
        return self._page(browser, "login")

    def _make_consent(self) -> Made:
        browser = self._signed_in()
        at_consent(browser, self.party, prompt="consent")
        return self._page(browser, "consent")

    def _make_leaving(self) -> Made:
        browser = self._signed_in()
        at_logout(browser, self.party)
        return self._page(browser, "leaving")

    def _page(self, browser: Browser, name: str) -> Made:
        csrf = browser.page.forms[0].fields["csrf_token"]
        path = browser.url.removeprefix(self.provider.issuer)
        return {f"{name}_csrf": csrf, f"{name}_cookie": _cookies(browser), f"{name}_path": path}

    def _make_grant(self) -> Made:
        found = self.party.authorize(self._signed_in())
        return {"code": found.code, "code_verifier": str(found.attempt.verifier)}

    def _make_public_grant(self) -> Made:
        found = self.public.authorize(self._signed_in())
        return {"public_code": found.code, "public_verifier": str(found.attempt.verifier)}

    def _make_tokens(self) -> Made:
        first = self.party.sign_in(self._signed_in())
        then = self.party.refresh(first.refresh_token)
        return {
            "access_token": then.access_token,
            "refresh_token": then.refresh_token,
            "older_refresh_token": first.refresh_token,
            "id_token": first.id_token,
        }

    def _make_public_tokens(self) -> Made:
        found = self.public.sign_in(self._signed_in())
        return {"public_access_token": found.access_token, "public_refresh": found.refresh_token}

    def _make_machine(self) -> Made:
        return {"machine_token": self.party.client_credentials(scope="notes:read").access_token}

    def _make_assertion(self) -> Made:
        return {"client_assertion": self.signer.assertion()}

    def _make_request_object(self) -> Made:
        claims = claims_for(self.signer, self.signer.start())
        return {"request_object": signed(self.signer, claims)}

    def _make_initial(self) -> Made:
        return {"initial_token": grant(self.provider, uses=3, life=3600)}

    def _make_registered(self) -> Made:
        registrar = Registrar(self.app, self.provider.issuer)
        token = grant(self.provider) if self.registrations == "token" else None
        answer = registrar.post({"redirect_uris": ["https://new.example/cb"]}, token)
        assert answer.status == 201, answer.text
        body = answer.json
        return {
            "registered_path": body["registration_client_uri"].removeprefix(self.provider.issuer),
            "registered_client_id": body["client_id"],
            "registered_secret": body["client_secret"],
            "registration_access_token": body["registration_access_token"],
        }

    def _make_status(self) -> Made:
        claims = jwt.claims_of(self.look_up("access_token"))
        uri = claims["status"]["status_list"]["uri"]
        return {"status_list": uri.removeprefix(self.provider.issuer)}

    @staticmethod
    def _renamed(name: str, made: Made) -> Made:
        return {key.replace("account", name): value for key, value in made.items()}


def _cookies(browser: Browser) -> str:
    return browser.jar.header(f"{browser.issuer}/", method="POST", same_site=True)
