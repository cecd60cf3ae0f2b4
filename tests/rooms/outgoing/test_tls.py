"""The guarded fetcher speaks TLS 1.2 at least (RFC 9325 §3.1.1), and the newest on offer."""

import ssl

import pytest

from provider.outgoing.fetcher import Fetcher, FetchFailed
from tests.support.site import Site

V1_1, V1_2, V1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def fetcher(site: Site) -> Fetcher:
    return Fetcher(frozenset({site.host}), str(site.ca_file), timeout=2)


@pytest.mark.spec("OIDF-A-12")
@pytest.mark.parametrize(("newest", "spoken"), [(V1_3, "TLSv1.3"), (V1_2, "TLSv1.2")])
def test_the_newest_version_that_is_offered_is_spoken(
    fetcher: Fetcher, site: Site, newest: ssl.TLSVersion, spoken: str
) -> None:
    site.context.maximum_version = newest
    assert fetcher.post_form(site.serve("/told", ""), {"x": "y"}).status == 200
    assert [one.tls for one in site.received] == [spoken]


def test_an_older_one_is_not_spoken(fetcher: Fetcher, site: Site) -> None:
    site.context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        site.context.minimum_version = site.context.maximum_version = V1_1
    with pytest.raises(FetchFailed):
        fetcher.get(site.serve("/keys", "{}"), accept="*/*")
    assert site.received == []
