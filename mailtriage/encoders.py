"""The sentence encoder as the settings have it: where its files are, and the large one built before it is needed."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from classifier import encoder
from classifier.encoder.building import build, is_built
from classifier.encoder.parts import WEIGHTS_BYTES, installed_parts
from mailtriage.settings import Settings

MEGABYTE = 10**6

log = logging.getLogger("mailtriage.encoder")


def configure(settings: Settings) -> None:
    """Has this process's encoders use the folders and the size limit of ``settings``."""
    vectors, limit = settings.data_dir / "vectors", settings.encoder.cache_mb * MEGABYTE
    encoder.configure(encoder.Places(folder(settings), vectors, limit))


def folder(settings: Settings) -> Path:
    """Where the encoder of the full profile is, or will be."""
    return settings.encoder.folder or encoder.default_folder()


def prepare(settings: Settings) -> None:
    """Configures them, and builds the encoder of the full profile where it is the one that is set."""
    configure(settings)
    if settings.profile == "full":
        build_with_bar(settings)


def build_with_bar(settings: Settings) -> None:
    """Builds it unless it is there, with a progress bar on a terminal and a line of the log elsewhere."""
    place = folder(settings)
    if is_built(place):
        return
    installed_parts()
    if not sys.stderr.isatty():
        log.warning("the encoder of the full profile is being built in %s, once", place)
        build(place)
        return
    with click.progressbar(length=WEIGHTS_BYTES, label="building the encoder, once", file=sys.stderr) as bar:
        build(place, bar.update)
