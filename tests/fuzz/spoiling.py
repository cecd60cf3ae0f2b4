"""How a proper request is spoilt: strategies of Hypothesis that leave out, double, swap, replace
and damage its parts. Each takes a case and returns one, so that any number of them can follow each
other, and so that a request that was worth keeping can be spoilt further."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.cases import FORM, JSON, Case, Fields, Live, Times, Value, words
from tests.fuzz.flows import LIVE
from tests.fuzz.grammar import METADATA, PROPER, SIGNING
from tests.support.forgeries import FORGERIES

MARKUP = "\"'><svg onload=alert(1)>{{7*7}}"
"""Text that must never stand in a page as it is."""

NAMES = words(
    "grant_type response_type response_mode client_id client_secret redirect_uri scope state nonce"
    " code code_verifier code_challenge code_challenge_method refresh_token token token_type_hint"
    " resource audience prompt max_age id_token_hint login_hint ui_locales claims_locales display"
    " request request_uri handle client_assertion client_assertion_type access_token claims"
    " post_logout_redirect_uri acr_values registration csrf_token action username password next"
    " session_id time id_token logout_hint dpop_jkt authorization_details actor_token"
)
WORDS = words(
    "authorization_code refresh_token client_credentials password implicit device_code code token"
    " id_token none login consent select_account S256 plain query fragment form_post jwt openid"
    " offline_access RS256 HS256 https://rp.example/cb https://rp.example.evil.example/cb"
    " https://rp.example/cb/../x https://rp.example@evil.example/cb //evil.example/"
    " \\\\evil.example"
    " javascript:alert(1) data:text/html,x /account https://evil.example/cb http://127.0.0.1:9/"
    " https://rp.example/cb?x=1#y 0 -1 1e9 99999999999999999999 true null [] {} * ../../etc/passwd"
    " ' -- %00 %252e allow deny cancel urn:ietf:params:oauth:grant-type:token-exchange"
)
ODD = (
    MARKUP, "", " ", "\0", "a\0b", "\udcff\udcfe", "\udced\udca0\udc80", "é", "\u202e", "İ", "ﬀ",
    "\r\nX: y", "' OR 1=1 --", "${7*7}", "{" * 300, "[" * 4000, "9" * 400, "a.b.c", "..",
    "😀" * 50,    "%", "\ud7ff\ue000", "{\"a\":" * 200, "null", "\"", "\\", "\x7f", "\x1b[31m",
)  # fmt: skip
names = st.sampled_from(NAMES) | st.sampled_from(ODD) | st.text(max_size=8)
integers = st.integers(-(2**70), 2**70)
anything = st.recursive(
    st.none() | st.booleans() | integers | st.text(max_size=12) | st.sampled_from((*WORDS, *ODD)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
members = st.dictionaries(
    st.sampled_from(words("iss sub aud exp nbf iat jti typ alg kid crit b64 jwk cty scope cnf"))
    | names,
    anything,
    min_size=1,
    max_size=3,
)
damages: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.just(("", None)),
    st.tuples(st.sampled_from(["cut", "changed"]), st.integers(0, 3000)),
    st.just(("twice", None)),
    st.tuples(st.just("forged"), st.sampled_from([n for n in FORGERIES if "1 MB" not in n])),
    st.tuples(st.sampled_from(["head", "claims"]), members),
    st.tuples(st.just("payload"), anything),
)
live: st.SearchStrategy[Value] = st.builds(
    lambda name, damage, before: Live(name, before, *damage),
    st.sampled_from(LIVE),
    damages,
    st.sampled_from(["", "", "", "Bearer ", "Basic ", "DPoP ", "bearer  ", "x"]),
)
huge: st.SearchStrategy[Value] = st.builds(
    Times, st.sampled_from([300, 5000, 70_000, 300_000]), st.sampled_from(["a", "é", "%", "a "])
)
values: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(ODD), live, huge, st.text(max_size=30),
    integers.map(str), anything.map(str),
    st.sampled_from(NAMES).map(lambda name: f"{name}={MARKUP}"),
)  # fmt: skip
HEADERS = words(
    "Authorization Host X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto Forwarded Cookie Accept"
    " Accept-Language Origin Referer Sec-Fetch-Site If-None-Match If-Modified-Since Range"
    " Content-Length Content-Encoding Transfer-Encoding X-HTTP-Method-Override X-Request-Id DPoP"
    " Client-Cert Access-Control-Request-Method Access-Control-Request-Headers User-Agent TE"
    " X-Original-URL X-Rewrite-URL Upgrade Expect Content-Type traceparent"
)
HEADER_WORDS = (
    "Basic", "Basic ", "Basic AA==", "Basic Og==", "Basic \xff", "Bearer", "Bearer ", "Bearer a b",
    "Negotiate x", "evil.example", "op.example:99999", "op.example, evil.example", "[::1", "",
    "for=203.0.113.9;host=evil.example", "127.0.0.1", "https", "null", "cross-site", "same-origin",
    "-1", "1e3", "gzip", "chunked", "bytes=0-1", "text/html", "application/jwt", "*/*;q=0",
    "application/json;q=nan", "ko-KR;q=9,*;q=x", "*", '"', 'W/"x"', "__Host-signet_session=",
    "__Host-signet_session=x; __Host-signet_session=y", "__Host-signet_browser=\xff;;=;a",
    "https://evil.example", "https://rp.example", "DELETE", "multipart/form-data; boundary=",
    "text/plain; charset=utf-16", FORM + "; charset=utf-7", JSON + "; charset=x", "text/xml",
)  # fmt: skip
header_fields = st.tuples(
    st.sampled_from(HEADERS), st.one_of(st.sampled_from(HEADER_WORDS), live, values)
)
METHODS = words("GET POST PUT DELETE HEAD OPTIONS PATCH TRACE CONNECT get FOO")
BEHIND = (
    "/", "//", "/..", "/../token", "%2f", "/%00", ";x=1", "%ff", "%", "é", "/\\", "?", "%0d%0aX:y",
    "/.", ".json", "/1/2", "%2e%2e%2f", "%E0%80%AF", "?x=%zz", "\t",
)  # fmt: skip
TAILS = ("%zz", "&&=&", "%", "&=x", ";a=b", "&a", "%00", "%ff%fe", "&x" * 60, "+%2", "\udcff", "#")


def _of_fields(draw: Any, fields: Fields) -> Fields:
    """Spoil parameters in one way."""
    kind = draw(st.sampled_from(words("drop double rename replace replace add swap damage")))
    pairs = list(fields)
    if kind == "add" or not pairs:
        return (*fields, (draw(names), draw(values)))
    at = draw(st.integers(0, len(pairs) - 1))
    name, value = pairs[at]
    if kind == "drop":
        del pairs[at]
    elif kind == "double":
        pairs.insert(at, (name, draw(st.just(value) | values)))
    elif kind == "rename":
        pairs[at] = (draw(names), value)
    elif kind == "swap":
        other = draw(st.integers(0, len(pairs) - 1))
        pairs[at], pairs[other] = (name, pairs[other][1]), (pairs[other][0], value)
    elif kind == "damage" and isinstance(value, Live):
        pairs[at] = (name, Live(value.live, value.before, *draw(damages)))
    else:
        pairs[at] = (name, draw(values))
    return tuple(pairs)


def _parameters(draw: Any, case: Case) -> Case:
    if case.form is not None and (not case.query or draw(st.booleans())):
        return case.changed(form=_of_fields(draw, case.form))
    return case.changed(query=_of_fields(draw, case.query))


def _elsewhere(draw: Any, case: Case) -> Case:
    """Move the parameters between body and query."""
    if case.form is None:
        return case.changed(method="POST", form=case.query, query=())
    return case.changed(query=case.form, form=draw(st.none() | st.just(())))


def _headers(draw: Any, case: Case) -> Case:
    if case.headers and draw(st.booleans()):
        return case.changed(headers=_of_headers(draw, case.headers))
    return case.changed(headers=(*case.headers, draw(header_fields)))


def _of_headers(draw: Any, headers: Fields) -> Fields:
    at = draw(st.integers(0, len(headers) - 1))
    name, value = headers[at]
    rest = headers[:at] + headers[at + 1 :]
    if draw(st.booleans()):
        return rest
    if isinstance(value, Live):
        return (*rest, (name, Live(value.live, value.before, *draw(damages))))
    return (*rest, (name, draw(st.sampled_from(HEADER_WORDS) | values)))


def _body(draw: Any, case: Case) -> Case:
    raw = draw(st.one_of(values, anything.map(repr), st.sampled_from(["{}", "[]", "\ufeff{}"])))
    return case.changed(form=None, document=None, raw=raw, method=draw(st.sampled_from(METHODS)))


def _document(draw: Any, case: Case) -> Case:
    """Spoil a JSON document, or send one where none is expected."""
    document = case.document
    if not isinstance(document, dict) or draw(st.integers(0, 9)) == 0:
        return case.changed(form=None, document=draw(anything | st.just(METADATA)))
    changed = dict(document)
    known = st.sampled_from([*METADATA, *SIGNING])
    name = draw(st.sampled_from(sorted(changed)) | known | names if changed else names)
    if name in changed and draw(st.integers(0, 3)) == 0:
        del changed[name]
    else:
        single = st.one_of(anything, values, st.lists(values, max_size=3))
        changed[name] = draw(single)
    return case.changed(document=changed)


def _path(draw: Any, case: Case) -> Case:
    path = case.path or (case.route,)
    if draw(st.booleans()):
        return case.changed(path=(*path, draw(st.sampled_from(BEHIND) | st.text(max_size=5))))
    if len(path) == 1 and isinstance(path[0], Live):
        return case.changed(path=(Live(path[0].live, "", *draw(damages)),))
    return case.changed(path=(*path[:-1], draw(st.sampled_from(WORDS) | st.just(path[-1]))))


SPOIL: tuple[Callable[[Any, Case], Case], ...] = (
    _parameters, _parameters, _parameters, _headers, _document, _body, _path, _elsewhere,
    lambda draw, case: case.changed(method=draw(st.sampled_from(METHODS))),
    lambda draw, case: case.changed(tail=draw(st.sampled_from(TAILS))),
    lambda draw, case: case.changed(wait=draw(st.sampled_from([1, 31, 61, 601, 90_000]))),
)  # fmt: skip


@st.composite
def spoilt(draw: Any, kept: tuple[Case, ...]) -> Case:
    """Draw a proper request, or one that was kept, and spoil it up to four times."""
    case: Case = draw(st.sampled_from(PROPER) | st.sampled_from(kept or PROPER))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 2, 3, 4]))):
        kinds = SPOIL if case.document is None else (_document, _document, *SPOIL)
        case = draw(st.sampled_from(kinds))(draw, case)
    address = f"198.51.{draw(st.integers(0, 99))}.{draw(st.integers(0, 254))}"
    return case.changed(address=address)
