"""What one version of a policy says differently from another is told, and nothing that differs is left out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policies.explaining.difference import differences
from policies.file import PolicyFile
from policies.loader import load_shipped, read_policy, shipped
from policies.policy import Policy
from policies.references import problems
from tests.policies.build import RULE, SMALL

SECOND = RULE.replace('id = "out"', 'id = "second"').replace("outside", "included")
TEXT = SMALL + RULE + SECOND


def _policy(text: str) -> Policy:
    return read_policy(text.encode(), "small.toml")


def _said(old: str, new: str) -> list[str]:
    return [change.says for change in differences(_policy(old), _policy(new))]


@pytest.mark.parametrize("name", shipped())
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    assert differences(load_shipped(name), load_shipped(name)) == ()


def test_comments_and_layout_are_no_difference() -> None:
    assert _said(TEXT, TEXT.replace("[[rules]]", "# a remark\n\n[[rules]]")) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = "1.0.0"', 'version = "1.1.0"', "the version was 1.0.0, is 1.1.0"),
        ("effective = 2026-01-01", "effective = 2026-07-01", "the effective day was 2026-01-01, is 2026-07-01"),
        ('title = "Small"', 'title = "Tiny"', "the title was Small, is Tiny"),
        ('"required"', '"trusted"', "the sender proof was required, is trusted"),
        ("severity = 0.9,", "severity = 0.8,", "the target precision was:"),
        (
            "Help is included.",
            "Help is for all.",
            "the clause 'in.1': sentence was Help is included., is Help is for all.",
        ),
        (
            'scope = "included"\nclauses = ["in.1"]\n',
            'scope = "included"\n',
            "the topic 'help': clauses removed 'in.1'",
        ),
        ('title = "plan"', 'title = "support plan"', "the customer fact 'plan': title was plan, is support plan"),
        ('["basic", "full"]', '["basic", "full", "top"]', "the customer fact 'plan': values added 'top'"),
        ('["very loud"]', '["so loud"]', "the signal 'loud': phrases.en added 'so loud'; removed 'very loud'"),
        ('affected = ["all"] }', 'affected = ["group"] }', "the severity row 'dead for all': when was:"),
        ('[{ name = "1" }, { name = "2" }]', '[{ name = "2" }]', "the releases: series was"),
        ('closes = "17:00"', 'closes = "18:00"', "the calendar 'office': windows was:"),
        (
            'SEV1 = "30 minutes"',
            'SEV1 = "45 minutes"',
            "SEV1 45 support minutes, SEV2 1 support hour, SEV3 1 business day, SEV4 none",
        ),
        (
            "{ SEV2 = 1, SEV3 = 2, SEV4 = 3 }",
            "{ SEV2 = 5, SEV3 = 2, SEV4 = 3 }",
            "mistaking 'SEV1': SEV2 was 1.0, is 5.0",
        ),
        ('title = "Out"\nclauses', 'title = "Out"\nfinal = true\nclauses', "the rule 'out': final is new: yes"),
        (
            'when.topic = ["help"]',
            'when = { not_topic = ["rest"], facts = { seats = { at_least = 5 } } }',
            "the rule 'out': when was: the topic is help; is: the topic is not rest, and seats is at least 5",
        ),
    ],
)
def test_what_changed_is_told_in_words(old: str, new: str, says: str) -> None:
    assert old in TEXT
    said = _said(TEXT, TEXT.replace(old, new, 1))
    assert any(says in sentence for sentence in said), said
    assert len(said) == 1


def test_an_added_and_a_removed_rule_are_told_as_sentences() -> None:
    third = '[[rules]]\nid = "third"\ntitle = "Third"\nlower_to = "SEV4"\nask = "Sure?"\nwhen.signals_any = ["loud"]\n'
    told = (
        "the rule 'third' (Third: when the mail says \"it is loud\", "
        "it lowers the severity to at most SEV4 and asks a person: Sure?)"
    )
    assert _said(TEXT, TEXT + third) == [f"added: {told}"]
    assert _said(TEXT + third, TEXT) == [f"removed: {told}"]


def test_a_rule_that_was_moved_is_told_once() -> None:
    third = RULE.replace('id = "out"', 'id = "third"')
    assert _said(TEXT + third, SMALL + third + RULE + SECOND) == ["moved: the rule 'third', to the top"]
    assert _said(SMALL + RULE + SECOND + third, SMALL + SECOND + third + RULE) == [
        "moved: the rule 'out', after 'third'"
    ]


def test_the_version_comes_first_and_a_change_is_also_data() -> None:
    new = TEXT.replace('version = "1.0.0"', 'version = "2.0.0"').replace("Help is included.", "Help is for all.")
    first, second = differences(_policy(TEXT), _policy(new))
    assert first.to_json() == {
        "section": "version",
        "name": "",
        "what": "changed",
        "says": "the version was 1.0.0, is 2.0.0",
        "aspect": None,
        "before": "1.0.0",
        "after": "2.0.0",
    }
    assert (second.section, second.name, second.aspect) == ("clauses", "in.1", "sentence")


def _changed(value: Any) -> Iterator[Any]:
    """``value`` with one thing in it left out, for every thing."""
    match value:
        case dict():
            for key, part in value.items():
                yield {name: other for name, other in value.items() if name != key}
                yield from ({**value, key: other} for other in _changed(part))
        case tuple() | list():
            for place, part in enumerate(value):
                yield [*value[:place], *value[place + 1 :]]
                yield from ([*value[:place], other, *value[place + 1 :]] for other in _changed(part))
        case str():
            yield value + "x"


@pytest.mark.parametrize("name", ["atollon", "perfana"])
def test_nothing_that_differs_is_left_out(name: str) -> None:
    """Whatever one thing is changed in a shipped policy: what says something else then is told."""
    policy = load_shipped(name)
    data = tomllib.loads(policy.source.decode())
    tried = 0
    for section in data:
        every = list(_changed(data[section]))
        for changed in every[:: max(1, len(every) // 20)]:
            try:
                other = PolicyFile.model_validate({**data, section: changed})
            except ValueError:
                continue
            if other != policy.file and not problems(other):
                tried += 1
                assert differences(policy, replace(policy, file=other)), (section, changed)
    assert tried > 50
