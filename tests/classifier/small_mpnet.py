"""An MPNet of two small layers with random weights."""

from __future__ import annotations

import numpy as np

WIDTH, WIDE, HEADS, LAYERS, WORDS, POSITIONS, LONGEST = 16, 32, 2, 2, 50, 30, 24


def random_weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(4)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "encoder.relative_attention_bias.weight": (32, HEADS),
        "pooler.dense.weight": (WIDTH, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        own = f"encoder.layer.{layer}"
        dense = {f"attention.attn.{one}": (WIDTH, WIDTH) for one in "qkvo"}
        dense |= {"intermediate.dense": (WIDE, WIDTH), "output.dense": (WIDTH, WIDE)}
        for name, shape in dense.items():
            shapes |= {f"{own}.{name}.weight": shape, f"{own}.{name}.bias": shape[:1]}
        norms += [f"{own}.attention.LayerNorm", f"{own}.output.LayerNorm"]
    weights = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    for norm in norms:
        weights |= {f"{norm}.weight": random.uniform(0.5, 2, WIDTH).astype(np.float32)}
        weights |= {f"{norm}.bias": random.normal(0, 0.1, WIDTH).astype(np.float32)}
    return weights


WEIGHTS = random_weights()
