"""What the client wants the person to be asked (OpenID Connect Core §3.1.2.1): the
parameters `prompt` and `max_age`."""

from provider.context import Context
from provider.errors import InvalidRequest
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.parts import Metadata
from provider.roles import AuthorizationCheck

VALUES = ("none", "login", "consent", "select_account")
_MAX_DIGITS = 10


class Prompt(AuthorizationCheck):
    """`prompt` holds known values, and `none` stands alone."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise InvalidRequest where it does not."""
        del ctx, parameters
        if not request.prompts <= set(VALUES):
            raise InvalidRequest("prompt has a value that is not supported.")
        if "none" in request.prompts and len(request.prompts) > 1:
            raise InvalidRequest("prompt=none can not be combined with another value.")

    def metadata(self, issuer: str) -> Metadata:
        """Return the values (Initiating User Registration §4)."""
        del issuer
        return {"prompt_values_supported": list(VALUES)}


def parse(value: str | None) -> frozenset[str]:
    """Return the values of `prompt`, which spaces separate and nothing else."""
    return frozenset(word for word in (value or "").split(" ") if word)


def parse_max_age(value: str | None, default: int | None) -> int | None:
    """Return `max_age` in seconds. Raises InvalidRequest."""
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS):
        raise InvalidRequest("max_age must be a number of seconds.")
    return int(value)
