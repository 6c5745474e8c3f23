"""The policies' own examples: those that ship all pass and reach every clause; the command says where some do not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from intake import language
from mailtriage import cli
from mailtriage.commands.policy_test import find_in_new_text
from policies.labels import IMPACT_VALUES
from policies.loader import load, load_shipped, shipped
from policies.policy import Policy
from policies.trial.examples import SHIPPED, Example, ExamplesError, load_examples, where
from policies.trial.reach import reach
from policies.trial.trying import Tried, try_examples
from tests.policies.build import RULE, SMALL

ENOUGH = 3
Run = Callable[..., tuple[int, str, str]]


@cache
def _examples(name: str) -> tuple[Example, ...]:
    return load_examples(SHIPPED / f"{name}.toml", load_shipped(name))


@cache
def _tried(name: str) -> tuple[Tried, ...]:
    policy = load_shipped(name)
    return tuple(try_examples(policy, _examples(name), find_in_new_text(policy)))


@pytest.mark.parametrize("name", shipped())
def test_every_example_that_ships_passes(name: str) -> None:
    assert [(each.example.id, each.differences) for each in _tried(name) if not each.passed] == []


@pytest.mark.parametrize("name", shipped())
def test_every_clause_is_cited_in_an_example_about_it_and_has_three(name: str) -> None:
    found = reach(load_shipped(name), _tried(name))
    assert found.clauses.missed == ()
    assert found.few == ()
    about = Counter(clause for example in _examples(name) for clause in example.about)
    assert all(about[clause] >= ENOUGH for clause in load_shipped(name).clauses)


@pytest.mark.parametrize("name", shipped())
def test_every_rule_and_every_branch_is_reached(name: str) -> None:
    found = reach(load_shipped(name), _tried(name))
    assert found.rules.missed == ()
    assert found.branches.missed == ()


def test_three_examples_for_each_of_all_clauses() -> None:
    clauses = sum(len(load_shipped(name).clauses) for name in shipped())
    assert sum(len(_examples(name)) for name in shipped()) >= ENOUGH * clauses


@pytest.mark.parametrize("name", shipped())
def test_without_any_rule_that_decides_something_an_example_fails(name: str) -> None:
    """A rule that no example would miss could be lost by an edit without anybody noticing."""
    policy = load_shipped(name)
    signals = {(each.example.subject, each.example.body): each.signals for each in _tried(name)}

    def find(subject: str, body: str) -> Mapping[str, tuple[str, ...]]:
        return signals[subject, body]

    def fails_without(lost: str) -> bool:
        poorer = replace(policy, rules=tuple(rule for rule in policy.rules if rule.id != lost))
        return any(not try_examples(poorer, [example], find)[0].passed for example in _examples(name))

    assert [rule.id for rule in policy.rules if rule.effects and not fails_without(rule.id)] == []


@pytest.mark.parametrize("name", shipped())
def test_the_language_named_is_the_one_the_mail_is_in(name: str) -> None:
    for example in _examples(name):
        detected = language.detect(f"{example.subject}\n{example.body}")
        assert detected in (None, example.facts.language) or example.facts.language is None, example.id


@pytest.mark.parametrize("name", shipped())
def test_the_examples_that_ship_tell_every_impact_fact(name: str) -> None:
    assert [example.id for example in _examples(name) if set(example.impact) != set(IMPACT_VALUES)] == []


# ---------------------------------------------------------------------------------------------------------------------
# A small policy with examples of its own

PLAIN = SMALL.partition("[calendars.office]")[0] + RULE
ID = '[[examples]]\nid = "one"\n'
MAIL = """\
about = ["out.1"]
subject = "Help"
body = "Please help me with the thing."
topic = "help"
issue_type = "advice"
impact = { kind = "question" }
"""
IN = 'expect = { scope = "included", clauses = ["in.1"] }\n'
OUT = 'expect = { scope = "outside", clauses = ["out.1"] }\n'
HEAD = 'policy = "small"\n[defaults]\nreceived = 2026-05-06T12:00:00+00:00\n'


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Writes the small policy (whose help is outside) and its examples; gives the policy's path."""

    def write(examples: str, policy: str = PLAIN) -> Path:
        path = tmp_path / "small.toml"
        path.write_text(policy, encoding="utf-8")
        (tmp_path / "examples").mkdir(exist_ok=True)
        (tmp_path / "examples" / "small.toml").write_text(examples, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``mailtriage policy test``: the exit code, and what it printed."""

    def run_it(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(["policy", "test", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run_it


def _only(path: Path) -> Tried:
    policy = load(path)
    found = where(policy.name, path.parent)
    assert found is not None
    (tried,) = try_examples(policy, load_examples(found, policy), lambda subject, body: {})
    return tried


def test_a_right_example_passes(small: Callable[..., Path]) -> None:
    assert _only(small(HEAD + ID + MAIL + OUT)).passed


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ('scope = "included", clauses = ["out.1"]', "scope"),
        ('scope = "outside", clauses = ["in.1", "out.1"]', "clauses"),
        ('scope = "outside", clauses = []', "clauses"),
        ('scope = "outside", clauses_at_least = ["in.1"]', "clauses_at_least"),
        ('scope = "outside", clauses = ["out.1"], charge = "USD"', "charge"),
        ('scope = "outside", clauses = ["out.1"], due = 2026-05-06T12:00:00', "due"),
        ('scope = "outside", clauses = ["out.1"], severity = "SEV1"', "severity"),
        ('scope = "outside", clauses = ["out.1"], issue_type = "bug"', "issue_type"),
        ('scope = "outside", clauses = ["out.1"], notes = ["a word that is not there"]', "notes"),
        ('scope = "outside", clauses = ["out.1"], asks = ["who?"]', "asks"),
        ('scope = "outside", clauses = ["out.1"], missing = ["plan"]', "missing"),
    ],
)
def test_whatever_differs_is_told(small: Callable[..., Path], expect: str, what: str) -> None:
    tried = _only(small(HEAD + ID + MAIL + f"expect = {{ {expect} }}\n"))
    assert [difference.what for difference in tried.differences] == [what]


def test_a_person_asked_without_its_being_expected_is_a_difference(small: Callable[..., Path]) -> None:
    tried = _only(small(HEAD + ID + MAIL + OUT, PLAIN + 'ask = "Is it so?"\n'))
    assert [(difference.what, difference.came) for difference in tried.differences] == [("asks", "Is it so?")]


@pytest.mark.parametrize("due", ["2026-05-11T10:00:00", "2026-05-11T12:00:00+02:00"])
def test_a_due_time_is_one_of_the_policys_zone_or_has_an_offset(small: Callable[..., Path], due: str) -> None:
    mail = MAIL.replace('{ kind = "question" }', '{ function = "dead", affected = "all" }')
    expect = f'expect = {{ scope = "outside", clauses = ["in.1", "out.1"], due = {due} }}\n'
    late = HEAD.replace("2026-05-06T12:00:00", "2026-05-05T16:30:00")
    policy = (SMALL + RULE).replace('SEV1 = "30 minutes"', 'SEV1 = "90 minutes"')
    assert _only(small(late + ID + mail + expect, policy)).differences == ()


def test_the_command_prints_what_was_expected_what_came_and_why(small: Callable[..., Path], run: Run) -> None:
    code, out, _ = run(small(HEAD + ID + MAIL + IN))
    assert code == 1
    assert "small: one (line 4) fails" in out
    assert "scope: expected included; came outside" in out
    assert "rule out: the topic is help" in out
    assert "1 example, 0 passed" in out


def test_the_command_fails_for_a_clause_without_an_example(small: Callable[..., Path], run: Run) -> None:
    code, out, _ = run(small(HEAD + ID + MAIL + OUT))
    assert code == 1
    assert "1 example, 1 passed" in out
    assert "clauses: 1 of 2 reached" in out
    assert "not reached: small/in.1" in out


def test_an_example_about_a_clause_that_is_not_cited_does_not_cover_it(small: Callable[..., Path], run: Run) -> None:
    both = HEAD + ID + MAIL.replace('["out.1"]', '["in.1", "out.1"]') + OUT
    code, out, _ = run(small(both))
    assert code == 1
    assert "not reached: small/in.1" in out


def test_the_command_leaves_with_zero_when_all_is_reached(small: Callable[..., Path], run: Run) -> None:
    second = MAIL.replace('"out.1"', '"in.1"').replace('topic = "help"', 'topic = "rest"')
    policy = PLAIN.replace('title = "The rest"', 'title = "The rest"\nscope = "included"\nclauses = ["in.1"]')
    code, out, _ = run(small(HEAD + ID + MAIL + OUT + ID.replace("one", "two") + second + IN, policy))
    assert code == 0
    assert "clauses: 2 of 2 reached, 2 with fewer than 3 examples" in out
    assert "rules: 1 of 1 reached" in out
    assert "not reached: severity SEV1: dead for all" in out


def test_the_command_prints_json(small: Callable[..., Path], run: Run) -> None:
    code, out, _ = run(small(HEAD + ID + MAIL + IN), "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["policy"], found["examples"], found["passed"]) == ("small", 1, 0)
    assert found["clauses"]["of"] == 2
    assert found["failed"][0]["differences"][0] == {"what": "scope", "expected": "included", "came": "outside"}
    assert found["failed"][0]["rules"] == ["out"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + ID + "colour = 1\n" + MAIL + OUT, "line 6: examples[0]: 'colour' is not a key of this table"),
        (HEAD + ID + MAIL.replace('"help"', '"hlep"') + OUT, "line 9: examples[0].topic: 'hlep' is not a topic"),
        (HEAD + ID + MAIL.replace("out.1", "out.9") + OUT, "line 6: examples[0].about: 'out.9' is not a clause"),
        (HEAD + ID + MAIL + OUT.replace("out.1", "out.9"), "examples[0].expect.clauses: 'out.9' is not a clause"),
        (HEAD + ID + MAIL + 'customer = { plan = "gold" }\n' + OUT, "examples[0].customer.plan: 'gold' is not a value"),
        (HEAD + ID + MAIL + "customer = { plane = 1 }\n" + OUT, "(did you mean 'plan'?)"),
        (HEAD + ID + MAIL + "history = { helped = [3] }\n" + OUT, "'helped' is not a topic"),
        (HEAD + ID + MAIL + "received = 2026-05-06T12:00:00\n" + OUT, "needs an offset"),
        (HEAD + ID + MAIL.replace("question", "riddle") + OUT, "'riddle' is not a value of kind"),
        (HEAD + ID + MAIL.replace('{ kind = "question" }', '"riddle"') + OUT, "'riddle' is not one of [impacts]"),
        (HEAD + ID + MAIL + OUT.replace('"outside"', '"covered"'), "examples[0].expect.scope"),
        (HEAD + ID + MAIL + OUT + ID + MAIL + OUT, "'one' is given twice; the first is examples[0]"),
        (HEAD.replace("small", "other") + ID + MAIL + OUT, "line 1: policy: these are examples of 'other'"),
        ('policy = "small"\n' + ID + MAIL + OUT, "examples[0].received: is missing, here and in [defaults]"),
        (HEAD + ID + MAIL, "examples[0].expect: is missing"),
        (HEAD + ID + MAIL + "expect = = 1", "line 12"),
        ('policy = "small"\n', "examples: is missing"),
        ('policy = "small"\nexamples = []\n', "line 2: examples: there are none"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(
    small: Callable[..., Path], run: Run, text: str, told: str
) -> None:
    code, out, err = run(small(text))
    assert code == 2
    assert out == ""
    assert "small.toml: " in err
    assert told in err


def test_a_file_that_cannot_be_read_is_told(small: Callable[..., Path], run: Run, tmp_path: Path) -> None:
    path = small(HEAD + ID + MAIL + OUT)
    code, _, err = run(path, "--examples", tmp_path / "missing.toml")
    assert code == 2
    assert "cannot be read" in err
    (tmp_path / "latin.toml").write_bytes(b"policy = '\xe9'")
    with pytest.raises(ExamplesError, match="not UTF-8"):
        load_examples(tmp_path / "latin.toml", load(path))


def test_a_policy_without_examples_says_where_they_go(small: Callable[..., Path], run: Run, tmp_path: Path) -> None:
    path = small("")
    (tmp_path / "examples" / "small.toml").unlink()
    code, _, err = run(path)
    assert code == 2
    assert "small has no examples" in err


def test_a_changed_copy_of_a_shipped_policy_is_tried_with_the_examples_that_ship(tmp_path: Path) -> None:
    policy: Policy = load_shipped("atollon")
    assert where(policy.name, tmp_path) == SHIPPED / "atollon.toml"


def test_an_unknown_value_takes_a_default_away(small: Callable[..., Path]) -> None:
    head = HEAD + 'customer = { plan = "basic", seats = 3 }\nhistory = { help = [3] }\n'
    own = 'customer = { plan = "unknown" }\nhistory = "unknown"\nlanguage = "unknown"\nsender_proven = "unknown"\n'
    facts = _only(small(head + ID + MAIL + own + OUT)).example.facts
    assert dict(facts.customer) == {"seats": 3}
    assert (facts.history, facts.language, facts.sender_proven) == (None, None, None)


def test_the_sender_counts_as_proven_and_writes_in_the_policys_language(small: Callable[..., Path]) -> None:
    facts = _only(small(HEAD + ID + MAIL + "history = { help = [3, 40] }\n" + OUT)).example.facts
    assert (facts.sender_proven, facts.language) == (True, "en")
    assert [(past.topic, past.days_ago) for past in facts.history or ()] == [("help", 3), ("help", 40)]


def test_an_impact_may_differ_from_a_named_one(small: Callable[..., Path]) -> None:
    head = HEAD + '[impacts]\nbad = { kind = "fault", function = "dead", affected = "all", deadline = false }\n'
    own = MAIL.replace('{ kind = "question" }', '{ like = "bad", affected = "one" }')
    impact = _only(small(head + ID + own + OUT)).example.impact
    assert impact == {"kind": "fault", "function": "dead", "affected": "one", "deadline": "false"}
