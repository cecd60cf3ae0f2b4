"""draft-ietf-oauth-status-list-21 §4: the byte array, its order of bits, its compression."""

import zlib

import pytest

from provider.status_list.writing import pack
from tests.support import jwt

pytestmark = pytest.mark.spec("TSL-4.1")

EXAMPLE = dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]))
"""The list of 12 statuses of 2 bits each that §4.1 works through."""


def test_the_example_of_the_specification_is_written_bit_by_bit() -> None:
    packed = pack(12, EXAMPLE)
    assert zlib.decompress(packed) == bytes.fromhex("c944f9")
    assert zlib.decompress(packed) == zlib.decompress(jwt.decode("eNo76fITAAPfAgc"))


@pytest.mark.parametrize(("size", "length"), [(4, 1), (5, 2), (8, 2), (2**20, 2**18)])
def test_every_place_of_a_list_is_written(size: int, length: int) -> None:
    assert zlib.decompress(pack(size, {})) == bytes(length)


def test_the_last_place_of_a_list_is_within_it() -> None:
    assert zlib.decompress(pack(9, {8: 2})) == b"\0\0\2"


def test_a_place_beyond_the_list_is_never_written() -> None:
    with pytest.raises(IndexError):
        pack(8, {8: 1})


def test_a_million_places_without_an_entry_take_less_than_300_bytes() -> None:
    assert len(pack(2**20, {})) < 300
