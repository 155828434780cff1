import sys
from pathlib import Path

import pytest

from core.exceptions import SecurityError
from utils.signing import Signer, file_signer, late_signer


def test_only_what_the_key_signed_verifies(tmp_path: Path) -> None:
    mine, other = file_signer(tmp_path / "mine"), Signer(bytes(32))
    signature = mine.sign("the hash of an entry")

    assert mine.verify("the hash of an entry", signature)
    assert not mine.verify("the hash of another", signature)
    assert not other.verify("the hash of an entry", signature)
    assert not mine.verify("the hash of an entry", "")
    assert not mine.verify("the hash of an entry", "no signature")


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "key"
    signature = late_signer(file)("text")

    assert file_signer(file).verify("text", signature)
    assert file_signer(file).sign("text") == signature


def test_nothing_is_made_before_the_first_signature(tmp_path: Path) -> None:
    late_signer(tmp_path / "key")

    assert not (tmp_path / "key").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file_signer(file)
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o640)

    with pytest.raises(SecurityError, match="others may read it"):
        file_signer(file)


def test_a_broken_key_is_named_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"short")
    file.chmod(0o600)

    with pytest.raises(SecurityError, match="5 bytes"):
        file_signer(file)
    with pytest.raises(SecurityError, match="cannot be used"):
        file_signer(tmp_path / "nowhere" / "key")
