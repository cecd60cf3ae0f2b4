"""What is kept of others' documents when the clock jumps: nothing is fresh, nor asked for too
recently, by a moment that has not come yet."""

import pytest

from provider.outgoing.documents import COOL_DOWN, OUTAGE, USUAL, Documents
from provider.outgoing.fetcher import Fetcher, FetchFailed
from tests.support.site import Site

NOW = 1_900_000_000
YEARS = 5 * 365 * 86400


@pytest.fixture
def documents(site: Site) -> Documents:
    return Documents(Fetcher(frozenset({site.host}), str(site.ca_file), timeout=5))


def get(documents: Documents, url: str, now: int, *, again: bool = False) -> bytes:
    return documents.get(url, accept="*/*", now=now, again=again)


@pytest.mark.parametrize("ahead", [COOL_DOWN + 1, 7 * 86400, YEARS])
@pytest.mark.parametrize("later", [0, COOL_DOWN, 86400])
def test_after_a_clock_that_was_ahead_a_document_is_fetched_as_usual(
    documents: Documents, site: Site, ahead: int, later: int
) -> None:
    url = site.serve("/keys", b"old")
    assert get(documents, url, NOW + ahead) == b"old"
    site.serve("/keys", b"new")
    assert get(documents, url, NOW + later) == b"new"
    assert get(documents, url, NOW + later + 1, again=True) == b"new"
    assert site.asked("/keys") == 2
    assert get(documents, url, NOW + later + COOL_DOWN, again=True) == b"new"
    assert get(documents, url, NOW + later + COOL_DOWN + USUAL) == b"new"
    assert site.asked("/keys") == 4


def test_after_a_failure_of_the_future_a_document_is_asked_for(
    documents: Documents, site: Site
) -> None:
    url = site.url("/keys")
    with pytest.raises(FetchFailed):
        get(documents, url, NOW + YEARS)
    site.serve("/keys", b"new")
    assert get(documents, url, NOW) == b"new"


def test_a_copy_of_the_future_outlives_an_outage_for_a_day_from_now(
    documents: Documents, site: Site
) -> None:
    url = site.serve("/keys", b"old")
    get(documents, url, NOW + YEARS)
    site.serve("/keys", b"", status=503)
    assert get(documents, url, NOW) == b"old"
    assert get(documents, url, NOW + OUTAGE - 1) == b"old"
    with pytest.raises(FetchFailed):
        get(documents, url, NOW + OUTAGE)
