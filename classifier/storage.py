"""A model as files that hold only numbers and names: JSON and NumPy arrays, nothing that can run."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classifier.features import Features
from classifier.head import Head
from classifier.model import Model
from classifier.prediction import SeverityMix
from classifier.reader import Reader

DESCRIPTION = "model.json"
ARRAYS = "arrays.npz"
FILES = (DESCRIPTION, ARRAYS)
FORMAT = 1


def save(model: Model, folder: Path) -> None:
    """Writes the model's two files into ``folder``. The same model gives the same bytes."""
    vocabularies, arrays = model.features.to_arrays()
    description = {
        "format": FORMAT,
        "policy": model.policy,
        "profile": model.profile,
        "context": list(model.context),
        "severity_mix": asdict(model.severity_mix),
        "thresholds": dict(model.thresholds),
        "heads": {
            key: {"classes": list(head.classes), "temperature": head.temperature} for key, head in model.heads.items()
        },
        "learned_from": sorted(model.learned_from),
        "vocabularies": vocabularies,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    arrays["reader_coef"], arrays["reader_intercept"] = _half(model.reader.coef), model.reader.intercept
    for key, head in model.heads.items():
        arrays[f"{key}_coef"], arrays[f"{key}_intercept"] = _half(head.coef), head.intercept
    _write_arrays(arrays, folder / ARRAYS)


def load(folder: Path, version: str) -> Model:
    """The model that :func:`save` wrote, under the name ``version``. Never unpickles.

    Raises ValueError, KeyError or OSError when the files are not such a model.
    """
    description: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    if description["format"] != FORMAT:
        raise ValueError(f"its format is {description['format']}, not {FORMAT}")
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = dict(stored)
    return Model(
        version=version,
        policy=description["policy"],
        profile=description["profile"],
        features=Features.from_arrays(description["profile"], description["vocabularies"], arrays),
        reader=Reader(arrays["reader_coef"].astype(np.float32), arrays["reader_intercept"]),
        context=tuple(description["context"]),
        heads={key: _head(key, about, arrays) for key, about in description["heads"].items()},
        severity_mix=SeverityMix(**description["severity_mix"]),
        thresholds=description["thresholds"],
        learned_from=frozenset(description["learned_from"]),
    )


def _head(key: str, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Head:
    coef = arrays[f"{key}_coef"].astype(np.float32)
    return Head(tuple(about["classes"]), coef, arrays[f"{key}_intercept"], about["temperature"])


def _half(values: np.ndarray) -> np.ndarray:
    """Half the bytes; coefficients were rounded to this when they were fitted, so nothing is lost."""
    return values.astype(np.float16)


def _write_arrays(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """As ``numpy.savez_compressed``, but without the time of day in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in sorted(arrays.items()):
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
