"""Weeks beside what was learned from, and kinds of mail: by planted mixes whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from classifier.clusters import groups, slug
from classifier.drift import LEAST_MAILS, Read, shifts
from classifier.weekly import WEEK, weeks_of

TOPICS = ("printer", "network", "password", "invoice")
WORDS = {
    "printer": "printer toner tray paper jam",
    "network": "network cable router wifi slow",
    "password": "password reset login locked account",
    "invoice": "invoice amount booking wrong due",
    "bicycle": "bicycle shed lease helmet saddle",
}
MONDAY = date(2026, 11, 16)


def mails(count: int, mix: Sequence[float], seed: int, *, topics: Sequence[str] = TOPICS) -> list[Read]:
    rng = np.random.default_rng(seed)
    made = []
    for number, topic in enumerate(rng.choice(np.asarray(topics), size=count, p=mix).tolist()):
        own = rng.choice(WORDS[topic].split(), 3, replace=False).tolist()
        rest = [f"filler{chr(97 + i)}" for i in rng.integers(0, 20, 6).tolist()]
        text = " ".join((*own, *rest, "please"))
        made.append(Read(f"{seed}-{number}", topic, float(rng.beta(8, 2)), "en" if rng.random() < 0.9 else "nl", text))
    return made


EVEN = (0.25, 0.25, 0.25, 0.25)
LEARNED = mails(300, EVEN, 1)


def test_ordinary_weeks_are_no_shift_however_small() -> None:
    found = [shifts(LEARNED, mails(size, EVEN, seed)) for seed, size in enumerate((10, 15, 25, 40, 60) * 2, start=2)]
    assert sum(shift.shifted for week in found for shift in week.values()) <= 1


def test_a_topic_that_grows_is_seen_with_the_mails_that_show_it() -> None:
    now = mails(60, (0.7, 0.1, 0.1, 0.1), 9)
    found = shifts(LEARNED, now)
    assert found["topic"].shifted and found["words"].shifted
    assert not found["language"].shifted and not found["certainty"].shifted
    first = found["topic"].parts[0]
    assert first.value == "printer" and first.now > 0.5 > first.before
    topic_of = {mail.id: mail.topic for mail in now}
    assert {topic_of[mail] for mail in found["topic"].mails} == {"printer"}


@pytest.mark.parametrize("aspect", ["language", "certainty", "words"])
def test_each_aspect_is_seen_by_itself(aspect: str) -> None:
    changed = {
        "language": lambda mail: replace(mail, language="fr"),
        "certainty": lambda mail: replace(mail, certainty=0.2),
        "words": lambda mail: replace(mail, text=mail.text.replace("filler", "anders")),
    }
    now = [changed[aspect](mail) for mail in mails(40, EVEN, 5)]
    assert [name for name, shift in shifts(LEARNED, now).items() if shift.shifted] == [aspect]


def test_of_few_mails_and_of_what_is_not_known_nothing_is_said() -> None:
    assert shifts(LEARNED, mails(LEAST_MAILS - 1, EVEN, 3)) == {}
    unsure = [replace(mail, certainty=None, language=None) for mail in mails(30, EVEN, 3)]
    assert set(shifts(LEARNED, unsure)) == {"topic", "words"}


def test_the_same_mails_give_the_same_figures() -> None:
    now = mails(40, (0.4, 0.2, 0.2, 0.2), 4)
    assert shifts(LEARNED, now) == shifts(LEARNED, now)


def test_what_has_long_been_so_is_unlike_the_training_but_not_news() -> None:
    changed = (0.7, 0.1, 0.1, 0.1)
    came = {MONDAY - n * WEEK: mails(50, changed, 20 + n) for n in range(4)}
    [newest, _] = weeks_of(LEARNED, came, {}, newest=MONDAY, count=2, complete=False)
    assert "topic" in newest.unlike_training and newest.unlike_before == ()
    assert (newest.begins, newest.mails, newest.complete) == (MONDAY, 50, False)


def test_a_mail_that_nobody_may_see_is_not_among_those_shown() -> None:
    came = {MONDAY: mails(60, (0.7, 0.1, 0.1, 0.1), 9)}
    shown = weeks_of(LEARNED, came, {}, newest=MONDAY, count=1, complete=True)[0].training["topic"].mails
    hidden = weeks_of(LEARNED, came, {}, newest=MONDAY, count=1, complete=True, hidden=shown[:1])[0]
    assert hidden.training["topic"].mails == shown[1:]


def test_a_new_kind_is_one_group_named_by_its_words() -> None:
    kind = mails(12, (1.0,), 7, topics=("bicycle",))
    strange = [Read(f"s{n}", "printer", 0.3, "en", f"unlike{chr(97 + n)} anything{chr(97 + n)}") for n in range(8)]
    [found] = groups([*strange, *kind], LEARNED, None)
    assert set(found.mails) == {mail.id for mail in kind}
    assert set(found.words[:3]) <= set(WORDS["bicycle"].split())
    assert groups([*strange, *kind], LEARNED, None) == [found]


def test_mails_that_share_no_more_than_their_language_are_no_group() -> None:
    dutch = ["de", "het", "een", "van", "voor", "met", "naar", "niet", "maar", "ook", "nog", "wel"]
    rng = np.random.default_rng(0)
    foreign = [
        Read(f"n{n}", "printer", 0.2, "nl", " ".join([*rng.choice(dutch, 8, replace=False), f"woord{chr(97 + n)}"]))
        for n in range(25)
    ]
    assert groups(foreign, LEARNED, None) == []


def test_vectors_group_mails_where_there_are_some() -> None:
    kind = mails(8, (1.0,), 7, topics=("bicycle",))
    others = mails(8, EVEN, 8)
    vectors = np.eye(17, dtype=np.float32)[[0] * 8 + list(range(1, 9))]
    [found] = groups([*kind, *others], LEARNED, vectors)
    assert set(found.mails) == {mail.id for mail in kind}


def test_too_few_mails_or_no_words_are_no_group() -> None:
    assert groups(mails(4, (1.0,), 7, topics=("bicycle",)), LEARNED, None) == []
    assert groups([Read(str(n), None, None, None, "") for n in range(9)], [], None) == []


@pytest.mark.parametrize(
    ("words", "name"),
    [("Leased Bicycle", "leased_bicycle"), ("fünf Räder", "funf_rader"), ("3d printers", "d_printers"), ("日本", "")],
)
def test_a_name_is_what_a_policy_file_takes(words: str, name: str) -> None:
    assert slug(words) == name
