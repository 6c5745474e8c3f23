"""MPNet (Song et al. 2020, arXiv:2004.09297) as a graph of onnxruntime's fused operators, weights in 7 bits.

Checked against the reference implementation: the same graph with the weights as they are gives all-mpnet-base-v2's
vectors to a cosine of .9999999.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import count, takewhile

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto

from classifier.encoder.graph import MICROSOFT, Graph
from classifier.encoder.quantised import TABLE_STEPS, Quantised, quantise, stacked

EPSILON = 1e-5
FIRST_POSITION = 2
"""Positions are counted from the padding's id on, plus one, as in RoBERTa."""
FARTHEST = 128
"""Tokens farther apart than this share a bias."""
ON_THE_BORDER = 1e-9
"""So that a distance exactly on a border belongs to the farther bucket, however a machine rounds the logarithm."""
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
BIASES = "encoder.relative_attention_bias.weight"
UNUSED = ("embeddings.position_ids", "pooler.")
"""The sentence vector is the mean of the tokens' vectors; the pooler served another purpose."""

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array | Quantised]


def compact(tensors: Iterable[tuple[str, npt.NDArray[np.generic]]]) -> dict[str, Array | Quantised]:
    """The weights as the graph takes them: products quantised, the word table too, the rest as it is."""
    kept: dict[str, Array | Quantised] = {}
    for name, values in tensors:
        if name.startswith(UNUSED):
            continue
        tensor = values.astype(np.float32)
        if name == WORDS:
            kept[name] = quantise(tensor, TABLE_STEPS)
        elif name.startswith("encoder.layer.") and tensor.ndim == 2:
            kept[name] = quantise(tensor)
        else:
            kept[name] = tensor
    return kept


def mpnet(weights: Weights, max_tokens: int) -> onnx.ModelProto:
    """``input_ids`` and ``attention_mask`` to ``states``, the vector of each token; for at most ``max_tokens``.

    Raises KeyError when a weight is missing.
    """
    return _Builder(weights, max_tokens).model()


class _Builder:
    def __init__(self, weights: Weights, max_tokens: int) -> None:
        self._weights = weights
        self._max_tokens = max_tokens
        self._graph = Graph()
        self._heads = self._array(BIASES).shape[1]

    def model(self) -> onnx.ModelProto:
        self._lengths()
        self._graph.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        self._bias()
        x = self._embedding()
        for layer in takewhile(lambda n: f"encoder.layer.{n}.output.dense.weight" in self._weights, count()):
            x = self._layer(x, layer)
        states = self._graph.add("Identity", [x], "states")
        return self._graph.model("mpnet", ("input_ids", "attention_mask"), states, self._array(POSITIONS).shape[1])

    def _lengths(self) -> None:
        add, constant = self._graph.add, self._graph.constant
        add("Shape", ["input_ids"], "lengths", start=1, end=2)
        add("Squeeze", ["lengths", constant("first", [0])], "length")

    def _bias(self) -> None:
        """What attention gains or loses by how far apart two tokens are: (1, heads, length, length)."""
        add, constant = self._graph.add, self._graph.constant
        distances = np.arange(1 - self._max_tokens, self._max_tokens)
        table = self._array(BIASES)[buckets(distances, self._array(BIASES).shape[0])].T[None]
        add("Range", [constant("zero", np.int64(0)), "length", constant("one", np.int64(1))], "row")
        add("Unsqueeze", ["row", constant("second", [1])], "column")
        add("Sub", ["row", "column"], "distance")
        add("Add", ["distance", constant("middle", np.int64(self._max_tokens - 1))], "place")
        add("Gather", [constant("bias_by_place", table), "place"], "bias", axis=2)

    def _embedding(self) -> str:
        add, constant = self._graph.add, self._graph.constant
        words = self._quantised(WORDS)
        positions = self._array(POSITIONS)[FIRST_POSITION : FIRST_POSITION + self._max_tokens]
        add("Gather", [constant("words", words.values), "input_ids"], "word_bytes")
        add("Gather", [constant("word_scales", words.scale[:, None]), "input_ids"], "word_scale")
        add("Mul", [add("Cast", ["word_bytes"], "word_steps", to=TensorProto.FLOAT), "word_scale"], "word")
        add("Slice", [constant("positions", positions), constant("first", [0]), "lengths"], "position")
        both = add("Add", ["word", "position"], "embedding")
        scale, shift = self._norm("embeddings.LayerNorm")
        return add("LayerNormalization", [both, scale, shift], "embedded", epsilon=EPSILON)

    def _layer(self, x: str, layer: int) -> str:
        add, constant = self._graph.add, self._graph.constant
        name, source = f"layer{layer}", f"encoder.layer.{layer}"
        attention = f"{source}.attention.attn"
        query_key_value = stacked(*(self._quantised(f"{attention}.{one}.weight") for one in "qkv"))
        self._graph.product(x, query_key_value.values, query_key_value.scale, f"{name}/qkv")
        add("Split", [f"{name}/qkv"], *(f"{name}/{one}" for one in "qkv"), axis=-1, num_outputs=3)
        offsets = np.concatenate([self._array(f"{attention}.{one}.bias") for one in "qkv"])
        add(
            "MultiHeadAttention",
            [*(f"{name}/{one}" for one in "qkv"), constant(f"{name}/qkv_bias", offsets), "mask", "bias"],
            f"{name}/attended",
            domain=MICROSOFT,
            num_heads=self._heads,
        )
        self._product(f"{name}/attended", f"{attention}.o", f"{name}/attention")
        y = self._joined(f"{name}/attention", x, f"{attention}.o", f"{source}.attention.LayerNorm", f"{name}/y")
        self._product(y, f"{source}.intermediate.dense", f"{name}/wide")
        offset = constant(f"{name}/wide_bias", self._array(f"{source}.intermediate.dense.bias"))
        add("BiasGelu", [f"{name}/wide", offset], f"{name}/active", domain=MICROSOFT)
        self._product(f"{name}/active", f"{source}.output.dense", f"{name}/narrow")
        return self._joined(f"{name}/narrow", y, f"{source}.output.dense", f"{source}.output.LayerNorm", f"{name}/z")

    def _product(self, x: str, source: str, name: str) -> str:
        weights = self._quantised(f"{source}.weight")
        return self._graph.product(x, weights.values, weights.scale, name)

    def _joined(self, x: str, before: str, dense: str, norm: str, name: str) -> str:
        """The bias of ``dense`` and what was before added to ``x``, normalised."""
        offset = self._graph.constant(f"{name}_bias", self._array(f"{dense}.bias"))
        return self._graph.add(
            "SkipLayerNormalization",
            [x, before, *self._norm(norm), offset],
            name,
            domain=MICROSOFT,
            epsilon=EPSILON,
        )

    def _norm(self, source: str) -> tuple[str, str]:
        constant = self._graph.constant
        return (
            constant(f"{source}.scale", self._array(f"{source}.weight")),
            constant(f"{source}.shift", self._array(f"{source}.bias")),
        )

    def _array(self, name: str) -> Array:
        found = self._weights[name]
        if isinstance(found, Quantised):
            raise TypeError(f"{name} is quantised")
        return found

    def _quantised(self, name: str) -> Quantised:
        found = self._weights[name]
        if not isinstance(found, Quantised):
            raise TypeError(f"{name} is not quantised")
        return found


def buckets(distances: npt.NDArray[np.int64], number: int) -> npt.NDArray[np.int64]:
    """Which of ``number`` biases goes with each distance (T5's buckets, Raffel et al. 2020).

    Half of them are for what comes later; of each half, half are for one distance each, the others for wider and wider
    ranges up to :data:`FARTHEST`.
    """
    half = number // 2
    exact = half // 2
    away = np.abs(distances)
    octaves = np.log(np.maximum(away, 1) / exact) / math.log(FARTHEST / exact)
    wide = np.minimum(exact + np.floor(octaves * (half - exact) + ON_THE_BORDER).astype(np.int64), half - 1)
    bucket: npt.NDArray[np.int64] = np.where(away < exact, away, wide) + np.where(distances > 0, half, 0)
    return bucket
