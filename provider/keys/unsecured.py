"""JWTs without a signature (RFC 7519 §6): written for a client that asked for them, where the
connection proves whom they are from (OpenID Connect Core §2). Nothing reads them back: no
row of `purposes` that is verified knows `none`."""

from collections.abc import Mapping
from typing import Any

import orjson

from provider.keys.material import encode
from provider.keys.purposes import Purpose


def write(purpose: Purpose, claims: Mapping[str, Any]) -> str:
    """Return a JWT of this purpose that nobody signed."""
    header = {"alg": "none", "typ": purpose.check_written(claims, "none")}
    content = (encode(orjson.dumps(one)) for one in (header, dict(claims)))
    return b".".join((*content, b"")).decode("ascii")
