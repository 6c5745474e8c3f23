"""A model as files that hold only numbers and names: JSON and NumPy arrays, nothing that can run."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classifier.autonomy import Autonomy
from classifier.features import Features
from classifier.head import Head
from classifier.held_out import HeldOut
from classifier.known import Known
from classifier.model import Model
from classifier.network import installed_network
from classifier.novelty import NoveltyGate
from classifier.prediction import SeverityMix
from classifier.reader import Reader
from classifier.recipe import Recipe
from policies.loader import read_policy
from policies.policy import Policy

DESCRIPTION = "model.json"
ARRAYS = "arrays.npz"
POLICY = "policy.toml"
FILES = (DESCRIPTION, ARRAYS)
FORMAT = 3
WRITTEN_FIRST = re.compile(r'\{"format": (\d{1,9})\b')
WRITTEN_FIRST_LENGTH = 32


class OutdatedFormat(ValueError):
    """The files are a model's, as another version of the program wrote them."""


def check_format(folder: Path) -> None:
    """Raises :class:`OutdatedFormat` when the model in ``folder`` is of another format; reads no more than needed."""
    with (folder / DESCRIPTION).open(encoding="utf-8") as file:
        found = WRITTEN_FIRST.match(file.read(WRITTEN_FIRST_LENGTH))
    if found is not None and int(found[1]) != FORMAT:
        raise OutdatedFormat(f"its format is {found[1]}, not {FORMAT}")


def save(model: Model, folder: Path) -> None:
    """Writes the model's files into ``folder``. The same model gives the same bytes."""
    vocabularies, arrays = model.features.to_arrays()
    known, vectors = model.known.to_arrays()
    arrays.update(vectors)
    held, said = model.held.to_arrays()
    arrays.update(said)
    description = {
        "format": FORMAT,
        "policy": model.policy,
        "profile": model.profile,
        "recipe": model.recipe.to_json(),
        "network": model.network,
        "context": list(model.context),
        "severity_mix": asdict(model.severity_mix),
        "autonomy": {label: autonomy.to_json() for label, autonomy in model.autonomy.items()},
        "heads": {
            key: {"classes": list(head.classes), "temperature": head.temperature} for key, head in model.heads.items()
        },
        "learned_from": sorted(model.learned_from),
        "known": known,
        "held": held,
        "novelty": _gate_numbers(model.novelty) if model.novelty else None,
        "vocabularies": vocabularies,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    if model.trained_under is not None:
        (folder / POLICY).write_bytes(model.trained_under.source)
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
        raise OutdatedFormat(f"its format is {description['format']}, not {FORMAT}")
    network = description["network"]
    if network and network != installed_network().sha256:
        raise OutdatedFormat("it learned from another network's readings")
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = dict(stored)
    known = Known.from_arrays(description.get("known", ()), arrays)
    heads = {key: _head(key, about, arrays) for key, about in description["heads"].items()}
    classes = {key: head.classes for key, head in heads.items()}
    return Model(
        version=version,
        policy=description["policy"],
        profile=description["profile"],
        recipe=Recipe.from_json(description.get("recipe", {})),
        features=Features.from_arrays(description["profile"], description["vocabularies"], arrays),
        reader=Reader(arrays["reader_coef"].astype(np.float32), arrays["reader_intercept"]),
        context=tuple(description["context"]),
        heads=heads,
        severity_mix=SeverityMix(**description["severity_mix"]),
        autonomy={label: Autonomy.from_json(data) for label, data in description["autonomy"].items()},
        learned_from=frozenset(description["learned_from"]),
        trained_under=_policy(folder / POLICY),
        known=known,
        novelty=_gate(description.get("novelty"), known),
        held=HeldOut.from_arrays(description.get("held"), arrays, classes),
        network=network,
    )


def _gate_numbers(gate: NoveltyGate) -> dict[str, Any]:
    return {"centre": list(gate.centre), "spread": list(gate.spread), "threshold": gate.threshold}


def _gate(numbers: Mapping[str, Any] | None, known: Known) -> NoveltyGate | None:
    """The gate over the ``known`` mails; None in a model that was saved without one."""
    if numbers is None:
        return None
    (a, b), (c, d) = numbers["centre"], numbers["spread"]
    return NoveltyGate(known.vectors, (a, b), (c, d), numbers["threshold"])


def _policy(path: Path) -> Policy | None:
    return read_policy(path.read_bytes(), path.name) if path.exists() else None


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
