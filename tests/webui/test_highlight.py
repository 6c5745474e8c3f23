from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from policies.policy import Policy
from tests.webui.seed import SAMPLES, verdict_of
from webui.highlight import MOST_PLACES, Phrase, phrases, segments


def kinds(text: str, *wanted: Phrase) -> list[tuple[str, str | None]]:
    return [(s.text, s.kind) for s in segments(text, wanted)]


def test_phrases_are_found_over_line_breaks_and_in_any_case() -> None:
    text = "The Server\n  is DOWN, again."
    assert kinds(text, Phrase("server is down", "impact", "")) == [
        ("The ", None),
        ("Server\n  is DOWN", "impact"),
        (", again.", None),
    ]


def test_words_are_found_whole() -> None:
    assert kinds("download it", Phrase("down", "severity", "")) == [("download it", None)]


def test_of_two_overlapping_phrases_the_first_is_kept() -> None:
    found = kinds("reset the password", Phrase("reset the", "rule", ""), Phrase("the password", "topic", ""))
    assert found == [("reset the", "rule"), (" password", None)]


def test_a_phrase_without_words_marks_nothing() -> None:
    assert kinds("a.b", Phrase("...", "rule", "")) == [("a.b", None)]


@given(st.text(max_size=80), st.lists(st.text(max_size=12), max_size=6))
def test_the_segments_are_the_text_whatever_is_looked_for(text: str, wanted: list[str]) -> None:
    """Nothing of a mail is lost or repeated by marking it."""
    assert "".join(s.text for s in segments(text, [Phrase(w, "impact", "") for w in wanted])) == text


def test_a_word_repeated_without_end_is_marked_a_few_times_only() -> None:
    assert sum(s.kind is not None for s in segments("down " * 10_000, [Phrase("down", "severity", "")])) == MOST_PLACES


def test_words_that_spoke_against_a_label_are_not_marked(policies: Mapping[str, Policy]) -> None:
    wanted = phrases(verdict_of(SAMPLES[0], policies["perfana"]))
    assert "empty dashboards" in {p.words for p in wanted}
    assert "kind regards" not in {p.words for p in wanted}
