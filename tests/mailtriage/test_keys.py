"""Keys made once, whole, and for their owner alone."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailtriage.keys import KEY_BYTES, KeyUnusable, kept_key

ROOT = Path(__file__).parents[2]


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.key"
    key = kept_key(path)
    assert len(key) == KEY_BYTES
    assert kept_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert kept_key(tmp_path / "b.key") != key


def test_programs_that_start_together_have_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    code = "import sys; from pathlib import Path; from mailtriage.keys import kept_key; "
    call = [sys.executable, "-c", f"{code} print(kept_key(Path(sys.argv[1])).hex())", str(path)]
    programs = [subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {program.communicate(timeout=60)[0].strip() for program in programs} == {path.read_bytes().hex()}


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"short")
    with pytest.raises(KeyUnusable, match=r"a\.key: holds 5 bytes instead of 32"):
        kept_key(path)


def test_a_place_where_no_key_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyUnusable, match="file"):
        kept_key(tmp_path / "file" / "a.key")
