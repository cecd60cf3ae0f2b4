"""Request and response as protocol endpoints see them, without a web framework.
Parameters are read strictly: UTF-8 only, no NUL, none twice unless a specification
lets it repeat, a body only as `application/x-www-form-urlencoded` (RFC 6749 §3.1, §3.2).
Built by `front` from WSGI."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

import orjson

from provider.errors import InvalidRequest

FORM = "application/x-www-form-urlencoded"
MAX_BODY = 64 * 1024
MAX_QUERY = 16 * 1024
"""Enough for a request object that is signed and encrypted."""
MAX_FIELDS = 100
REPEATABLE = frozenset({"resource"})
"""RFC 8707 §2 lets `resource` repeat; nothing else does."""

_WEIGHT = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class Parameters:
    """Decoded parameters of one request. An empty value counts as absent (RFC 6749 §3.1)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value:
                self._values.setdefault(name, []).append(value)
            else:
                self._values.setdefault(name, [])

    def get(self, name: str) -> str | None:
        """Return the value of `name`, or None."""
        values = self._values.get(name)
        return values[0] if values else None

    def getlist(self, name: str) -> list[str]:
        """Return all values of `name`."""
        return list(self._values.get(name, ()))

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name))

    def __bool__(self) -> bool:
        return bool(self._values)

    def as_dict(self) -> dict[str, str]:
        """Return the single values by name."""
        return {name: values[0] for name, values in self._values.items() if values}

    def as_lists(self) -> dict[str, list[str]]:
        """Return all values by name."""
        return {name: list(values) for name, values in self._values.items() if values}

    @classmethod
    def from_lists(cls, values: Mapping[str, list[str]]) -> "Parameters":
        """Build from what `as_lists` returned."""
        return cls((name, value) for name, many in values.items() for value in many)

    @classmethod
    def decode(cls, encoded: bytes) -> "Parameters":
        """Decode form-encoded bytes. Raises InvalidRequest."""
        if not encoded:
            return cls(())
        if encoded.count(b"&") >= MAX_FIELDS:
            raise InvalidRequest("There are too many parameters.")
        try:
            pairs = [_pair(part) for part in encoded.decode("ascii").split("&") if part]
        except UnicodeDecodeError as error:
            raise InvalidRequest("The parameters are not valid UTF-8.") from error
        seen, repeated = set(), set()
        for name, value in pairs:
            if "\x00" in value or "\x00" in name:
                raise InvalidRequest("A parameter contains a NUL character.")
            if name in seen and name not in REPEATABLE:
                repeated.add(name)
            seen.add(name)
        if repeated:
            raise RepeatedParameter(
                repeated, cls(pair for pair in pairs if pair[0] not in repeated)
            )
        return cls(pairs)


class RepeatedParameter(InvalidRequest):
    """Parameters stand more than once: their `names`, and the `others`, which do not."""

    def __init__(self, names: Collection[str], others: Parameters) -> None:
        reason = f"repeated: {sorted(names)[0][:40]!r}"
        super().__init__("A parameter is given more than once.", reason=reason)
        self.names = frozenset(names)
        self.others = others


@dataclass(kw_only=True)
class Request:
    """One HTTP request. Header names are lower case; `address` is the peer's, `given_id` the
    number a trusted proxy gave it. What it carries is decoded once, when first asked for."""

    method: str
    path: str
    query_string: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""
    given_id: str = ""

    @cached_property
    def query(self) -> Parameters:
        """The parameters of the query. Raises InvalidRequest."""
        return Parameters.decode(self.query_string)

    @property
    def is_form(self) -> bool:
        """Whether the body is a form; media types are the same in any case (RFC 9110 §8.3.1)."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower() == FORM

    @cached_property
    def form(self) -> Parameters:
        """The parameters of the body. Raises InvalidRequest."""
        if not self.is_form:
            raise InvalidRequest(
                "Send the parameters in the body, as application/x-www-form-urlencoded."
            )
        return Parameters.decode(self.body)

    def prefers(self, media_type: str, other: str) -> bool:
        """Return whether `Accept` names `media_type`, and not below `other` (RFC 9110 §12.5.1).

        A wildcard names nothing.
        """
        named: dict[str, float] = {}
        for entry in self.headers.get("accept", "").lower().split(","):
            name, *parameters = (part.strip() for part in entry.split(";"))
            named[name] = _weight(parameters)
        return 0 < named.get(media_type, 0) >= named.get(other, 0)

    def accepts(self, media_type: str) -> bool:
        """Return whether `Accept` allows `media_type`, also by a wildcard; without the header
        everything is allowed (RFC 9110 §12.5.1). The most exact entry counts."""
        header = self.headers.get("accept", "").strip().lower()
        weights: dict[str, float] = {}
        for entry in header.split(","):
            name, *parameters = (part.strip() for part in entry.split(";"))
            weights[name] = _weight(parameters)
        names = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return not header or next((weights[one] > 0 for one in names if one in weights), False)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies, the first of a name (RFC 6265 §5.4 puts the closest path first). What
        other applications of the host left there does not disturb ours."""
        found: dict[str, str] = {}
        for pair in self.headers.get("cookie", "").split(";"):
            name, _, value = pair.strip(" \t").partition("=")
            found.setdefault(name, value)
        return found


def _pair(part: str) -> tuple[str, str]:
    """Return name and value of one parameter (RFC 6749 appendix B)."""
    name, _, value = part.partition("=")
    return _plain(name), _plain(value)


def _plain(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if found := _WEIGHT.fullmatch(parameter):
            return float(found[1])
    return 1.0


@dataclass(kw_only=True)
class Response:
    """One HTTP response."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def json(
        cls, document: Any, status: int = 200, headers: Iterable[tuple[str, str]] = NO_STORE
    ) -> "Response":
        """Return `document` as JSON, by default never to be stored. Choice: orjson, which takes
        1 µs for a token response where `json` takes 14."""
        return cls(
            status=status,
            headers=[("Content-Type", "application/json"), *headers],
            body=orjson.dumps(document),
        )

    @classmethod
    def jwt(cls, token: str, media_type: str = "application/jwt") -> "Response":
        """Return a signed answer, never to be stored."""
        return cls(headers=[("Content-Type", media_type), *NO_STORE], body=token.encode("ascii"))

    @classmethod
    def cacheable(
        cls,
        request: Request,
        body: bytes,
        etag: str,
        *,
        max_age: int,
        media_type: str = "application/json",
    ) -> "Response":
        """Return what anyone may keep `max_age` seconds, or 304 (RFC 9110 §13.1.2)."""
        headers = [("ETag", etag), ("Cache-Control", f"public, max-age={max_age}")]
        if presented := request.headers.get("if-none-match"):
            known = {tag.strip().removeprefix("W/") for tag in presented.split(",")}
            if known & {etag.removeprefix("W/"), "*"}:
                return cls(status=304, headers=headers)
        headers.append(("Content-Type", media_type))
        return cls(headers=headers, body=body)

    @classmethod
    def see_other(cls, location: str) -> "Response":
        """Send the browser on with GET, whatever it used before (RFC 9700 §4.12)."""
        return cls(
            status=303,
            headers=[
                ("Location", location),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
            ],
        )
