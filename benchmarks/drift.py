"""How often an ordinary week raises an alarm, how large a shift is seen, and which kinds of mail are found.

    python -m benchmarks.drift [--policy penelope] [--weeks 200] [--repeats 40] [--encoder]

Weeks are drawn from a third of the mails that ship and compared with the other two thirds, by topic (the true one),
words and language. The baseline is the usual rule of thumb: a population stability index of 0.25 of the topics, empty
classes counted as 0.01%. Kinds of mail: those of benchmarks.invented, and each topic by itself left out of what is
known, among 100 ordinary mails; HDBSCAN over the same distances beside it. ``--encoder`` groups by vectors too.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import HDBSCAN

from benchmarks.invented import invented
from classifier.clusters import LEAST_MAILS, Matrix, by_words, groups
from classifier.drift import Read, shifts
from classifier.encoder import installed_encoder
from classifier.example import Example
from intake.language import detect
from mailtriage.starters import shipped_examples

LEAST_SHARE = 1e-4
RULE_OF_THUMB = 0.25
ORDINARY = 100
KNOWN = 200


def as_read(mail: Example) -> Read:
    return Read(mail.id, mail.labels.get("topic", "new"), None, detect(mail.body), f"{mail.subject}\n{mail.body}")


def stability_index(before: Sequence[Read], now: Sequence[Read]) -> float:
    """The population stability index of the topics."""
    old, new = (Counter(read.topic for read in side) for side in (before, now))
    total = 0.0
    for topic in old | new:
        p = max(new[topic] / len(now), LEAST_SHARE)
        q = max(old[topic] / len(before), LEAST_SHARE)
        total += (p - q) * float(np.log(p / q))
    return total


def sides(reads: Sequence[Read], chance: random.Random) -> tuple[list[Read], list[Read]]:
    mixed = chance.sample(list(reads), len(reads))
    return mixed[len(reads) // 3 :], mixed[: len(reads) // 3]


def tally(pairs: Sequence[tuple[Sequence[Read], Sequence[Read]]]) -> str:
    """In how many of the pairs a shift is found, by aspect, and by the rule of thumb."""
    seen: Counter[str] = Counter()
    for before, now in pairs:
        found = [aspect for aspect, shift in shifts(before, now).items() if shift.shifted]
        seen.update(found)
        seen["any"] += bool(found)
        seen["PSI > 0.25"] += stability_index(before, now) > RULE_OF_THUMB
    names = ("any", "topic", "words", "language", "PSI > 0.25")
    return "  ".join(f"{name} {seen[name]}/{len(pairs)}" for name in names)


def ordinary_weeks(reads: Sequence[Read], size: int, weeks: int, chance: random.Random) -> str:
    pairs = []
    for _ in range(weeks):
        learned, others = sides(reads, chance)
        pairs.append((learned, chance.sample(others, size)))
    return tally(pairs)


def shifted_weeks(
    reads: Sequence[Read], kind: Sequence[Read] | None, share: float, size: int, weeks: int, chance: random.Random
) -> str:
    """Weeks of which a share is of one topic (another one each week), or of ``kind``."""
    topics = [topic for topic, count in Counter(read.topic for read in reads).items() if count >= 25]
    pairs = []
    for _ in range(weeks):
        learned, others = sides(reads, chance)
        topic = chance.choice(topics)
        grown = kind or [read for read in others if read.topic == topic]
        count = round(share * size)
        pairs.append((learned, [*chance.sample(others, size - count), *chance.choices(grown, k=count)]))
    return tally(pairs)


def scores(of_kind: set[str], found: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The F1 of the group that has most of the kind, and how many groups are mostly of something else."""
    best, others = 0.0, 0
    for group in found:
        hits = len(of_kind.intersection(group))
        others += hits < len(group) / 2
        best = max(best, 2 * hits / (len(group) + len(of_kind)))
    return best, others


def density_groups(vectors: Matrix, mails: Sequence[Read]) -> list[list[str]]:
    found = HDBSCAN(min_cluster_size=LEAST_MAILS, metric="cosine", copy=True).fit_predict(vectors.astype(float))
    return [[mails[i].id for i in np.flatnonzero(found == number).tolist()] for number in range(found.max() + 1)]


def kinds_found(cases: Sequence[tuple[Sequence[Read], Sequence[Read]]], *, encoder: bool) -> list[str]:
    """For each way the mean F1 and the mean number of other groups."""
    ways: dict[str, list[tuple[float, int]]] = {}
    for kind, rest in cases:
        ids, mails, known = {read.id for read in kind}, [*rest[:ORDINARY], *kind], rest[ORDINARY:]
        made = {"words": [group.mails for group in groups(mails, known, None)]}
        made["HDBSCAN, words"] = [tuple(g) for g in density_groups(by_words(mails, known), mails)]
        if encoder:
            vectors = np.asarray(installed_encoder("standard").encode([read.text for read in mails]))
            made["vectors"] = [group.mails for group in groups(mails, known, vectors)]
            made["HDBSCAN, vectors"] = [tuple(g) for g in density_groups(vectors, mails)]
        for way, found in made.items():
            ways.setdefault(way, []).append(scores(ids, found))
    return [
        f"{way}: F1 {np.mean([f for f, _ in got]):.2f}, other groups {np.mean([n for _, n in got]):.1f}"
        for way, got in ways.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", default="penelope")
    parser.add_argument("--weeks", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--encoder", action="store_true")
    chosen = parser.parse_args()
    began = time.process_time()
    chance = random.Random(0)
    reads = [as_read(mail) for mail in shipped_examples(chosen.policy)]
    bikes = [as_read(mail) for mail in invented(60)]
    for size in (15, 50):
        print(f"ordinary weeks of {size}: {ordinary_weeks(reads, size, chosen.weeks, chance)}", flush=True)
    for share in (0.1, 0.2, 0.3, 0.4):
        told = shifted_weeks(reads, None, share, 50, chosen.repeats, chance)
        print(f"50 mails, {share:.0%} of them more of one topic: {told}", flush=True)
    for share in (0.04, 0.1, 0.2):
        told = shifted_weeks(reads, bikes, share, 50, chosen.repeats, chance)
        print(f"50 mails, {share:.0%} of them of a new kind: {told}", flush=True)
    for count in (6, 12, 30):
        cases = [(bikes[:count], chance.sample(reads, ORDINARY + KNOWN)) for _ in range(5)]
        print(f"{count} mails of a new kind: {'; '.join(kinds_found(cases, encoder=chosen.encoder))}", flush=True)
    cases = []
    for topic, count in sorted(Counter(read.topic or "" for read in reads).items()):
        if count >= 20:
            rest = [read for read in reads if read.topic != topic]
            left_out = [read for read in reads if read.topic == topic][:30]
            cases.append((left_out, chance.sample(rest, ORDINARY + KNOWN)))
    print(f"{len(cases)} topics left out: {'; '.join(kinds_found(cases, encoder=chosen.encoder))}", flush=True)
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
