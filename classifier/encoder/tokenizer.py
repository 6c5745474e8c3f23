"""Texts as token ids.

``vocab.txt`` beside this file is the uncased BERT vocabulary as published with sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0), 30,522 lines; all-mpnet-base-v2 has the same words in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.encoder.kind import Kind
from classifier.encoder.pinned import read_pinned

VOCABULARY = Path(__file__).parent / "vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

Ids = npt.NDArray[np.int64]


class Tokenizer:
    """The tokenizer of one encoder. Threads may share it."""

    def __init__(self, kind: Kind) -> None:
        """Raises :class:`~classifier.encoder.failure.EncoderError` where the vocabulary is not the pinned one."""
        read_pinned(VOCABULARY, VOCABULARY_SHA256)
        # The lean profile does without it.
        from tokenizers import BertWordPieceTokenizer

        self._kind = kind
        self._words = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        self._words.enable_truncation(kind.max_tokens)

    def ids(self, texts: Sequence[str]) -> list[Ids]:
        """The ids of each text, its first and last token included, at most ``kind.max_tokens``."""
        return [self._own(np.array(encoded.ids, np.int64)) for encoded in self._words.encode_batch(_clean(texts))]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """For each of the text's ids the characters it stands for, from and to; none (0, 0) for the first and last."""
        return [(start, end) for start, end in self._words.encode(_clean([text])[0]).offsets]

    def _own(self, ids: Ids) -> Ids:
        ids += self._kind.first_id
        if self._kind.ends is not None:
            ids[0], ids[-1] = self._kind.ends
        return ids


def _clean(texts: Sequence[str]) -> list[str]:
    """A lone surrogate (from a mail's raw bytes) cannot reach the tokenizer, which is strict about UTF-8."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
