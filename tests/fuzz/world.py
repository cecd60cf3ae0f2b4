"""A provider at work, for the fuzzer to send to: a case becomes what goes over the wire, with live
credentials put in, whole or damaged."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask

from provider.context import Provider
from provider.model.account import Account
from tests.conftest import SECRET_KEY
from tests.fuzz.cases import Case, Live, Sent, Times, Value, as_bytes, encoded
from tests.fuzz.flows import Flows
from tests.support import jwt, wire
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, basic


@dataclass
class World:
    """Where everything live comes from."""

    app: flask.Flask
    provider: Provider
    clock: SettableClock
    make_party: Callable[..., RelyingParty]
    account: Account
    registrations: str

    def __post_init__(self) -> None:
        self.flows = Flows(
            self.app, self.provider, self.make_party, self.account, self.registrations
        )
        party, public = self.flows.party, self.flows.public
        post = self.make_party(token_endpoint_auth_method="client_secret_post")
        self.own = (party.redirect_uri, "https://rp.example/bye", public.redirect_uri)
        self.static = {
            "client_id": party.client_id,
            "public_client_id": public.client_id,
            "post_client_id": post.client_id,
            "post_client_secret": str(post.secret),
            "signer_client_id": self.flows.signer.client_id,
            "basic": basic(party.client_id, str(party.secret)),
            "issuer": self.provider.issuer,
            "password": PASSWORD,
        }
        self.secrets = {
            "the secret of a client": str(party.secret),
            "the secret of another client": self.static["post_client_secret"],
            "the password": PASSWORD,
            "the hash of the password": str(self.account.password_hash),
            "the master key": SECRET_KEY,
        }
        self.jwks = party.jwks["keys"]
        self.host = self.provider.issuer.removesuffix(self.provider.settings.issuer_path)

    def prepare(self, case: Case) -> Sent:
        """Turn a case into what goes over the wire."""
        self.clock.advance(case.wait)
        path = "".join(self._text(one) for one in case.path) or case.route
        path = path if path.startswith("/") else f"/{path}"
        url = (self.host if case.route.endswith("/tenant") else self.provider.issuer) + path
        on_form = case.form is not None
        query = [(name, self._text(value)) for name, value in case.query]
        if query or (case.tail and not on_form):
            url += "?" + encoded(query, "" if on_form else case.tail)
        headers = [(name, _one_line(self._text(value))) for name, value in case.headers]
        sent = Sent(case, _ascii(url), headers, self._body(case))
        self.flows.note_use(case)
        return sent

    def look_up(self, name: str) -> str:
        """Return what is live, or always the same, under a name."""
        return self.static[name] if name in self.static else self.flows.look_up(name)

    def _body(self, case: Case) -> bytes:
        if case.form is not None:
            pairs = [(name, self._text(value)) for name, value in case.form]
            return encoded(pairs, case.tail).encode("latin-1")
        if case.document is not None:
            return json.dumps(self._filled(case.document)).encode() + as_bytes(case.tail)
        return as_bytes(self._text(case.raw)) if case.raw is not None else b""

    def _filled(self, document: Any) -> Any:
        if isinstance(document, Live | Times):
            return self._text(document)
        if isinstance(document, dict):
            return {name: self._filled(value) for name, value in document.items()}
        return [self._filled(one) for one in document] if isinstance(document, list) else document

    def _text(self, value: Value) -> str:
        if isinstance(value, Times):
            return value.text * value.times
        if isinstance(value, str):
            return value
        return value.before + damaged(self.look_up(value.live), value, self.jwks)


def damaged(whole: str, value: Live, jwks: list[dict[str, Any]]) -> str:
    """Return a credential, damaged as the case says."""
    kind, by = value.damage, value.by
    if not kind or not whole:
        return whole
    if kind == "cut":
        return whole[: by % len(whole)]
    if kind == "changed":
        at = by % len(whole)
        return whole[:at] + ("B" if whole[at] == "A" else "A") + whole[at + 1 :]
    if kind == "twice":
        return whole + whole
    if whole.count(".") != 2:
        return whole[::-1]
    header, claims, signature = whole.split(".")
    if kind == "forged":
        kid = jwt.header_of(whole).get("kid")
        return FORGERIES[by](whole, next((one for one in jwks if one["kid"] == kid), jwks[0]))
    part = json.dumps({**jwt.header_of(whole), **by} if kind == "head" else by)
    if kind == "claims":
        part = json.dumps({**jwt.claims_of(whole), **by})
    made = jwt.encode(part.encode("utf-8", "surrogatepass"))
    return f"{made}.{claims}.{signature}" if kind == "head" else f"{header}.{made}.{signature}"


def _one_line(text: str) -> str:
    kept = as_bytes(text).decode("latin-1")
    return "".join(letter for letter in kept if letter not in "\r\n\0")


def _ascii(url: str) -> str:
    return as_bytes(url).decode("latin-1") if not url.isascii() else url


def send(world: World, sent: Sent) -> wire.Answer:
    """Send it."""
    return wire.send(
        world.app,
        sent.case.method,
        sent.url,
        headers=sent.headers,
        body=sent.body,
        address=sent.case.address,
    )
