"""Compact JWS (RFC 7515 §5.2) by the row of `purposes`: bounded, strictly decoded, verified before
a single claim is read.

Choice: a header is parsed once and then recognized by its bytes, because an issuer writes the
same few headers into millions of tokens; only a header whose token verified is remembered.
"""

from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature

from provider.resource_server.base64url import decode
from provider.resource_server.public_keys import PublicKey
from provider.resource_server.purposes import Purpose, one_name
from provider.resource_server.refusal import Invalid, shown
from provider.resource_server.strict_json import Object, parse_object, parse_vouched

_REMEMBERED = 64


class Header(NamedTuple):
    """What of a header counts: the algorithm, and for the issuer's keys which one."""

    alg: str
    kid: str
    members: Object


KeyFinder = Callable[[Header], PublicKey]
"""Finds the key of a header."""


class JwsReader:
    """Reads the JWTs of one purpose, signed with `algorithms` of those the purpose has."""

    def __init__(self, purpose: Purpose, algorithms: tuple[str, ...] | None = None) -> None:
        self._purpose = purpose
        allowed = purpose.algorithms if algorithms is None else algorithms
        self._algorithms = frozenset(one_name(alg) for alg in allowed)
        if not self._algorithms or not self._algorithms <= set(purpose.algorithms):
            raise ValueError(f"algorithms: {' '.join(allowed)!r} is not among those accepted")
        self._longest, self._required = purpose.longest, purpose.required
        self._remembers = purpose.keys == "issuer"
        self._parse = parse_vouched if self._remembers else parse_object
        self._headers: dict[bytes, Header] = {}

    def claims(self, token: str, find: KeyFinder) -> Object:
        """Return the claims of `token` once the key that `find` finds has verified it.

        Raises Invalid; whatever `find` raises passes through.
        """
        if len(token) > self._longest:
            raise Invalid(f"{self._purpose.name}: {len(token)} characters, too many")
        try:
            encoded = token.encode("ascii")
            end = encoded.rfind(b".")
            signed = encoded[:end]
            begin = signed.rfind(b".")
            head = signed[:begin]
            known = header = self._headers.get(head)
            if header is None:
                header = self._header(head, end, begin)
            key = find(header)
            if key.alg != header.alg:
                raise Invalid(f"alg: the key is for {key.alg}, found {header.alg}")
            key.check(decode(encoded[end + 1 :]), signed)
            if known is None and self._remembers:
                self._remember(head, header)
            claims = self._parse(decode(signed[begin + 1 :]))
        except InvalidSignature:
            raise Invalid(f"{self._purpose.name}: the signature does not verify") from None
        except ValueError as error:
            raise Invalid(f"{self._purpose.name}: malformed, {shown(str(error))}") from None
        if self._required <= claims.keys():
            return claims
        missing = " ".join(sorted(self._required - claims.keys()))
        raise Invalid(f"{missing}: required in the {self._purpose.name}, found none")

    def _header(self, head: bytes, end: int, begin: int) -> Header:
        if end < 0 or begin < 0 or b"." in head:
            raise Invalid(f"{self._purpose.name}: expected three segments of a signed JWT")
        members = parse_object(decode(head))
        typ, alg, kid = members.get("typ"), members.get("alg"), members.get("kid")
        if not isinstance(typ, str) or typ.lower() not in self._purpose.types:
            raise Invalid(f"typ: expected {self._purpose.types[0]!r}, found {shown(typ)}")
        if not isinstance(alg, str) or one_name(alg) not in self._algorithms:
            expected = " ".join(sorted(self._algorithms))
            raise Invalid(f"alg: expected one of {expected!r}, found {shown(alg)}")
        for name in ("crit", "b64"):
            if name in members:
                raise Invalid(
                    f"{name}: no extension of the header is understood (RFC 7515 §4.1.11)"
                )
        if self._purpose.keys == "issuer" and (not isinstance(kid, str) or not kid):
            raise Invalid(f"kid: expected the name of a key, found {shown(kid)}")
        return Header(one_name(alg), kid if isinstance(kid, str) else "", members)

    def _remember(self, head: bytes, header: Header) -> None:
        if len(self._headers) >= _REMEMBERED:
            self._headers.clear()
        self._headers[head] = header
