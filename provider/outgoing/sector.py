"""The document behind a `sector_identifier_uri` (OpenID Connect Core §8.1, OpenID Connect Dynamic
Client Registration §5): a JSON array of redirect URIs. Read when a client registers."""

import orjson

from provider.outgoing.fetcher import Fetcher, FetchFailed


def redirect_uris_in(fetcher: Fetcher, url: str) -> list[str]:
    """Return the redirect URIs that share the sector. Raises FetchFailed."""
    answer = fetcher.get(url, accept="application/json")
    try:
        listed = orjson.loads(answer.body)
    except ValueError as error:
        raise FetchFailed("the sector document is not JSON") from error
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        raise FetchFailed("the sector document is not a list of addresses")
    return listed
