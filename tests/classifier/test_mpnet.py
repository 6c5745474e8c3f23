"""The graph computes what MPNet computes: against plain NumPy, with small random weights."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("onnx", reason="the onnx package of mailtriage[full] is not installed")

from classifier.encoder.mpnet import buckets, compact, mpnet
from classifier.encoder.quantised import Quantised, quantise
from tests.classifier.small_mpnet import HEADS, LAYERS, LONGEST, WEIGHTS, WIDTH

Array = np.ndarray
KEPT = compact(WEIGHTS.items())


def array(name: str) -> Array:
    found = KEPT[name]
    return found if not isinstance(found, Quantised) else found.values * found.scale[:, None]


def dense(x: Array, name: str) -> Array:
    """A product whose left side is rounded row by row, as the graph does it."""
    step = np.abs(x).max(-1, keepdims=True) / 127
    return np.floor(x / step + 0.5) * step @ array(f"{name}.weight").T + array(f"{name}.bias")


def norm(x: Array, name: str) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * array(f"{name}.weight") + array(f"{name}.bias")


def gelu(x: Array) -> Array:
    from scipy.special import erf

    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def forward(ids: list[int]) -> Array:
    """MPNet of one text, head by head."""
    length = len(ids)
    where = np.arange(length)
    bias = array("encoder.relative_attention_bias.weight")[buckets(where[None] - where[:, None], 32)]
    positions = array("embeddings.position_embeddings.weight")[2 : 2 + length]
    x = norm(array("embeddings.word_embeddings.weight")[ids] + positions, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{own}.attention.attn.{one}") for one in "qkv")
        attended = []
        for head in range(HEADS):
            part = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
            scores = np.exp(q[:, part] @ k[:, part].T / np.sqrt(WIDTH // HEADS) + bias[..., head])
            attended.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        context = dense(np.concatenate(attended, -1), f"{own}.attention.attn.o")
        y = norm(context + x, f"{own}.attention.LayerNorm")
        wide = gelu(dense(y, f"{own}.intermediate.dense"))
        x = norm(dense(wide, f"{own}.output.dense") + y, f"{own}.output.LayerNorm")
    return x


def test_the_graph_computes_what_plain_numpy_does_whatever_the_padding() -> None:
    model = mpnet(KEPT, LONGEST).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    texts = [[0, 7, 9, 2], [0, *range(5, 25), 2], [0, 2]]
    ids = np.array([text + [1] * (22 - len(text)) for text in texts])
    mask = np.array([[1] * len(text) + [0] * (22 - len(text)) for text in texts])
    states = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    for text, found in zip(texts, states, strict=True):
        assert np.corrcoef(found[: len(text)].ravel(), forward(text).ravel())[0, 1] > 0.9999
        alone = session.run(None, {"input_ids": np.array([text]), "attention_mask": np.ones((1, len(text)), np.int64)})
        assert np.allclose(alone[0][0], found[: len(text)], atol=1e-5)


def test_distances_share_buckets_as_in_the_reference() -> None:
    near = buckets(np.array([0, -1, -7, 1, 7]), 32).tolist()
    far = buckets(np.array([-8, -15, -16, -32, -64, -127, -128, -383, 16, 383]), 32).tolist()
    assert near == [0, 1, 7, 17, 23]
    assert far == [8, 9, 10, 12, 14, 15, 15, 15, 26, 31]


def test_a_quantised_row_is_off_by_half_a_step_at_most_and_a_row_of_zeros_stays() -> None:
    matrix = np.vstack([np.random.default_rng(1).normal(size=(5, 40)), np.zeros((1, 40))]).astype(np.float32)
    made = quantise(matrix)
    off = np.abs(made.values * made.scale[:, None] - matrix)
    assert (off <= made.scale[:, None] / 2 + 1e-6).all()
    assert np.abs(made.values).max() == 63
    assert (off[-1] == 0).all()


def test_a_missing_weight_is_named() -> None:
    with pytest.raises(KeyError, match="LayerNorm"):
        mpnet({name: kept for name, kept in KEPT.items() if name != "embeddings.LayerNorm.bias"}, LONGEST)
