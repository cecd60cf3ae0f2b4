"""The order in which the places of a list are given away: a permutation under the seed of the
list, so that every place is given once, and one place tells nothing about the next (draft
§13.2). A Feistel network over an even number of bits with HMAC-SHA256 as its round function;
a result beyond the list is put in again until it falls inside (cycle walking), which a
permutation allows."""

import hmac

_ROUNDS = 6


def place_of(counter: int, seed: bytes, size: int) -> int:
    """Return the index for a counter; both lie in `range(size)`."""
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    index = counter
    while (index := _shuffled(index, seed, half)) >= size:
        pass
    return index


def _shuffled(value: int, seed: bytes, half: int) -> int:
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for number in range(_ROUNDS):
        message = number.to_bytes(1, "big") + right.to_bytes(8, "big")
        mixed = int.from_bytes(hmac.digest(seed, message, "sha256")[:8], "big")
        left, right = right, left ^ (mixed & mask)
    return left << half | right
