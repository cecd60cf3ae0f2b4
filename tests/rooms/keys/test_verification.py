import hmac
import json
import warnings
import zlib
from contextlib import suppress
from itertools import product
from time import thread_time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from provider.keys.purposes import ACCESS_TOKEN, CLIENT_ASSERTION, ID_TOKEN, ID_TOKEN_HINT
from provider.keys.verification import InvalidJwt, VerificationKey, VerificationKeys, verify
from tests.rooms.keys.support import API, ISSUER, NOW, Own, access_claims, b64, compact

NONES = ["".join(letters) for letters in product("nN", "oO", "nN", "eE")]
ODD_KIDS: list[Any] = [
    "../../../../dev/null",
    "' OR 1=1 --",
    "",
    "k" * 10_240,
    ["a"],
    {"a": 1},
    7,
    True,
    "\x00",
]


def test_a_good_token_verifies(rsa_key: Own, ec_key: Own) -> None:
    for own in (rsa_key, ec_key):
        verified = own.check(own.token())
        assert verified.claims == access_claims()
        assert verified.header == own.header()


def test_a_type_with_its_prefix_is_the_same_type(ec_key: Own) -> None:
    ec_key.check(ec_key.token(ec_key.header(typ="application/at+jwt")))


@pytest.mark.parametrize("purpose", [ACCESS_TOKEN, ID_TOKEN_HINT, CLIENT_ASSERTION])
@pytest.mark.parametrize(
    "alg", [*NONES, "", " none", "none ", "none\x00", None, 0, ["none"], {}], ids=repr
)
def test_none_is_refused_in_every_spelling(ec_key: Own, purpose: Any, alg: Any) -> None:
    header = ec_key.header(alg=alg, typ=purpose.accepts[0])
    empty = compact(header, access_claims(), lambda _: b"")
    for token in (empty, empty + "eA", empty.removesuffix("."), empty + "."):
        with pytest.raises(InvalidJwt):
            ec_key.check(token, purpose)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_keyed_with_what_we_publish_is_refused(rsa_key: Own, ec_key: Own, alg: str) -> None:
    for own in (rsa_key, ec_key):
        public = own.private.public_key()
        jwk = own.key.jwk
        secrets = [
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            json.dumps(jwk).encode(),
            jwk.get("n", jwk.get("x", "")).encode(),
            b"",
        ]
        for secret in secrets:
            token = compact(
                own.header(alg=alg),
                access_claims(),
                lambda message, s=secret: hmac.digest(s, message, "sha" + alg[2:]),  # type: ignore[misc]
            )
            with pytest.raises(InvalidJwt):
                own.check(token)


def test_a_key_inside_the_token_is_never_used(ec_key: Own) -> None:
    stranger = Own.make("ES256")
    for kid in (ec_key.key.kid, stranger.key.kid):
        for brought in (
            {"jwk": stranger.key.jwk},
            {"jku": "http://127.0.0.1:9/jwks"},
            {"x5u": "http://127.0.0.1:9/cert"},
            {"x5c": ["MIIB"]},
        ):
            with pytest.raises(InvalidJwt):
                ec_key.check(stranger.token(ec_key.header(kid=kid, **brought)))


def test_members_that_point_to_keys_are_ignored_under_our_own_signature(ec_key: Own) -> None:
    ec_key.check(ec_key.token(ec_key.header(jku=7, jwk=[], x5c="no", extra={"a": 1})))


@pytest.mark.parametrize("alg", ["PS256", "RS512", "RS384", "PS512", "ES256"])
def test_a_key_serves_one_algorithm_only(rsa_key: Own, alg: str) -> None:
    with pytest.raises(InvalidJwt):
        rsa_key.check(rsa_key.token(rsa_key.header(alg=alg), alg=alg))


def test_an_algorithm_outside_the_one_asked_for_is_refused(rsa_key: Own) -> None:
    rsa_key.check(rsa_key.token(), alg="RS256")
    with pytest.raises(InvalidJwt, match="algorithm"):
        rsa_key.check(rsa_key.token(), alg="ES256")


@pytest.mark.parametrize("kid", ODD_KIDS, ids=range(len(ODD_KIDS)))
def test_an_odd_kid_is_refused(ec_key: Own, kid: Any) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(kid=kid)))


def test_our_own_tokens_always_name_their_key(ec_key: Own) -> None:
    with pytest.raises(InvalidJwt, match="kid"):
        ec_key.check(ec_key.token(ec_key.header(kid=None)))


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["exp"], "exp": NOW},
        {"crit": ["kid"]},
        {"crit": []},
        {"crit": "exp"},
        {"crit": 5},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": "false"},
    ],
)
def test_critical_extensions_are_refused(ec_key: Own, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(**members)))


def test_an_unencoded_payload_is_refused(ec_key: Own) -> None:
    header = b64(json.dumps(ec_key.header(crit=["b64"], b64=False)).encode())
    with pytest.raises(InvalidJwt):
        ec_key.check(f"{header}.{json.dumps(access_claims()).replace('.', '')}.AAAA")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31 - 1, "p2s": "AAAA"},
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
    ],
)
def test_encrypted_input_is_refused_at_once(ec_key: Own, header: dict[str, Any]) -> None:
    bomb = zlib.compress(b"0" * 10_000_000, 9)
    head = b64(json.dumps(header).encode())
    begin = thread_time()
    with pytest.raises(InvalidJwt):
        ec_key.check(f"{head}.{b64(b'k' * 40)}.{b64(b'i' * 12)}.{b64(bomb)}.{b64(b't' * 16)}")
    with pytest.raises(InvalidJwt):
        ec_key.check(compact(ec_key.header(**{**header, "alg": header["alg"]}), bomb, bytes))
    assert thread_time() - begin < 0.1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_huge_segments_are_refused_under_100_ms(ec_key: Own, place: int) -> None:
    segments = ec_key.token().split(".")
    segments[place] = "A" * 1_000_000
    begin = thread_time()
    with pytest.raises(InvalidJwt):
        ec_key.check(".".join(segments))
    assert thread_time() - begin < 0.1


def test_the_limits_are_4096_and_65536(ec_key: Own) -> None:
    ec_key.check(ec_key.token(ec_key.header(pad="p" * 2800)))
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(pad="p" * 3200)))
    ec_key.check(ec_key.token(claims=access_claims(pad="p" * 48_000)))
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(claims=access_claims(pad="p" * 49_200)))


@pytest.mark.parametrize("depth", [900, 1500, 20_000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused(ec_key: Own, depth: int, pair: tuple[bytes, bytes]) -> None:
    opening, closing = pair
    for nested in (opening * depth, opening * depth + b"1" + closing * depth):
        with pytest.raises(InvalidJwt):
            ec_key.check(ec_key.token(claims=nested))
        with pytest.raises(InvalidJwt):
            ec_key.check(ec_key.token(header=nested))
        inside = b'{"alg":"ES256","typ":"at+jwt","kid":' + nested + b"}"
        with pytest.raises(InvalidJwt):
            ec_key.check(ec_key.token(header=inside))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "é.b.c",
        "a.b.\ud800",
        "..a",
        "a..a",
        "=.=.=",
    ],
)
def test_what_is_no_token_is_refused(ec_key: Own, token: str) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(token)


@pytest.mark.parametrize("header", ['["alg"]', '"alg"', "5", "null", "{}", "{", "\ufeff{}"])
def test_a_header_that_is_no_object_is_refused(ec_key: Own, header: str) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(header=header.encode()))


@pytest.mark.parametrize("payload", [b"[]", b'"a"', b"5", b"null", b"{", b"\xff", b"{}"])
def test_a_payload_that_is_no_set_of_claims_is_refused(ec_key: Own, payload: bytes) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(claims=payload))


def test_any_altered_character_is_noticed(ec_key: Own) -> None:
    header, payload, signature = ec_key.token().split(".")
    for wrong in (
        f"{header}.{payload}.{signature[:-2]}AA",
        f"{header}.{payload[:-2]}AA.{signature}",
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}.{b64(bytes(64))}",
        f"{header}.{payload}.{signature}AA",
        f"{header}.{payload}. {signature}",
        f"{header}.{payload}.{signature}\n",
    ):
        with pytest.raises(InvalidJwt):
            ec_key.check(wrong)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"nbf": NOW + 61},
        {"iat": NOW + 61},
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"aud": "https://other.example"},
        {"aud": ["https://other.example"]},
        {"aud": []},
        {"aud": [API, 5]},
        {"aud": {"a": API}},
        {"aud": 5},
        {"sub": 5},
        {"sub": ""},
        {"jti": ["a"]},
        {"client_id": {}},
        {"exp": "1900000000"},
        {"exp": True},
        {"exp": [NOW + 600]},
        {"iat": "now"},
        {"nbf": {}},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(ec_key: Own, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(claims=access_claims(**changes)))


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 5000])
def test_a_time_is_a_finite_number(ec_key: Own, number: bytes) -> None:
    claims = json.dumps(access_claims(exp="X")).encode().replace(b'"X"', number)
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(claims=claims))


@pytest.mark.parametrize("name", ACCESS_TOKEN.required)
def test_a_required_claim_may_not_be_missing(ec_key: Own, name: str) -> None:
    with pytest.raises(InvalidJwt, match="missing"):
        ec_key.check(
            ec_key.token(claims=access_claims(**{name: None})), issuer=None, audience=None
        )


def test_a_fraction_of_a_second_is_a_time(ec_key: Own) -> None:
    claims = access_claims(exp=NOW + 0.5, iat=NOW - 0.5, nbf=NOW + 60)
    ec_key.check(ec_key.token(claims=claims))


def test_one_of_several_audiences_is_enough(ec_key: Own) -> None:
    token = ec_key.token(claims=access_claims(aud=["https://other.example", API]))
    ec_key.check(token)
    ec_key.check(token, audience=["https://third.example", API])
    with pytest.raises(InvalidJwt, match="audience"):
        ec_key.check(token, audience=[])


@pytest.mark.parametrize(
    "typ", ["JWT", "jwt", "AT+JWT", "at+jwt ", "", "logout+jwt", None, 5, ["at+jwt"]], ids=repr
)
def test_another_type_is_no_access_token(ec_key: Own, typ: Any) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(typ=typ)))


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", ""])
def test_another_type_is_no_hint(ec_key: Own, typ: str) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(typ=typ)), ID_TOKEN_HINT)


def test_a_null_type_is_not_an_absent_one(ec_key: Own) -> None:
    header = b'{"alg":"ES256","typ":null,"kid":"%s"}' % ec_key.key.kid.encode()
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(header), ID_TOKEN_HINT)


def test_nothing_verifies_as_an_id_token_to_be_issued(ec_key: Own) -> None:
    with pytest.raises(InvalidJwt):
        ec_key.check(ec_key.token(ec_key.header(typ="JWT")), ID_TOKEN)


def test_an_expired_id_token_is_still_a_hint(ec_key: Own) -> None:
    for typ in ("JWT", None):
        token = ec_key.token(
            ec_key.header(typ=typ), access_claims(exp=NOW - 86400, iat=NOW - 90000)
        )
        ec_key.check(token, ID_TOKEN_HINT)


def test_an_assertion_of_a_client_is_bounded_in_time() -> None:
    client = Own.make("RS256")

    def claims(**changes: Any) -> dict[str, Any]:
        return access_claims(aud=ISSUER, iss="app", sub="app", exp=NOW + 60) | changes

    def check(claims: dict[str, Any], **header: Any) -> object:
        token = client.token(client.header(typ=None, **header), claims)
        return client.check(token, CLIENT_ASSERTION, issuer="app", audience=ISSUER)

    assert check(claims())
    assert check(claims(exp=NOW + 3660))
    assert check(claims(exp=NOW - 59))
    assert check(claims(iat=NOW + 60, nbf=NOW + 60))
    assert check(claims(aud=[ISSUER]))
    refused: list[dict[str, Any]] = [
        {"exp": NOW + 3661},
        {"exp": NOW - 60},
        {"iat": NOW + 61},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": [ISSUER, ISSUER]},
        {"aud": ISSUER + "/token"},
        {"iss": "other"},
        {"jti": ""},
    ]
    for changes in refused:
        with pytest.raises(InvalidJwt):
            check(claims(**changes))
    for name in ("exp", "jti", "sub", "aud", "iss"):
        with pytest.raises(InvalidJwt):
            check({key: value for key, value in claims().items() if key != name})


@pytest.mark.parametrize("typ", [None, "JWT", "client-authentication+jwt"])
def test_types_of_an_assertion(typ: str | None) -> None:
    client = Own.make("ES256")
    claims = access_claims(aud=ISSUER, exp=NOW + 60)
    token = client.token(client.header(typ=typ), claims)
    client.check(token, CLIENT_ASSERTION, audience=ISSUER)
    with pytest.raises(InvalidJwt):
        client.check(client.token(client.header(), claims), CLIENT_ASSERTION, audience=ISSUER)


def test_without_a_kid_the_only_fitting_key_of_a_client_is_meant(
    rsa_key: Own, ec_key: Own
) -> None:
    claims = access_claims(aud=ISSUER, exp=NOW + 60)
    token = ec_key.token(ec_key.header(kid=None, typ=None), claims)

    def check(*keys: VerificationKey) -> object:
        return verify(token, CLIENT_ASSERTION, VerificationKeys(keys), now=NOW, audience=ISSUER)

    mine, other = ec_key.key.verification_key, Own.make("ES256").key.verification_key
    assert check(mine, rsa_key.key.verification_key)
    for keys in ((), (other,), (mine, other), (rsa_key.key.verification_key,)):
        with pytest.raises(InvalidJwt):
            check(*keys)


def test_eddsa_warns_nobody() -> None:
    own = Own.make("EdDSA")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own.check(own.token())


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_arbitrary_segments_end_in_one_error(header: bytes, payload: bytes, tail: bytes) -> None:
    keys = VerificationKeys([FUZZED.key.verification_key])
    for token in (
        f"{b64(header)}.{b64(payload)}.{b64(tail)}",
        FUZZED.token(claims=payload),
        FUZZED.token(header=header),
        header.decode("latin-1") + "." + payload.decode("latin-1") + ".a",
    ):
        with pytest.raises(InvalidJwt):
            verify(token, ACCESS_TOKEN, keys, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5c"]), JSON)
def test_arbitrary_header_members_end_in_one_error(name: str, value: Any) -> None:
    header = {**FUZZED.header(), name: value}
    try:
        FUZZED.check(FUZZED.token(header))
    except InvalidJwt:
        return
    assert name in ("jwk", "jku", "x5c")


@given(st.sampled_from([*ACCESS_TOKEN.required, "nbf", "auth_time", "scope"]), JSON)
def test_arbitrary_claims_end_in_one_error(name: str, value: Any) -> None:
    with suppress(InvalidJwt):
        FUZZED.check(FUZZED.token(claims={**access_claims(), name: value}))


FUZZED = Own.make("ES256")
