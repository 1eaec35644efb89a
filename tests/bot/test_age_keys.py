"""Public keys as people paste them: taken, or refused with a reason, and never a crash."""

import base64
import struct
from typing import Final

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from access.model.contact_key import KeyKind
from access.model.errors import CannotEncrypt, KeyUnusable
from access.model.secret import Secret
from bot.age_keys import AgeKeys

AGE: Final = "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v"
ODD_MODULUS: Final = 1 << 2_047 | 1


def line_of(key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def string(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


def written(kind: str, *parts: bytes) -> str:
    return f"{kind} {base64.b64encode(b''.join(map(string, (kind.encode(), *parts)))).decode()}"


def number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1)


def rsa_line(exponent: int, modulus: int) -> str:
    return written("ssh-rsa", number(exponent), number(modulus))


ED25519: Final = line_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())


def bech32(point: bytes) -> str:
    """What age would write for a point (BIP 173)."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in point) + "0000"
    values = [int(bits[at : at + 5], 2) for at in range(0, 260, 5)]
    check = 1
    for value in [*(ord(each) >> 5 for each in "age"), 0, *(ord(each) & 31 for each in "age"), *values, *[0] * 6]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for at, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= part if top >> at & 1 else 0
    values += [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
    return "age1" + "".join(letters[value] for value in values)


def problem(text: str) -> str:
    with pytest.raises(KeyUnusable) as refused:
        AgeKeys().read(text)
    return str(refused.value.fields["problem"])


def test_each_kind_is_taken_without_its_comment() -> None:
    keys = AgeKeys()
    assert keys.read(f"# public key: mine\n  {AGE.upper()}\n") == keys.read(AGE)
    assert (keys.read(AGE).kind, keys.read(AGE).text) == (KeyKind.AGE, AGE)
    named = keys.read(f"{ED25519} Carla Ruiz <carla@example.com>")
    assert (named.kind, named.text) == (KeyKind.ED25519, ED25519)
    assert named.fingerprint == keys.read(ED25519).fingerprint
    assert "carla" not in repr(named).lower()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("# nothing", "empty"),
        ("hello", "unknown"),
        (f"no-pty {ED25519}", "unknown"),
        ("age1pq1" + "q" * 2_000, "unknown"),
        (f"{ED25519}\n{ED25519}", "several"),
        (f"{ED25519} {ED25519}", "several"),
        (f"{AGE} {AGE}", "several"),
        (f"{AGE}\n{AGE}", "several"),
        (line_of(ec.generate_private_key(ec.SECP256R1()).public_key()), "old_kind"),
        ("ssh-dss AAAAB3NzaC1kc3MAAACBAP", "old_kind"),
        ("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", "old_kind"),
        (rsa_line(65_537, 1 << 1_023 | 1), "short"),
        (rsa_line(65_537, 1 << 2_046 | 1), "short"),
        (rsa_line(65_537, 1 << 4_096 | 1), "long"),
        (AGE[:-1], "damaged"),
        (AGE[:-1] + "b", "damaged"),
        (AGE[:-1].upper() + "v", "damaged"),
        (f"{AGE} x", "damaged"),
        ("age1" + "\N{CYRILLIC SMALL LETTER ZHE}" * 58, "damaged"),
        ("ssh-ed25519", "damaged"),
        ("ssh-ed25519 ????", "damaged"),
        (ED25519[:-3], "damaged"),
        (written("ssh-ed25519", bytes(31)), "damaged"),
        (written("ssh-ed25519", b"x" * 32, b"x"), "damaged"),
        (written("ssh-ed25519", b"\2" + bytes(31)), "damaged"),
        (written("ssh-rsa", number(3)), "damaged"),
        (written("ssh-rsa", b"", number(ODD_MODULUS)), "damaged"),
        (written("ssh-rsa", b"\x83", number(ODD_MODULUS)), "damaged"),
        (rsa_line(1, ODD_MODULUS), "damaged"),
        (rsa_line(65_536, ODD_MODULUS), "damaged"),
        (rsa_line(65_537, 1 << 2_047), "damaged"),
        (ED25519.replace("ssh-ed25519", "ssh-rsa"), "damaged"),
    ],
)
def test_what_cannot_be_encrypted_to_is_refused_with_its_reason(text: str, why: str) -> None:
    assert problem(text) == why


P: Final = 2**255 - 19
ORDER_8: Final = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"


@pytest.mark.parametrize("point", [0, 1, P - 1, P, P + 1, int.from_bytes(bytes.fromhex(ORDER_8), "little")])
def test_a_point_that_everybody_can_open_is_refused(point: int) -> None:
    """pyrage panics at these, which no `except Exception` stops."""
    assert problem(bech32(point.to_bytes(32, "little"))) == "damaged"


@pytest.mark.parametrize("y", [0, 1, P - 1, P, P + 1])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_so_is_such_a_point_of_the_other_curve(y: int, sign: int) -> None:
    """pyrage encrypts to these."""
    assert problem(written("ssh-ed25519", (y | sign).to_bytes(32, "little"))) == "damaged"


def must_not_crash_or_repeat(text: str) -> None:
    try:
        key = AgeKeys().read(text)
    except KeyUnusable as error:
        refused = error
    else:
        assert AgeKeys().read(key.text) == key
        assert AgeKeys().encrypt(Secret("x"), key.text).startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
        assert len(key.fingerprint) == 50
        return
    assert (str(refused), list(refused.fields)) == ("key_unusable", ["problem"])


STARTS = st.sampled_from([AGE, ED25519, "age1", "ssh-rsa ", "ssh-ed25519 ", "ssh-ed25519 AAAA", rsa_line(3, 9)])


@given(st.text() | st.builds(lambda start, text: start + text, STARTS, st.text()))
def test_no_text_makes_it_fail(text: str) -> None:
    must_not_crash_or_repeat(text)


@given(st.sampled_from(["ssh-ed25519", "ssh-rsa"]), st.lists(st.binary(max_size=300), max_size=4))
@example("ssh-rsa", [b"\0" * 9, b"\0" * 300])
def test_no_blob_makes_it_fail(kind: str, blobs: list[bytes]) -> None:
    must_not_crash_or_repeat(written(kind, *blobs))


@given(st.binary(min_size=32, max_size=32))
def test_no_point_makes_it_fail(point: bytes) -> None:
    must_not_crash_or_repeat(bech32(point))
    must_not_crash_or_repeat(written("ssh-ed25519", point))


@given(st.sampled_from([AGE, ED25519]), st.integers(0, 70), st.characters(exclude_categories=["Cs"]))
def test_no_slip_of_the_fingers_makes_it_fail(key: str, at: int, letter: str) -> None:
    must_not_crash_or_repeat(key[:at] + letter + key[at + 1 :])


def test_what_it_cannot_encrypt_to_is_a_refusal() -> None:
    for key in ("age1", "ssh-rsa AAAA", ""):
        with pytest.raises(CannotEncrypt):
            AgeKeys().encrypt(Secret("x"), key)


def test_only_whose_key_it_is_opens_it() -> None:
    hers, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    armoured = AgeKeys().encrypt(Secret("it"), str(hers.to_public()))
    assert pyrage.decrypt(armoured.encode(), [hers]) == b"it"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(armoured.encode(), [other])
