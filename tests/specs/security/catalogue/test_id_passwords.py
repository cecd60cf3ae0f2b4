"""ID: passwords and guesses (NIST SP 800-63B-4 §3.1.1, §3.2.2; OWASP ASVS 6.1 to 6.3)."""

import unicodedata

import pytest

from provider.authenticators import password
from provider.context import Provider
from provider.model.account import Account
from provider.store import accounts
from provider.store.unit_of_work import transaction
from tests.support import factories, wire
from tests.support.arrival import PASSWORD, at_account, at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.watching import events

NAMES = ("alex", "Alexandra Example", "alex@mail.example")
TRIED_FIRST = (
    "passwordpassword", "Password123456789", "P@ssw0rd!P@ssw0rd!", "P4$$w0rd 2026 2026",
    "123456789012345", "0987654321098765", "qwertyuiopasdfgh", "1q2w3e4r5t6y7u8i",
    "letmeinletmeinletmein", "iloveyou iloveyou", "Summer2026Summer2026",
    "correct horse battery staple",
    "administrator123", "football12345678", "thisismypassword", "hunter2hunter2hunter2",
    "abcdefghijklmnop", "zyxwvutsrqponmlk", "trustno1trustno1", "welcome-welcome-welcome",
    "princess1princess1",
    "ａｄｍｉｎｉｓｔｒａｔｏｒ１２３", "PASSWORD PASSWORD", "monday tuesday 1",
)  # fmt: skip
OWN_NAMES = (
    "alexandra example", "alex@mail.example", "alexalexalexalex", "alex.example1234",
    "Alexandra-2026-!", "example example 1", "alexandra alexandra",
)  # fmt: skip
FINE = (
    "blue tractor hums quietly", "n7#kQ2!vL9@pX4z", "a good long sentence",
    "                x7 lamp oil",
    "안녕하세요 여러분 반갑습니다 친구들", "Tr0ub4dor&3 is famous", "ünïcödé is möglich hier",
    "9f8a7c6e5b4d3210fe",
    "zwölf Boxkämpfer jagen Viktor", "no digits or capitals needed", "🦀🦀🐍 crab beats snake",
)  # fmt: skip


@pytest.mark.parametrize("way", ["login", "account"])
def test_id_01_unknown_disabled_and_wrong_read_the_same(
    relying_party: RelyingParty, account: Account, provider: Provider, way: str
) -> None:
    gone, empty = (factories.make_account(provider, name) for name in ("gone", "empty"))
    with transaction(provider.engine) as tx:
        accounts.set_disabled(tx, gone.id, provider.clock.now())
        accounts.set_password_hash(tx, empty.id, "", provider.clock.now())
    seen = []
    for number, name in enumerate(
        ("tester", "tester@example.com", "gone", "empty", "nobody", "x")
    ):
        browser = Browser(relying_party.app, relying_party.issuer, address=f"192.0.2.{number}")
        if way == "login":
            at_login(browser, relying_party, state="s", nonce="n")
        else:
            browser.visit(f"{relying_party.issuer}/account/login")
        browser.sign_in(name, "a wrong password")
        assert browser.answer is not None
        names = sorted(name for name, _ in browser.answer.fields)
        page = browser.page
        seen.append((browser.status, page.text, names, sorted(page.elements)))
    assert all(one == seen[0] for one in seen)


@pytest.mark.both_databases
def test_id_02_a_hundred_guesses_are_slowed_down_long_before(
    relying_party: RelyingParty, account: Account, provider: Provider
) -> None:
    """From a hundred addresses, so that only the account's own counter counts."""
    checked = 0
    for number in range(100):
        browser = Browser(relying_party.app, relying_party.issuer, address=f"198.18.0.{number}")
        browser.visit(f"{relying_party.issuer}/account/login")
        browser.sign_in("tester", f"guess {number}" if number < 99 else PASSWORD)
        checked += browser.status == 400
        assert browser.at != "account"
        if checked >= 8:
            break
    assert checked < 8
    assert events(provider, "sign_in_throttled")


def test_id_06_what_is_tried_first_is_no_password() -> None:
    for written in (*TRIED_FIRST, *OWN_NAMES):
        assert password.problem(written, names=NAMES), written


def test_id_06_nothing_is_demanded_of_its_composition() -> None:
    for written in FINE:
        assert password.problem(written, names=NAMES) is None, written


@pytest.mark.parametrize(("length", "last"), [(64, "x"), (72, " "), (73, "é"), (1024, "🦀")])
def test_id_05_every_character_counts_to_the_last(length: int, last: str) -> None:
    long = ("Seven wet owls; " * 80)[: length - 1] + last
    kept = password.hash_password(long)
    assert password.is_right(kept, long)
    for other in (long[:-1], long[:-1] + "y", long[1:], long.swapcase(), long + "z"):
        if length < 1024 or len(other) <= 1024:
            assert not password.is_right(kept, other)


def test_id_05_what_looks_the_same_is_the_same() -> None:
    kept = password.hash_password("caf\u00e9 au lait \u2126 \ufb01n")
    assert password.is_right(kept, "cafe\u0301 au lait \u03a9 fin")
    assert not password.is_right(kept, "cafe au lait \u03a9 fin")


def test_id_07_a_hash_says_how_it_was_made_and_no_two_are_alike() -> None:
    made = {password.hash_password("the same for all of them") for _ in range(3)}
    assert len(made) == 3
    for one in made:
        assert one.startswith("$argon2id$v=19$m=")
        memory = int(one.split("m=")[1].split(",")[0])
        assert memory >= 19 * 1024


def test_id_08_a_password_is_not_changed_over_the_network(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    """An operator sets it; there is no form that could be guessed at."""
    at_account(signed_in)
    own = {"Cookie": signed_in.jar.header(relying_party.issuer, method="GET", same_site=True)}
    for path in ("/account/password", "/account/change-password", "/.well-known/change-password"):
        for method in ("GET", "POST"):
            answer = wire.send(relying_party.app, method, relying_party.issuer + path, headers=own)
            assert answer.status == 404
    assert "password" not in " ".join(form.action for form in signed_in.page.forms)


@pytest.mark.both_databases
def test_id_09_stuffing_from_one_address_stops_after_a_few(
    relying_party: RelyingParty, provider: Provider, clock: SettableClock
) -> None:
    browser = Browser(relying_party.app, relying_party.issuer, address="192.0.2.77")
    browser.visit(f"{relying_party.issuer}/account/login")
    statuses = []
    for number in range(40):
        browser.sign_in(f"victim{number}", f"leaked {number}")
        statuses.append(browser.status)
    assert statuses.count(400) <= 25
    assert statuses[-1] == 429
    assert {one.address for one in events(provider, "sign_in_throttled")} == {"192.0.2.77"}
    other = Browser(relying_party.app, relying_party.issuer, address="192.0.2.78")
    other.visit(f"{relying_party.issuer}/account/login").sign_in("bystander", PASSWORD)
    assert other.at == "account"


def test_id_10_who_must_wait_must_wait_at_every_door(
    relying_party: RelyingParty, account: Account, user_agent: Browser
) -> None:
    browser = user_agent
    browser.visit(f"{relying_party.issuer}/account/login")
    for number in range(7):
        browser.sign_in("tester", f"guess {number}")
    assert browser.status == 429
    at_login(browser, relying_party)
    browser.sign_in("tester", PASSWORD)
    assert browser.status == 429
    sent = {"grant_type": "password", "username": "tester", "password": PASSWORD}
    assert relying_party.post("token", sent).json["error"] == "unsupported_grant_type"


@pytest.mark.spec("ID-05")
@pytest.mark.parametrize(
    "typed", ["\u1112\u1161\u11ab" * 400, "e\u0301" * 600 + "abcdef", "\ufb03" * 20 + "xyz123"]
)
def test_a_password_that_is_set_is_right_however_its_letters_are_composed(typed: str) -> None:
    assert password.problem(typed) is None or len(set(typed)) < 8
    hashed = password.hash_password(typed)
    assert password.is_right(hashed, typed)
    assert password.is_right(hashed, unicodedata.normalize("NFKC", typed))
    assert not password.is_right(hashed, typed[:-1])


@pytest.mark.spec("ID-05")
def test_what_is_too_long_to_be_set_is_never_right() -> None:
    longest = "0123456789abcdef" * (password.MAX_LENGTH // 16)
    hashed = password.hash_password(longest)
    assert password.is_right(hashed, longest)
    assert not password.is_right(hashed, longest + "x")
    assert password.problem(longest + "x") is not None
