"""Where requests of ours may go."""

import pytest

from provider.outgoing.destination import NotAllowed, Resolve, is_public, settle

PUBLIC = "93.184.215.14"


def answering(*addresses: str) -> Resolve:
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "2001:db8::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "4000::1",
        "not an address", "",
    ],
)  # fmt: skip
def test_these_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_these_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://rp.example/keys", "ftp://rp.example/", "file:///etc/passwd", "//rp.example/",
        "https://", "https:///keys", "https://user@rp.example/", "https://a:b@rp.example/",
        "https://rp.example\\@127.0.0.1/", "https://rp.example:0/", "https://rp.example:99999/",
        "https://rp.example/a b", "https://rp.example/\n", "https://[::1/", "javascript:alert(1)",
        "https://[2606:4700::1].rp.example/", "https://[2606:4700::1]%2f/", "https://[::1]x:443/",
        "https://rp.example/" + "x" * 2048, "https://r\u00f6p.example/", "",
    ],
)  # fmt: skip
def test_these_addresses_lead_nowhere(url: str) -> None:
    with pytest.raises(NotAllowed):
        settle(url, (), answering(PUBLIC))


def test_a_public_host_is_reached_at_the_addresses_that_were_judged() -> None:
    found = settle("https://rp.example:8443/a/b?c=d#e", (), answering(PUBLIC, "8.8.8.8"))
    assert (found.host, found.port) == ("rp.example", 8443)
    assert found.addresses == (PUBLIC, "8.8.8.8")
    assert (found.target, found.authority) == ("/a/b?c=d", "rp.example:8443")
    assert not found.is_private


@pytest.mark.parametrize("addresses", [("10.0.0.1",), (PUBLIC, "10.0.0.1"), ("::1", PUBLIC), ()])
def test_one_address_that_is_not_public_is_enough_to_refuse(addresses: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed):
        settle("https://rp.example/", (), answering(*addresses))


@pytest.mark.parametrize("allowed", ["rp.internal", "rp.internal:8443"])
def test_an_operator_may_name_a_private_host(allowed: str) -> None:
    found = settle("https://rp.internal:8443/", (allowed,), answering("10.0.0.1"))
    assert found.is_private


@pytest.mark.parametrize(
    "url",
    [
        "https://rp.internal/", "https://rp.internal:8444/", "http://rp.internal:8443/",
        "https://sub.rp.internal:8443/", "https://rp.internal.:8443/",
    ],
)  # fmt: skip
def test_and_only_what_was_named(url: str) -> None:
    with pytest.raises(NotAllowed):
        settle(url, ("rp.internal:8443",), answering("10.0.0.1"))


def test_plain_http_only_where_named_as_such() -> None:
    allowed = ("http://localhost:8001",)
    found = settle("http://localhost:8001/x", allowed, answering("127.0.0.1"))
    assert found.is_plain
    for url in ("http://localhost:8002/", "http://localhost/", "https://localhost:8001/"):
        with pytest.raises(NotAllowed):
            settle(url, allowed, answering("127.0.0.1"))
