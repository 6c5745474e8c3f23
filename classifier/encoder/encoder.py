"""Texts to sentence vectors, by onnxruntime."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.encoder.kind import MINILM, Kind
from classifier.encoder.pinned import read_pinned
from classifier.encoder.tokenizer import Ids, Tokenizer
from classifier.encoder.vector_cache import Half, VectorCache

# Padding costs more than batching gains once a batch is larger than this (measured on two cores).
BATCH_TOKENS = 256
REMEMBERED_TEXTS = 20_000

Vectors = npt.NDArray[np.float32]
Pool = Callable[[Vectors, Ids], Vectors]
"""Of token vectors (texts, tokens, width) and of 0 for each that is padding: one row a text."""


def means(states: Vectors, mask: Ids) -> Vectors:
    """The mean of each text's token vectors, of length 1."""
    mean = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    unit: Vectors = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
    return unit


class Encoder:
    """Turns texts into vectors of ``kind.dimension``, made of their tokens' by ``pool``. Threads may share it."""

    def __init__(
        self,
        weights: Path,
        kind: Kind = MINILM,
        *,
        threads: int = 0,
        cache: VectorCache | None = None,
        pool: Pool = means,
    ) -> None:
        """``threads`` 0 takes all cores. Raises :class:`~classifier.encoder.failure.EncoderError`."""
        content = read_pinned(weights, kind.sha256)
        # The lean profile does without it.
        import onnxruntime

        self.kind = kind
        self._pool = pool
        self._tokenizer = Tokenizer(kind)
        self._cache = cache
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that wait by spinning take the cores from the poller and the page.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._remembered: OrderedDict[bytes, Half] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order: what its token vectors are pooled to, in the precision of float16.

        A text beyond ``kind.max_tokens`` is read up to there.
        """
        keys = [_key(text) for text in texts]
        with self._lock:
            known = {key: self._remembered[key] for key in keys if key in self._remembered}
        wanting = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if wanting and self._cache is not None:
            known.update(self._cache.get(list(wanting)))
        fresh = {key: text for key, text in wanting.items() if key not in known}
        if fresh:
            made = dict(zip(fresh, self._embed(list(fresh.values())), strict=True))
            known.update(made)
            if self._cache is not None:
                self._cache.put(made)
        self._remember({key: known[key] for key in keys})
        rows = np.stack([known[key] for key in keys]) if keys else np.zeros((0, self.kind.dimension), np.float16)
        return rows.astype(np.float32)

    def learn(self, vectors: Mapping[str, Vectors]) -> None:
        """Keeps vectors of texts that this encoder made elsewhere, so that they need not be made again."""
        known = {_key(text): vector.astype(np.float16) for text, vector in vectors.items()}
        self._remember(known)
        if self._cache is not None:
            self._cache.put(known)

    def shares(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """What each token adds to the vector of ``text``: the characters it stands for, and a row of shares each.

        The vector is the mean of its tokens' vectors, so the rows add up to it (before it is rounded).
        """
        spans, states = self.tokens(text)
        rows: Vectors = (states / np.linalg.norm(states.sum(axis=0))).astype(np.float32)
        return spans, rows

    def tokens(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """The tokens of ``text``: the characters that each stands for, and its vector, a row each."""
        states, mask = self._states(self._tokenizer.ids([text]))
        self._remember({_key(text): self._pool(states, mask)[0].astype(np.float16)})
        return self._tokenizer.spans(text), states[0]

    def _remember(self, vectors: dict[bytes, Half]) -> None:
        with self._lock:
            for key, vector in vectors.items():
                self._remembered[key] = vector
                self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED_TEXTS:
                self._remembered.popitem(last=False)

    def _embed(self, texts: list[str]) -> Half:
        ids = self._tokenizer.ids(texts)
        vectors = np.empty((len(texts), self.kind.dimension), np.float16)
        for batch in _batches([len(one) for one in ids]):
            vectors[batch] = self._run([ids[i] for i in batch])
        return vectors

    def _run(self, batch: list[Ids]) -> Vectors:
        return self._pool(*self._states(batch))

    def _states(self, batch: list[Ids]) -> tuple[Vectors, Ids]:
        """The vectors of the tokens, and 0 for those that are padding."""
        length = max(map(len, batch))
        ids = np.full((len(batch), length), self.kind.padding, np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(batch):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        inputs = {name: values for name, values in given.items() if name in self._inputs}
        states: Vectors = self._session.run(None, inputs)[0]
        return states, mask


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _batches(lengths: list[int]) -> list[list[int]]:
    """Positions grouped by similar length, so that little is padded."""
    batches: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and lengths[position] * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(position)
        else:
            batches.append([position])
    return batches
