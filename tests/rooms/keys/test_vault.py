import pytest

from provider.keys.vault import SealBroken, Vault, WrongMasterKey
from tests.rooms.keys.support import CountedEntropy

OLD, NEW = b"o" * 32, b"n" * 32


def vault(*masters: bytes) -> Vault:
    return Vault(masters, CountedEntropy())


def test_what_was_sealed_opens_in_its_context() -> None:
    sealed = vault(OLD).seal(b"secret", "key a")
    assert vault(OLD).open(sealed, "key a") == b"secret"
    assert b"secret" not in sealed


def test_two_seals_of_one_value_differ() -> None:
    one = vault(OLD)
    assert one.seal(b"secret", "a") != one.seal(b"secret", "a")


def test_a_value_moved_to_another_context_does_not_open() -> None:
    sealed = vault(OLD).seal(b"secret", "key a")
    with pytest.raises(SealBroken):
        vault(OLD).open(sealed, "key b")


@pytest.mark.parametrize("position", [8, 20, -1])
def test_an_altered_value_does_not_open(position: int) -> None:
    sealed = bytearray(vault(OLD).seal(b"secret", "a"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        vault(OLD).open(bytes(sealed), "a")


@pytest.mark.parametrize("length", [0, 7, 8, 35])
def test_a_value_cut_short_does_not_open(length: int) -> None:
    sealed = vault(OLD).seal(b"", "a")
    with pytest.raises(SealBroken):
        vault(OLD).open(sealed[:length], "a")


def test_a_wrong_master_key_is_named_as_such() -> None:
    sealed = vault(OLD).seal(b"secret", "a")
    with pytest.raises(WrongMasterKey, match="secret_key"):
        vault(NEW).open(sealed, "a")


def test_the_master_key_can_be_changed() -> None:
    sealed = vault(OLD).seal(b"secret", "a")
    both = vault(NEW, OLD)
    assert both.open(sealed, "a") == b"secret"
    with pytest.raises(WrongMasterKey):
        vault(OLD).open(both.seal(b"secret", "a"), "a")


def test_a_mac_holds_for_its_label_and_message_only() -> None:
    mac = vault(OLD).mac("csrf", b"message")
    assert vault(OLD).check_mac("csrf", b"message", mac)
    assert not vault(OLD).check_mac("other", b"message", mac)
    assert not vault(OLD).check_mac("csrf", b"other", mac)
    assert not vault(NEW).check_mac("csrf", b"message", mac)


def test_a_mac_of_a_previous_master_key_still_holds() -> None:
    mac = vault(OLD).mac("csrf", b"message")
    assert vault(NEW, OLD).check_mac("csrf", b"message", mac)
    assert vault(NEW, OLD).mac("csrf", b"message") != mac


def test_subkeys_are_32_bytes_and_differ_by_label() -> None:
    assert len(vault(OLD).subkey("a")) == 32
    assert vault(OLD).subkey("a") != vault(OLD).subkey("b")


@pytest.mark.parametrize("masters", [(), (b"short",), (OLD, b"")])
def test_a_weak_master_key_is_refused(masters: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="secret key"):
        Vault(masters, CountedEntropy())
