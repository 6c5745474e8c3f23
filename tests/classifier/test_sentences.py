"""Sentences are given word for word, so that the page can point at them."""

from __future__ import annotations

from classifier.sentences import MAX_SENTENCES, sentences, whole


def test_sentences_end_at_marks_empty_lines_and_items_but_not_inside_numbers() -> None:
    text = "We run 5.5.3 here.\nIt is\nslow! Steps:\n- open it\n- wait\n\nRegards Jo"
    assert sentences("Slow", text) == [
        "Slow",
        "We run 5.5.3 here.",
        "It is\nslow!",
        "Steps:",
        "- open it",
        "- wait",
        "Regards Jo",
    ]


def test_quoted_lines_are_no_part_of_it() -> None:
    assert sentences("s", "new text\n> old text. more old.\nnew end") == ["s", "new text", "new end"]
    assert "old" not in whole("s", "new\n> old")


def test_an_empty_mail_is_one_empty_sentence() -> None:
    assert sentences("", "") == [""]


def test_a_hostile_mail_is_read_only_so_far() -> None:
    assert len(sentences("s", "a mail. " * 1_000_000)) == MAX_SENTENCES
    assert len(whole("s", "x" * 10_000_000)) < 30_000
    assert whole("\ud800", "b\udcffc") == "?\n\nb?c"


def test_greetings_thanks_and_shouting_are_no_sentences_and_the_words_of_the_others_stay() -> None:
    text = "Hello,\n\nit IS slow for “all”.\n\nURGENT!!!\n\nThank you!\n\nKind regards\nJo"
    assert sentences("Re: URGENT! Slow", text) == ["Slow", "it IS slow for “all”."]


def test_a_mail_of_nothing_but_thanks_is_read_as_it_is() -> None:
    assert sentences("", "Thank you very much!") == ["", "Thank you very much!"]


def test_the_whole_has_the_same_sentences() -> None:
    subject, _, text = whole("Slow", "Hi,\nit is slow\nand\n- old\n- grey\n\nRegards\nJo").partition("\n\n")
    assert [subject, text] == ["Slow", "it is slow\nand\n\n- old\n\n- grey"]
    assert sentences(subject, text) == ["Slow", "it is slow\nand", "- old", "- grey"]
