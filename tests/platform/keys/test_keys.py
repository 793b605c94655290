"""The platform's own keys."""

import os
import stat
import subprocess
import sys

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_platform.keys.files import read_or_make
from portway_platform.keys.store import SigningKey, open_keys

SHOW_KEYS = """
import sys
from pathlib import Path
from portway_platform.keys.store import open_keys
keys = open_keys(Path(sys.argv[1]))
print(keys.install.kid, keys.issuer.kid, keys.pseudonym("ada"))
"""


def test_keys_are_made_once_and_stay(tmp_path):
    first, second = open_keys(tmp_path), open_keys(tmp_path)

    assert first.install.kid == second.install.kid
    assert first.issuer.kid == second.issuer.kid
    assert first.address_secret == second.address_secret
    assert open_keys(tmp_path / "other").issuer.kid != first.issuer.kid


def test_only_their_owner_can_read_them(tmp_path):
    open_keys(tmp_path / "keys")

    files = list((tmp_path / "keys").iterdir())

    names = {"install.pem", "issuer.pem", "addresses.key", "master.key"}
    assert {file.name for file in files} == names
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.processes
def test_processes_that_start_together_agree(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SHOW_KEYS, str(tmp_path / "keys")],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(6)
    ]
    shown = {process.communicate(timeout=60)[0] for process in processes}

    assert len(shown) == 1
    assert shown != {b""}
    assert len(list((tmp_path / "keys").iterdir())) == 4


def test_the_first_writer_wins(tmp_path):
    path = tmp_path / "secret"

    def make_late():
        path.write_bytes(b"first")
        return b"second"

    assert read_or_make(path, make_late) == b"first"


def test_a_folder_with_other_keys_is_refused(tmp_path):
    open_keys(tmp_path)
    (tmp_path / "install.pem").write_bytes((tmp_path / "issuer.pem").read_bytes())

    with pytest.raises(TypeError, match="does not hold the keys"):
        open_keys(tmp_path)


def test_the_public_halves_are_served_to_anybody(running):
    keys = running.platform.services.keys

    for key in (keys.install, keys.issuer):
        answer = running.call("GET", f"/keys/{key.kid}")
        assert answer.text == key.public_pem
        assert "PRIVATE" not in answer.text
    assert running.call("GET", "/keys/unknown").status_code == 404
    key_set = running.call("GET", "/.well-known/jwks.json").json
    forge = keys.forge.signing_key(running.clock.now())
    assert [key["kid"] for key in key_set["keys"]] == [
        keys.install.kid,
        keys.issuer.kid,
        forge.kid,
    ]
    assert not any("d" in key for key in key_set["keys"])


def test_the_key_set_verifies_what_the_keys_signed(running):
    keys = running.platform.services.keys
    token = jwt.encode({"a": 1}, keys.issuer.private_key, "EdDSA", headers={"kid": keys.issuer.kid})

    key_set = jwt.PyJWKSet.from_dict(running.call("GET", "/.well-known/jwks.json").json)

    assert jwt.decode(token, key_set[keys.issuer.kid], algorithms=["EdDSA"]) == {"a": 1}


def test_a_key_id_is_the_thumbprint_of_rfc_7638():
    """The example of RFC 8037, appendix A.3."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(seed), "EdDSA")

    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_are_never_shown(tmp_path):
    keys = open_keys(tmp_path)

    assert "private" not in repr(keys)
    assert keys.address_secret.hex() not in repr(keys)
    assert str(keys.address_secret) not in repr(keys)


def test_a_pseudonym_is_stable_here_and_different_elsewhere(tmp_path):
    here, elsewhere = open_keys(tmp_path / "here"), open_keys(tmp_path / "elsewhere")

    assert here.pseudonym("ada") == here.pseudonym("ada") != here.pseudonym("bob")
    assert here.pseudonym("ada") != elsewhere.pseudonym("ada")
