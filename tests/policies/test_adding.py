"""A topic added to a policy file: the text stays as it is but for the topic and the version."""

from __future__ import annotations

import difflib

import pytest

from policies.adding import NewTopic, TopicRefused, with_topic
from policies.loader import load_shipped, read_policy, shipped
from policies.policy import Policy

BIKES = NewTopic("bicycle_lease", "Leased bicycles", "outside")


def changed_lines(before: Policy, after: Policy) -> list[str]:
    found = difflib.ndiff(before.source.decode().splitlines(), after.source.decode().splitlines())
    return [line for line in found if line[:2] in ("- ", "+ ") and line[2:].strip()]


@pytest.mark.parametrize("name", shipped())
def test_a_topic_is_added_last_and_nothing_else_changes_but_the_version(name: str) -> None:
    policy = load_shipped(name)
    made = with_topic(policy, BIKES, [policy.version])
    assert list(made.topics) == [*policy.topics, "bicycle_lease"]
    assert (made.topics["bicycle_lease"].scope, made.topics["bicycle_lease"].title) == ("outside", "Leased bicycles")
    assert changed_lines(policy, made) == [
        f'- version = "{policy.version}"',
        f'+ version = "{made.version}"',
        "+ [[topics]]",
        '+ name = "bicycle_lease"',
        '+ title = "Leased bicycles"',
        '+ scope = "outside"',
    ]
    assert read_policy(made.source, "x.toml").version == made.version != policy.version


def test_the_scope_is_that_of_the_clauses_where_they_decide_one() -> None:
    policy = load_shipped("penelope")
    made = with_topic(policy, NewTopic("bikes", "Bikes", None, ("penelope/outside.2", "outside.2")), [])
    assert made.topics["bikes"].scope == "outside"
    assert made.topics["bikes"].clauses == ("penelope/outside.2",)


def test_a_version_that_was_recorded_is_passed_over() -> None:
    policy = load_shipped("penelope")
    assert with_topic(policy, BIKES, ["1.2.0", "1.3.0"]).version == "1.4.0"


def test_what_a_title_holds_is_quoted_and_lines_end_as_they_did() -> None:
    policy = load_shipped("penelope")
    windows = read_policy(policy.source.replace(b"\n", b"\r\n"), "penelope.toml")
    title = 'The "new" bikes \\ n\u00e4chstes Jahr'
    made = with_topic(windows, NewTopic("bikes", f" {title}\n", "outside"), [])
    assert made.topics["bikes"].title == title
    assert b"\n" not in made.source.replace(b"\r\n", b"")


def test_a_comment_about_what_follows_stays_with_it() -> None:
    policy = load_shipped("penelope")
    text = policy.source.decode()
    end = text.index("\n# ---", text.rindex("[[topics]]"))
    made = with_topic(policy, BIKES, [])
    assert made.source.decode().endswith(text[end:])


def test_topics_at_the_end_of_a_file_are_followed_by_the_new_one() -> None:
    text = load_shipped("penelope").source.decode()
    begin = text.index("[[topics]]")
    end = text.index("\n# ---", begin)
    policy = read_policy((text[:begin] + text[end:] + "\n" + text[begin:end].rstrip()).encode(), "penelope.toml")
    assert list(with_topic(policy, BIKES, []).topics)[-1] == "bicycle_lease"


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        (NewTopic("Bikes!", "Bikes", "outside"), "no name of a topic"),
        (NewTopic("other", "Other", "outside"), "already"),
        (NewTopic("bikes", "  ", "outside"), "title"),
        (NewTopic("bikes", "Bi\x00kes", "outside"), "title"),
        (NewTopic("bikes", "Bikes", "maybe"), "no scope"),
        (NewTopic("bikes", "Bikes", None, ("nowhere.1",)), "no clause of penelope"),
        (NewTopic("bikes", "Bikes"), "which clauses"),
    ],
)
def test_what_is_no_topic_is_refused_with_what_to_do(topic: NewTopic, says: str) -> None:
    with pytest.raises(TopicRefused, match=says):
        with_topic(load_shipped("penelope"), topic, [])


def test_topics_written_as_one_array_are_left_to_a_person() -> None:
    policy = load_shipped("penelope")
    text = policy.source.decode()
    begin = text.index("[[topics]]")
    rest = text[:begin] + text[text.index("\n# ---", begin) :]
    array = ", ".join(f'{{ name = "{topic.name}", title = "{topic.title}" }}' for topic in policy.topics.values())
    written = rest.replace("[target_precision]", f"topics = [{array}]\n[target_precision]", 1)
    with pytest.raises(TopicRefused, match="by hand"):
        with_topic(read_policy(written.encode(), "penelope.toml"), BIKES, [])
