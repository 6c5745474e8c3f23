"""The tuned network: what it reads, how it knows the mails it was tuned with again, and where it looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder import EncoderError
from classifier.mail import mail_of
from classifier.network import FactNetwork, installed_network
from classifier.network.network import LEAST, WEIGHTS, key_of
from mailtriage.starters import shipped_examples
from policies.labels import IMPACT_VALUES
from policies.loader import shipped

DOWN = (
    "Nothing works",
    "Since eight this morning nobody in the whole company can log in, all 57 of us. Clients are waiting.",
)
OVER = ("Yesterday", "Yesterday nobody could log in for an hour. Since the restart at ten everything works again.")


@pytest.fixture(scope="module")
def network() -> FactNetwork:
    return installed_network()


def answers(network: FactNetwork, row: np.ndarray) -> dict[tuple[str, str | None], str]:
    """The most probable answer to each question."""
    found, start = {}, 0
    for one in network.questions:
        part = row[start : start + len(one.values)]
        found[one.key, one.policy] = one.values[int(part.argmax())]
        start += len(one.values)
    return found


def test_it_reads_what_a_mail_says(network: FactNetwork) -> None:
    down, over = (answers(network, row) for row in network.read([DOWN, OVER]))
    assert (down["affected", None], down["function", None], down["state", None]) == ("all", "dead", "ongoing")
    assert (down["severity", None], over["state", None], over["severity", None]) == ("SEV1", "resolved", "SEV4")
    assert (down["topic", "penelope"], down["topic", "perfana"]) == ("server_down", "production_down")


def test_the_answers_to_a_question_are_probabilities(network: FactNetwork) -> None:
    (row,) = network.read([DOWN])
    start = 0
    for one in network.questions:
        part = row[start : start + len(one.values)]
        start += len(one.values)
        assert np.exp(part).sum() == pytest.approx(1.0, abs=len(part) * np.exp(LEAST))
    assert start == len(row) == network.width
    assert row.min() >= LEAST


def test_a_mail_is_read_the_same_to_the_last_bit_alone_and_among_others(network: FactNetwork) -> None:
    others = [("", "Thanks."), OVER, (DOWN[0], DOWN[1] * 9)]
    fresh = replace(network, sha256=network.sha256)
    assert (fresh.read([DOWN])[0] == fresh.read([*others, DOWN])[-1]).all()
    assert (fresh._encoder._embed([" ".join(DOWN)])[0] == fresh._encoder._embed(["x", " ".join(DOWN)])[1]).all()


@pytest.mark.parametrize("policy", shipped())
def test_of_the_mails_it_was_tuned_with_it_says_what_one_said_that_had_not_seen_them(
    network: FactNetwork, policy: str
) -> None:
    mails = [mail_of(example) for example in shipped_examples(policy)[::40]]
    rows = network.read([(mail.subject, mail.text) for mail in mails])
    assert all(
        (row == network.told[key_of(mail.subject, mail.text)]).all() for row, mail in zip(rows, mails, strict=True)
    )
    seen = replace(network, told={}).read([(mail.subject, mail.text) for mail in mails])
    assert np.abs(np.exp(rows) - np.exp(seen)).mean() > 0.01


def test_a_mail_is_known_again_however_its_lines_are_broken() -> None:
    assert key_of("a", "b c\nd") == key_of("a", "b\r\nc  d ")
    assert key_of("a", "b c d") != key_of("a", "b c e")


def test_it_looks_at_the_words_that_say_a_fact(network: FactNetwork) -> None:
    text = "\n\n".join(OVER)
    spans, shares = network.attention(text)
    assert shares.shape == (network.width, len(spans))
    assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-4)
    state = [value for fact, values in IMPACT_VALUES.items() for value in values if fact == "state"]
    first = sum(len(values) for fact, values in list(IMPACT_VALUES.items())[: list(IMPACT_VALUES).index("state")])
    assert len(state) == 4
    looked = sum(share for (start, _), share in zip(spans, shares[first], strict=True) if start > text.index("Since"))
    assert looked > 0.5


def test_weights_that_are_not_those_it_was_made_with_are_refused(network: FactNetwork, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(network.weights.read_bytes()[:-1])
    damaged = replace(network, weights=tmp_path / WEIGHTS, sha256="0" * 64)
    with pytest.raises(EncoderError, match="install mailtriage again"):
        damaged.read([DOWN])
