"""What contradicts itself in a policy is found from its conditions, with a mail that shows it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.conditions import EVALUATORS, hold
from policies.contradictions import formula, histories
from policies.contradictions.conflicts import examine
from policies.contradictions.finding import Finding
from policies.loader import load, load_shipped, read_policy, shipped
from policies.policy import Policy
from tests.policies.build import RULE, SMALL

PLANTED = Path(__file__).with_name("conflicting.toml")


def _examined(text: str) -> list[Finding]:
    return list(examine(read_policy(text.encode(), "small.toml")))


def _said(text: str) -> list[str]:
    return [finding.says for finding in _examined(text)]


def _rule(name: str, when: str, more: str = 'set.scope = "outside"') -> str:
    return f'[[rules]]\nid = "{name}"\ntitle = "{name}"\n{more}\nwhen = {when}\n'


@pytest.fixture(scope="module")
def planted() -> Policy:
    return load(PLANTED)


@pytest.mark.parametrize("name", shipped())
def test_the_shipped_policies_have_no_conflict_and_nothing_dead(name: str) -> None:
    assert [finding.says for finding in examine(load_shipped(name))] == []


def test_ten_planted_conflicts_and_three_dead_rules_are_found_and_nothing_else(planted: Policy) -> None:
    found = examine(planted)
    assert {finding.kind for finding in found} == {"conflict", "dead"}
    ids = [rule.id for rule in planted.rules]
    conflicts = [f for f in found if f.kind == "conflict"]
    pairs = sorted((finding.name, finding.other) for finding in conflicts)
    expected = [(name, f"rules[{ids.index(name) + 1}]") for name in ids if name.startswith("conflict-")]
    assert pairs == sorted(expected)
    assert len(pairs) == 10
    assert [f.name for f in found if f.kind == "dead"] == [name for name in ids if name.startswith("dead-")]
    assert sum(name.startswith("dead-") for name in ids) == 3


def test_the_witness_of_a_conflict_is_a_mail_to_which_both_rules_apply(planted: Policy) -> None:
    for finding in examine(planted):
        if finding.kind == "conflict":
            assert finding.witness is not None
            seen = finding.witness.seen
            pair = [rule for at, rule in enumerate(planted.rules) if f"rules[{at}]" in (finding.path, finding.other)]
            assert all(hold(rule.conditions, seen, planted.file).state for rule in pair)
            assert {rule.id for rule in pair} <= {hit.rule.id for hit in planted.decide(seen).fired}


def test_a_finding_names_the_line_of_the_rule(planted: Policy) -> None:
    lines = PLANTED.read_text("utf-8").splitlines()
    for finding in examine(planted):
        assert finding.line is not None
        assert lines[finding.line - 1] == "[[rules]]"
        assert lines[finding.line] == f'id = "{finding.name}"'


def test_a_dead_rule_says_which_conditions_or_rules_are_to_blame(planted: Policy) -> None:
    says = [finding.says for finding in examine(planted) if finding.kind == "dead"]
    assert "its conditions facts and days_since exclude each other" in says[0]
    assert "the final rule 'fine-final' always applies first" in says[1]
    assert "'conflict-2-issue-type-by-alternatives' always decides the issue_type first" in says[2]


def test_every_condition_of_the_closed_set_has_a_dimension() -> None:
    every = (
        '{ topic = ["help"], not_topic = ["rest"], issue_type = ["bug"], severity = ["SEV1"], scope = ["included"], '
        'facts = { plan = "full" }, history = { topics = ["help"] }, version = ["supported"], language_in = ["en"], '
        'language_not_in = ["nl"], days_since = { fact = "until", at_least = 1 }, '
        'received = { calendar = "office", open = true }, impact = { data = ["lost"] }, signals_any = ["loud"], '
        'signals_all = ["loud"], signals_none = [], any_of = [{ topic = ["help"] }, { topic = ["rest"] }] }'
    ).replace("signals_none = []", 'signals_none = ["calm"]')
    calm = '[signals.calm]\ntitle = "it is calm"\nphrases.en = ["very calm"]\n'
    policy = read_policy((SMALL + calm + _rule("every", every)).encode(), "small.toml")
    assert set(policy.rules[0].conditions) == set(EVALUATORS)
    assert [finding.says for finding in examine(policy) if finding.kind != "unreachable"] == []


@pytest.mark.parametrize(
    ("when", "blamed"),
    [
        ('{ topic = ["help"], not_topic = ["help"] }', "topic and not_topic"),
        ('{ version = ["supported"], facts = { product_version = { unknown = true } } }', "facts and version"),
        ('{ language_in = ["nl"], language_not_in = ["nl"] }', "language_in and language_not_in"),
        ('{ signals_all = ["loud"], signals_none = ["loud"] }', "signals_all and signals_none"),
        (
            '{ history = { topics = ["help"], at_least = "seats" }, facts = { seats = { unknown = true } } }',
            "facts and history",
        ),
    ],
)
def test_conditions_that_exclude_each_other_are_named(when: str, blamed: str) -> None:
    [says] = [says for says in _said(SMALL + _rule("never", when)) if "rule" in says]
    assert says == f"the rule 'never' can never apply: its conditions {blamed} exclude each other"


def test_two_calendars_are_never_open_at_once() -> None:
    nights = (
        '[calendars.nights]\ntitle = "nights"\ntime_zone = "UTC"\n'
        'windows = [{ from = "monday 17:00", to = "tuesday 09:00" }]\n'
    )
    both = (
        '{ received = { calendar = "office", open = true }, '
        'any_of = [{ received = { calendar = "nights", open = true } }, { topic = ["rest"], severity = ["SEV1"] }] }'
    )
    only = both.replace(
        ', { topic = ["rest"], severity = ["SEV1"] }', ', { received = { calendar = "nights", open = true } }'
    )
    assert not [says for says in _said(SMALL + nights + _rule("some", both)) if "rule" in says]
    assert [says for says in _said(SMALL + nights + _rule("none", only)) if "can never apply" in says]


def test_a_line_behind_one_that_fits_more_is_dead_in_tables_where_the_first_fits() -> None:
    line = SMALL[SMALL.index("[[response_targets]]") :].replace('id = "all"', 'id = "more"')
    found = _examined(SMALL + line)
    assert "the response target 'more' can never apply: 'all' always fits first" in [f.says for f in found]
    charges = "".join(
        f'[[charges]]\nid = "{name}"\nreason = "x"\nkind = "quote"\nclauses = []\nwhen = {{ severity = {levels} }}\n'
        for name, levels in (("high", '["SEV1", "SEV2"]'), ("low", '["SEV3", "SEV4"]'), ("mid", '["SEV2", "SEV3"]'))
    )
    assert "the charge 'mid' can never apply: 'high' or 'low' always fits first" in _said(SMALL + charges)


def test_a_line_for_everybody_is_not_dead_behind_one_for_the_proven() -> None:
    """What rests on who the customer is does not count for an unproven sender, who comes to the later line."""
    line = SMALL[SMALL.index("[[response_targets]]") :]
    known = line.replace('id = "all"', 'id = "known"') + 'when = { facts = { plan = ["basic", "full"] } }\n'
    other = line.replace('id = "all"', 'id = "other"') + "when = { facts = { plan = { unknown = true } } }\n"
    base = SMALL[: SMALL.index("[[response_targets]]")]
    assert not [says for says in _said(base + known + other + line) if "'all'" in says]
    trusted = base.replace('sender_proof = "required"', 'sender_proof = "trusted"')
    assert [says for says in _said(trusted + known + other + line) if "'all'" in says]


def test_a_row_of_the_severity_table_behind_wider_ones_is_dead() -> None:
    row = (
        '[[severity]]\nlevel = "SEV2"\nrow = "dead for all, with data lost"\n'
        'when = { function = ["dead"], affected = ["all"], data = ["lost"] }\n\n'
    )
    at = SMALL.index('[[severity]]\nlevel = "SEV4"')
    [says] = [says for says in _said(SMALL[:at] + row + SMALL[at:]) if "severity table" in says]
    assert "row 2" in says
    assert "row 1 always fits first" in says


def test_a_clause_that_nothing_cites_or_only_something_dead_is_unreachable() -> None:
    assert "the clause 'out.1' can never be cited: nothing cites it" in _said(SMALL)
    never = _rule("never", '{ topic = ["help"], not_topic = ["help"] }', 'clauses = ["out.1"]')
    assert "the clause 'out.1' can never be cited: what cites it never applies (rules[0])" in _said(SMALL + never)
    assert not _said(SMALL + RULE)


def test_a_clause_of_a_topic_whose_scope_a_final_rule_always_decides_is_unreachable() -> None:
    final = RULE + "final = true\n"
    moved = final.replace("set.scope", 'when.facts.plan = "full"\nset.scope')
    only_topic = SMALL[: SMALL.index("[[response_targets]]")]
    assert "the clause 'in.1' can never be cited: what cites it never applies (topics[0])" in _said(only_topic + final)
    assert not _said(only_topic + moved)


def test_what_is_too_much_to_search_is_said_to_be_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formula, "_MOST_STEPS", 0)
    found = _examined(SMALL + RULE)
    assert found
    assert {finding.kind for finding in found} == {"not_decided"}


def test_more_histories_than_are_tried_are_not_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "MOST", 3)
    when = (
        '{ history = { topics = ["help"], at_least = 2 }, any_of = [{ history = { topics = ["help"], at_most = 1 } }, '
    )
    never = when + '{ history = { topics = ["help", "rest"], at_most = 1 } }] }'
    says = _said(SMALL + _rule("never", never))
    assert "whether the rule 'never' can apply is not decided: too many combinations of earlier requests" in says
    monkeypatch.undo()
    assert any("'never' can never apply" in said for said in _said(SMALL + _rule("never", never)))
