"""What an API pays to verify an access token with `provider.resource_server` while keys and status
list are at hand, against what nobody can do without: the signature and the JSON (bare), and those
two with the base64url of the token (decoded). They take turns in short batches, and the lowest
batch of each counts, so that other work on the machine disturbs none more than another."""

import json
import threading
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from benchmarks.report import aligned
from provider.resource_server import Verifier

ALGORITHMS = ("RS256", "ES256")
_AUDIENCE = "https://api.example"
_COLUMNS = ("algorithm", "bare µs", "decoded µs", "verified µs", "/ bare", "/ decoded", "again µs")
_BATCH, _BATCHES = 100, 200


def verification() -> str:
    """Return a table of microseconds of CPU. `again` is a token that was seen before."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for alg in ALGORITHMS:
        key = _key(alg)
        with _issuer(key) as name:
            token = _signed(key, alg, "at+jwt", _claims(name))
            with (
                Verifier(name, _AUDIENCE, cache_size=0) as first,
                Verifier(name, _AUDIENCE) as again,
            ):
                for verifier in (first, again):
                    verifier.start()
                    verifier.verify(token)
                bare, decoded, verified, seen = _lowest(
                    _bare(key, token),
                    _with_base64(key, token),
                    partial(first.verify, token),
                    partial(again.verify, token),
                )
        ratios = f"{verified / bare:.2f}", f"{verified / decoded:.2f}"
        times = f"{bare:.1f}", f"{decoded:.1f}", f"{verified:.1f}"
        rows.append((alg, *times, *ratios, f"{seen:.1f}"))
    return aligned(rows)


def _lowest(*works: Callable[[], object]) -> list[float]:
    """Return the microseconds of CPU that one call of each takes at best."""
    best = [float("inf")] * len(works)
    for _ in range(_BATCHES):
        for number, work in enumerate(works):
            before = time.thread_time_ns()
            for _ in range(_BATCH):
                work()
            spent = (time.thread_time_ns() - before) / 1000 / _BATCH
            best[number] = min(best[number], spent)
    return best


def _bare(key: Key, token: str) -> Callable[[], object]:
    """The signature and the JSON alone, with everything decoded beforehand."""
    signed, _, encoded = token.encode().rpartition(b".")
    check, payload = _check(key), _decoded(signed.split(b".")[1])
    signature = _decoded(encoded)
    return lambda: (check(signature, signed), json.loads(payload))


def _with_base64(key: Key, token: str) -> Callable[[], object]:
    """The same from the token as it is presented."""
    check = _check(key)

    def work() -> object:
        signed, _, encoded = token.encode().rpartition(b".")
        check(_decoded(encoded), signed)
        return json.loads(_decoded(signed.split(b".")[1]))

    return work


def _check(key: Key) -> Callable[[bytes, bytes], None]:
    native = key.public_key
    digest = SHA256()
    if isinstance(native, rsa.RSAPublicKey):
        padded = padding.PKCS1v15()
        return lambda signature, signed: native.verify(signature, signed, padded, digest)
    assert isinstance(native, ec.EllipticCurvePublicKey)
    signing = ec.ECDSA(digest)

    def check(signature: bytes, signed: bytes) -> None:
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        native.verify(encode_dss_signature(r, s), signed, signing)

    return check


def _key(alg: str) -> Key:
    about: Any = {"kid": alg, "alg": alg, "use": "sig"}
    if alg == "RS256":
        return RSAKey.generate_key(2048, about)
    return ECKey.generate_key("P-256", about)


def _claims(issuer: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": issuer,
        "sub": "jkg3gdzf2zwz6gl5xgm5q7wsbe",
        "aud": [_AUDIENCE, issuer],
        "client_id": "p7yrcdx2nkb6d3mhr5ctu3b5vi",
        "iat": now,
        "exp": now + 3600,
        "jti": "Zk3hb0oQxFzWYc3yzq2-2A.tTzv7k7Yb1kQmVfS",
        "scope": "openid profile notes:read notes:write",
        "auth_time": now - 60,
        "acr": "urn:signet:acr:password",
        "amr": ["pwd"],
        "status": {"status_list": {"idx": 412_345, "uri": f"{issuer}/status-lists/1"}},
    }


def _signed(key: Key, alg: str, typ: str, claims: dict[str, Any]) -> str:
    registry = jws.JWSRegistry(algorithms=[alg])
    header = {"alg": alg, "kid": alg, "typ": typ}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, registry=registry)


@contextmanager
def _issuer(key: Key) -> Iterator[str]:
    """An issuer on loopback for the length of the block: discovery, a key, a list of 2^20."""
    documents: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in documents else 404)
            self.end_headers()
            self.wfile.write(documents.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            """Keep quiet: nobody reads the requests of a benchmark."""

    class Server(HTTPServer):
        def server_bind(self) -> None:
            TCPServer.server_bind(self)

    server = Server(("127.0.0.1", 0), Handler)
    name = f"http://127.0.0.1:{server.server_address[1]}"
    uri = f"{name}/status-lists/1"
    packed = urlsafe_b64encode(zlib.compress(bytes(2**18))).rstrip(b"=").decode()
    statuses = {
        "sub": uri,
        "iat": int(time.time()),
        "ttl": 300,
        "status_list": {"bits": 2, "lst": packed},
    }
    documents |= {
        "/.well-known/oauth-authorization-server": json.dumps(
            {
                "issuer": name,
                "jwks_uri": f"{name}/jwks",
                "status_list_aggregation_endpoint": f"{name}/status-lists",
            }
        ).encode(),
        "/jwks": json.dumps({"keys": [key.as_dict(private=False)]}).encode(),
        "/status-lists/1": _signed(key, str(key.get("alg")), "statuslist+jwt", statuses).encode(),
    }
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield name
    finally:
        server.shutdown()
        server.server_close()


def _decoded(encoded: bytes) -> bytes:
    return urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
