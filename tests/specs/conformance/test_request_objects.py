"""The modules in which the parameters come in a request object by value."""

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import EVERY, Run
from tests.specs.conformance.request_objects import about, finished, outside, unsigned
from tests.specs.conformance.suite import CALLBACK, Module
from tests.support.relying_party import RelyingParty


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    module: Module,
) -> None:
    assert module.party.metadata["request_parameter_supported"] is True
    assert "none" in module.party.metadata["request_object_signing_alg_values_supported"]
    attempt = module.request()
    finished(module, outside(attempt, request=unsigned(about(module, attempt))))


def test_oidcc_ensure_request_object_with_redirect_uri(module: Module) -> None:
    attempt = module.request()
    sent = outside(
        attempt, request=unsigned(about(module, attempt)), redirect_uri=f"{CALLBACK}/wrong"
    )
    finished(module, sent)


def signing_algorithms(party: RelyingParty) -> list[str]:
    """Return what may sign a request object, as discovery says."""
    return list(party.metadata["request_object_signing_alg_values_supported"])


def test_a_14_none_is_offered_for_certification(relying_party: RelyingParty) -> None:
    assert {"none", "RS256"} <= set(signing_algorithms(relying_party))


def refused_unsigned(module: Module) -> str:
    """Send an unsigned request object that must be refused, on a page or to the client."""
    attempt = module.request()
    token = unsigned(about(module, attempt))
    module.send(outside(attempt, request=token, state=str(attempt.state)))
    if module.browser.left is None:
        return module.browser.problem()
    return module.refusal_of(attempt).error


@pytest.mark.settings(profile="openid")
def test_a_14_none_is_neither_offered_nor_taken_otherwise(make_module: MakeModule) -> None:
    module = make_module(Run("code"))
    assert "none" not in signing_algorithms(module.party)
    assert refused_unsigned(module) == "invalid_request_object"


def test_a_14_a_client_that_has_to_sign_is_refused_without(make_module: MakeModule) -> None:
    module = make_module(Run("code"), require_signed_request_object=True)
    assert refused_unsigned(module) in ("invalid_request_object", "invalid_request")


@pytest.mark.parametrize("response_type", EVERY)
def test_a_14_what_stands_inside_wins(make_module: MakeModule, response_type: str) -> None:
    module = make_module(Run(response_type))
    attempt = module.request()
    inside = {**about(module, attempt), "prompt": "login"}
    sent = outside(attempt, request=unsigned(inside), state="outside", prompt="none")
    assert finished(module, sent).asked_to_sign_in
