"""What benchmarks/speed.py asks: each contestant learns from training_data/ and then says something of texts.

It is run as a module, in a process of its own, with the name of a contestant; nothing of the project is imported for
those that are no part of it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.encoder import Profile

ROOT = Path(__file__).parents[1]
POLICY = "penelope"
POLICIES = ("penelope", "perfana", "atollon")
LENGTHS, BATCHES = (12, 60, 170, 300), (1, 32, 256)
"""Words a mail (170 are one kilobyte), and mails at a time."""
TEXTS = 256
SECONDS = 2.0
"""About how long one figure is measured."""
ROUNDS = 5
EVERY = 3
"""Of the mails that ship, every third is learned from: speed does not need more."""

PROFILES: Mapping[str, Profile] = {"lean": "lean", "standard": "standard", "full": "full"}

Ask = Callable[[list[str]], object]


def stored() -> dict[str, list[dict[str, Any]]]:
    """The mails that ship, by policy, as they stand in their files."""
    return {
        name: [json.loads(line) for line in (ROOT / "training_data" / f"{name}.jsonl").read_text("utf-8").splitlines()]
        for name in POLICIES
    }


def texts_of(words: int) -> list[str]:
    """So many texts of so many words each: the mails that ship, one after the other, cut anew."""
    every = " ".join(f"{one['subject']}. {one['body']}" for ones in stored().values() for one in ones[1::EVERY]).split()
    return [" ".join(every[start : start + words]) for start in islice(_starts(len(every), words), TEXTS)]


def _starts(count: int, words: int) -> Iterator[int]:
    start = 0
    while True:
        yield start
        start = (start + max(words, 67)) % (count - words)


def learned_texts() -> tuple[list[str], list[str]]:
    """What peers and head learn from: the mails as one line each, and their severities."""
    chosen = [one for ones in stored().values() for one in ones[::EVERY]]
    texts = [" ".join(f"{one['subject']} {one['body']}".split()) for one in chosen]
    return texts, [str(one["labels"]["severity"]) for one in chosen]


def rates(ask: Ask, texts: Sequence[str], batch: int) -> tuple[float, float]:
    """Texts a second of processor time, and by the clock, asked ``batch`` at a time.

    Each text once a round; a batch that takes long is asked once.
    """
    batches = [list(texts[start : start + batch]) for start in range(0, len(texts), batch)]
    ask(batches[0][:1])
    began, at = time.process_time(), time.perf_counter()
    ask(batches[0])
    once = max(time.process_time() - began, 1e-5)
    if once > SECONDS:
        return len(batches[0]) / once, len(batches[0]) / (time.perf_counter() - at)
    batches = batches[: max(1, min(len(batches), int(SECONDS / ROUNDS / once)))]
    spent, passed = [], []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        for one in batches:
            ask(one)
        spent.append(time.process_time() - cpu)
        passed.append(time.perf_counter() - wall)
    count = sum(map(len, batches))
    return count / max(min(spent), 1e-9), count / statistics.median(passed)


def head_contestant(profile: Profile) -> Ask:
    """The product's features and a head, without its memory of texts it has seen."""
    from classifier.labelled_text import LabelledText
    from classifier.learned import answer, learn

    texts, labels = learned_texts()
    labelled = [LabelledText(text, label, str(i)) for i, (text, label) in enumerate(zip(texts, labels, strict=True))]
    learned = learn(labelled, profile, gated=False)
    return _forgetting(profile, lambda asked: answer(learned, [LabelledText(text, "", "") for text in asked]))


def verdict_contestant(profile: Profile, *, verdict: bool) -> Ask:
    """All of the product, or all that its model reads."""
    from classifier.assess import assess, look
    from classifier.example import read_file
    from classifier.mail import Mail, mail_of
    from classifier.model import train
    from policies.loader import load_shipped

    examples = {name: read_file(ROOT / "training_data" / f"{name}.jsonl")[::EVERY] for name in POLICIES}
    policy = load_shipped(POLICY)
    pool = [one for name in POLICIES if name != POLICY for one in examples[name]]
    model = train(policy, examples[POLICY], profile=profile, pool=pool)
    facts = [mail_of(one).facts for one in examples[POLICY]]

    def ask(asked: list[str]) -> object:
        mails = [Mail("", text, facts[i % len(facts)]) for i, text in enumerate(asked)]
        return assess(model, policy, mails) if verdict else model.read(look(model, policy, mails)[1])

    return _forgetting(profile, ask)


def _forgetting(profile: Profile, ask: Ask) -> Ask:
    """The encoder remembers texts: each would cost nothing the second time."""
    if profile == "lean":
        return ask
    from classifier.encoder import installed_encoder

    encoder = installed_encoder(profile)

    def forgetful(asked: list[str]) -> object:
        encoder._remembered.clear()
        return ask(asked)

    return forgetful


def fasttext_contestant() -> Ask:
    import fasttext

    texts, labels = learned_texts()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.txt")
        path.write_text("\n".join(f"__label__{y} {text}" for y, text in zip(labels, texts, strict=True)), "utf-8")
        model = fasttext.train_supervised(
            str(path), epoch=25, lr=0.5, wordNgrams=2, minn=2, maxn=5, dim=100, thread=1, verbose=0
        )
    return lambda asked: model.predict(asked, k=-1)


def spacy_contestant() -> Ask:
    from benchmarks.peers import spacy_peer

    return spacy_peer(*learned_texts())


def contestant(name: str) -> Ask:
    """Fitted and ready to be asked."""
    kind, _, named = name.partition(" ")
    if kind == "fastText":
        return fasttext_contestant()
    if kind == "spaCy":
        return spacy_contestant()
    profile = PROFILES[named]
    return head_contestant(profile) if kind == "head" else verdict_contestant(profile, verdict=kind == "verdict")


def asked(name: str) -> None:
    """In a process of its own: a line of JSON for each figure of a contestant."""
    ask = contestant(name)
    for words in LENGTHS:
        texts = texts_of(words)
        for batch in BATCHES:
            cpu, wall = rates(ask, texts, batch)
            print(json.dumps({"words": words, "batch": batch, "cpu": cpu, "wall": wall}), flush=True)


def worker(folder: Path) -> None:
    """In a process of its own: loads the models in ``folder`` and classifies 100 mails; seconds and megabytes."""
    from classifier import storage
    from classifier.assess import assess
    from classifier.example import read_file
    from classifier.mail import mail_of
    from classifier.memory import peak_megabytes
    from policies.loader import load_shipped

    took, models = [], {}
    for name in POLICIES:
        began = time.process_time()
        models[name] = storage.load(folder / name, "measured")
        took.append(time.process_time() - began)
    for name in POLICIES:
        mails = [mail_of(one) for one in read_file(ROOT / "training_data" / f"{name}.jsonl")[:34]]
        assess(models[name], load_shipped(name), mails)
    print(json.dumps({"seconds": max(took), "megabytes": peak_megabytes()}))


def save_models(profile: Profile, folder: Path) -> None:
    """In a process of its own: a model of each policy, as large as those that ship."""
    from classifier import storage
    from classifier.example import read_file
    from classifier.model import train
    from policies.loader import load_shipped

    examples = {name: read_file(ROOT / "training_data" / f"{name}.jsonl") for name in POLICIES}
    for name in POLICIES:
        pool = [one for other in POLICIES if other != name for one in examples[other][::EVERY]]
        (folder / name).mkdir()
        model = train(load_shipped(name), examples[name], profile=profile, pool=pool)
        storage.save(model, folder / name)


def main() -> None:
    what, *more = sys.argv[1:]
    if what == "worker":
        worker(Path(more[0]))
    elif what == "models":
        save_models(PROFILES[more[0]], Path(more[1]))
    else:
        if "one" in more:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        asked(what)


if __name__ == "__main__":
    main()
