"""AD-03: what belongs to somebody else can not be named (OWASP ASVS 8.2.2)."""

from provider.context import Provider
from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import at_account
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts


def test_ad_03_an_id_of_somebody_else_is_nobodys(
    relying_party: RelyingParty, signed_in: Browser, account: Account, provider: Provider
) -> None:
    """Sessions and applications are the objects a person can name."""
    at_account(signed_in)
    form = signed_in.page.forms[-1]
    token = signed_in.page.forms[0].fields["csrf_token"]
    own = {"Cookie": signed_in.jar.header(relying_party.issuer, method="GET", same_site=True)}
    before = row_counts(provider)
    for path, name in (
        ("/account/sessions/end", "session_id"),
        ("/account/withdraw", "client_id"),
    ):
        for value in ("1", "bystander", account.id, "*", "%", "' OR 1=1 --", "../x", ""):
            sent = {"csrf_token": token, name: value}
            answer = wire.post(relying_party.app, relying_party.issuer + path, sent, headers=own)
            assert answer.status in (303, 403)
    assert form.action
    after = row_counts(provider)
    del before["event"], after["event"]
    assert after == before
