"""What a contact opens with age: Debian's, and npm's, which share no code with ours and none with each other."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from access.model.contact_key import URL_LIMIT, file_for
from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, Credentials, mint
from access.model.errors import KeyUnusable
from access.model.ids import ClientId, Fingerprint, HandoffId
from access.model.secret import Secret
from bot.age_keys import AgeKeys
from tests.proxies.programs import BROUGHT, environment, program

CREDENTIALS: Final = Credentials(
    HandoffId("h"),
    "Acme",
    ClientId("tpc_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    mint(CLIENT_SECRET_PREFIX, b"s" * 32),
    mint(TOKEN_PREFIX, b"t" * 32),
    Fingerprint("01234567"),
    datetime(2026, 3, 2, tzinfo=UTC),
)
ADDRESS: Final = "https://api.example/ä".ljust(URL_LIMIT - 1, "x")
Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PLAIN: Final = file_for(CREDENTIALS, ADDRESS)


def run(*command: str, given: bytes = b"", home: Path, cwd: Path | None = None) -> bytes:
    done = subprocess.run(
        command, input=given, capture_output=True, check=False, env=environment(home), cwd=cwd, timeout=60
    )
    if done.returncode:
        raise ChildProcessError(done.stderr.decode(errors="replace"))
    return done.stdout


def in_node(script: str, *arguments: str, given: bytes = b"", home: Path) -> bytes:
    """Run a script that reads `given` and prints its answer."""
    begin = (
        'import * as age from "age-encryption"; import { readFileSync } from "node:fs";'
        "const [one, two, three] = process.argv.slice(1); const given = readFileSync(0);"
    )
    command = (program("node"), "--input-type=module", "-e", begin + script, *arguments)
    return run(*command, given=given, home=home, cwd=BROUGHT / "node")


def ssh_key(folder: Path, kind: str, bits: int = 0) -> Path:
    """Make a key as people do; where there is no ssh-keygen, in the same format. Beside it is its `.pub`."""
    path = folder / f"id_{kind}{bits or ''}"
    if (keygen := shutil.which("ssh-keygen")) is not None:
        size = ("-b", str(bits)) if bits else ()
        subprocess.run(
            [keygen, "-q", "-t", kind, *size, "-N", "", "-C", "Carla <carla@example.com>", "-f", path], check=True
        )
        return path
    key: Key
    if kind == "rsa":
        key = rsa.generate_private_key(65_537, bits)
    else:
        key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    return written(key, path)


def written(key: Key, path: Path) -> Path:
    """Write a key as ssh-keygen does."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    path.with_name(f"{path.name}.pub").write_text(f"{public} Carla <carla@example.com>\n")
    return path


def long_key() -> rsa.RSAPrivateKey:
    """A key of 4,096 bits, of two primes that everybody knows: it takes many seconds to find others.

    Source of the primes: RFC 3526 §3 (of pi) and RFC 7919 A.1 (of e).
    """
    one = 1 << 2_100
    pi, e, term = 4 * (4 * arccot(5, one) - arccot(239, one)), 0, one
    for number in range(1, 400):
        e, term = e + term, term // number
    p, q = (
        2**2_048 - 2**1_984 - 1 + ((constant >> 182) + added) * 2**64
        for constant, added in ((pi, 124_476), (e, 560_316))
    )
    d = pow(65_537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(65_537, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def arccot(x: int, one: int) -> int:
    total, power, number = 0, one // x, 1
    while power:
        total, power, number = total + power // number * (2 - number % 4), power // (x * x), number + 2
    return total


def age_key(folder: Path) -> Path:
    """Make a key with age-keygen; beside it is its `.pub`."""
    path = folder / "key.txt"
    run(program("age-keygen"), "-o", str(path), home=folder)
    path.with_name("key.txt.pub").write_bytes(run(program("age-keygen"), "-y", str(path), home=folder))
    return path


MAKERS: Final[dict[str, Callable[[Path], Path]]] = {
    "age": age_key,
    "ed25519": lambda folder: ssh_key(folder, "ed25519"),
    "rsa2048": lambda folder: ssh_key(folder, "rsa", 2_048),
    "rsa4096": lambda folder: written(long_key(), folder / "id_rsa4096"),
}


def public(path: Path) -> str:
    return path.with_name(f"{path.name}.pub").read_text()


@pytest.mark.parametrize("kind", MAKERS)
def test_age_opens_byte_for_byte_what_was_issued_and_a_strangers_key_opens_nothing(tmp_path: Path, kind: str) -> None:
    private = MAKERS[kind](tmp_path)
    key = AgeKeys().read(public(private))
    assert "arla" not in key.text
    armoured = AgeKeys().encrypt(PLAIN, key.text)
    assert len(armoured) < 3_000  # of Slack's
    file = tmp_path / "credentials.age"
    file.write_text(armoured)
    opened = run(program("age"), "-d", "-i", str(private), str(file), home=tmp_path)
    assert opened == PLAIN.reveal().encode()
    stranger = ssh_key(tmp_path, "ed25519") if kind == "age" else age_key(tmp_path)
    with pytest.raises(ChildProcessError, match="no identity matched"):
        run(program("age"), "-d", "-i", str(stranger), str(file), home=tmp_path)


@pytest.mark.parametrize("kind", ["age", "ed25519"])
def test_what_age_encrypts_to_the_same_key_is_opened_by_our_library(tmp_path: Path, kind: str) -> None:
    private = MAKERS[kind](tmp_path)
    key = AgeKeys().read(public(private)).text
    armoured = run(program("age"), "-a", "-r", key, given=b"it", home=tmp_path)
    text = private.read_text()
    identity: pyrage.x25519.Identity | pyrage.ssh.Identity
    if kind == "age":
        identity = pyrage.x25519.Identity.from_str(text.splitlines()[-1])
    else:
        identity = pyrage.ssh.Identity.from_buffer(text.encode())
    assert pyrage.decrypt(armoured, [identity]) == b"it"


def test_npms_age_encryption_understands_us_both_ways(tmp_path: Path) -> None:
    makes = (
        "for (const _ of [1, 2]) { const id = await age.generateIdentity();"
        "console.log(id); console.log(await age.identityToRecipient(id)); }"
    )
    opens = """
        const show = (bytes) => console.log(Buffer.from(bytes).toString("hex"));
        const opened = async (id) => {
            const d = new age.Decrypter(); d.addIdentity(id);
            return d.decrypt(age.armor.decode(given.toString()));
        };
        show(await opened(one));
        await opened(two).then(show, (error) => console.log(error.message.replaceAll(" ", "_")));
        const e = new age.Encrypter(); e.addRecipient(three); show(await e.encrypt("it"));
    """
    identity, recipient, stranger, _ = in_node(makes, home=tmp_path).decode().split()
    armoured = AgeKeys().encrypt(PLAIN, AgeKeys().read(recipient).text).encode()
    opened, not_opened, sealed = in_node(opens, identity, stranger, recipient, given=armoured, home=tmp_path).split()
    assert bytes.fromhex(opened.decode()) == PLAIN.reveal().encode()
    assert not_opened.startswith(b"no_identity_matched")
    ours = pyrage.x25519.Identity.from_str(identity)
    assert pyrage.decrypt(bytes.fromhex(sealed.decode()), [ours]) == b"it"


def test_the_fingerprint_is_the_one_that_people_see(tmp_path: Path) -> None:
    private = ssh_key(tmp_path, "ed25519")
    fingerprint = AgeKeys().read(public(private)).fingerprint
    if (keygen := shutil.which("ssh-keygen")) is not None:
        shown = subprocess.run([keygen, "-lf", private], check=True, capture_output=True).stdout.decode()
        assert fingerprint == shown.split()[1]
    assert fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(("kind", "bits", "problem"), [("ecdsa", 0, "old_kind"), ("rsa", 1_024, "short")])
def test_a_key_that_age_cannot_use_is_refused(tmp_path: Path, kind: str, bits: int, problem: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        AgeKeys().read(public(ssh_key(tmp_path, kind, bits)))
    assert refused.value.fields == {"problem": problem}


def test_the_longest_that_there_can_be_fits_one_block_of_slacks(tmp_path: Path) -> None:
    """A header of age's has random words in it, of random length."""
    key = AgeKeys().read(public(MAKERS["rsa4096"](tmp_path))).text
    longest = max(len(AgeKeys().encrypt(Secret(PLAIN.reveal()), key)) for _ in range(100))
    assert longest < 3_000
