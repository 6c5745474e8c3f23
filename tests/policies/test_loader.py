"""What a policy file may say, and what a wrong one is told."""

from __future__ import annotations

import hashlib
import pickle
from datetime import date, timedelta
from pathlib import Path

import pytest

from errors import MailtriageError
from policies.labels import Severity
from policies.loader import PolicyFileError, check, load, load_folder, load_shipped, shipped
from tests.policies.build import RULE, SMALL, policy_from

WRONG = {
    "syntax": ('title = "Small"', 'title = "Small', "line 3"),
    "key given twice": ('title = "Small"', 'title = "Small"\ntitle = "Again"', "line 4"),
    "missing key": ('vendor = "Vendor"\n', "", "vendor: is missing"),
    "unknown key": ('vendor = "Vendor"', 'vendor = "Vendor"\nvendro = "x"', "did you mean 'vendor'?"),
    "version": ('version = "1.0.0"', 'version = "new"', "version: 'new' is not written as it must be"),
    "date": ("effective = 2026-01-01", 'effective = "soon"', "effective:"),
    "time zone": ('time_zone = "UTC"\nsender', 'time_zone = "Mars/Base"\nsender', "'Mars/Base' is not a time zone"),
    "sender proof": ('sender_proof = "required"', 'sender_proof = "maybe"', "allowed: 'required' or 'trusted'"),
    "precision label": ("topic = 0.9 }", "subject = 0.9 }", "'subject' is not a label"),
    "precision missing": (", topic = 0.9 }", " }", "target_precision: missing: topic"),
    "precision too high": ("topic = 0.9 }", "topic = 1.5 }", "target_precision.topic"),
    "coverage label": ("[facts.plan]", "[target_coverage]\nsubject = 0.5\n[facts.plan]", "'subject' is not a label"),
    "coverage of nothing": ("[facts.plan]", "[target_coverage]\ntopic = 0\n[facts.plan]", "target_coverage.topic"),
    "coverage too high": ("[facts.plan]", "[target_coverage]\ntopic = 1.5\n[facts.plan]", "target_coverage.topic"),
    "choice without values": ('values = ["basic", "full"]\n', "", "facts.plan: values must be given"),
    "fact type": ('type = "number"', 'type = "count"', "facts.seats.type: 'count'"),
    "clause without effect": (
        'sentence = "Help is included."\nscope = "included"',
        'sentence = "Help is included."',
        "clauses[0]: give scope",
    ),
    "clause scope": ('scope = "included"\nneeds', 'scope = "covered"\nneeds', "clauses[0].scope: 'covered'"),
    "clause source": (
        'scope = "outside"\nneeds = ["M"]',
        'scope = "outside"\nneeds = ["X"]',
        "clauses[1].needs[0]: 'X'",
    ),
    "clause twice": ('id = "out.1"', 'id = "in.1"', "clauses[1]: 'in.1' is given twice; the first is clauses[0]"),
    "calendar title twice": (
        '[calendars.office]\ntitle = "office hours"\n',
        '[calendars.all]\ntitle = "office hours"\ntime_zone = "UTC"\n'
        'windows = [{ from = "monday 00:00", to = "monday 00:00" }]\n\n'
        '[calendars.office]\ntitle = "office hours"\n',
        "calendars.office.title: 'office hours' is the title of calendars.all already",
    ),
    "topic twice": ('name = "rest"', 'name = "help"', "topics[1]: 'help' is given twice"),
    "topic cites unknown clause": (
        'clauses = ["in.1"]\n\n[[topics]]',
        'clauses = ["in.9"]\n\n[[topics]]',
        "topics[0].clauses: 'in.9' is not a clause of this policy (did you mean 'in.1'?)",
    ),
    "phrase in capitals": ('["very loud"]', '["Very Loud"]', "must be in lower case"),
    "phrase twice": ('["very loud"]', '["very loud", "very loud"]', "given twice: 'very loud'"),
    "impact fact": ('function = ["dead"]', 'feature = ["dead"]', "severity[0].when: 'feature' is not an impact fact"),
    "impact value": (
        'function = ["dead"]',
        'function = ["gone"]',
        "severity[0].when: 'gone' is not a value of function",
    ),
    "no last row": ('row = "else"', 'row = "else"\nwhen = { deadline = ["true"] }', "severity: the last row"),
    "cost missing": (
        "SEV1 = { SEV2 = 1, SEV3 = 2, SEV4 = 3 }",
        "SEV1 = { SEV2 = 1, SEV3 = 2 }",
        "severity_costs: SEV1 needs a cost for being taken for SEV4",
    ),
    "cost level": ("SEV1 = { SEV2 = 1,", "SEV1 = { SEV9 = 1, SEV2 = 1,", "'SEV9' is not a severity"),
    "cost of being right": ("SEV1 = { SEV2 = 1,", "SEV1 = { SEV1 = 1, SEV2 = 1,", "is right and costs 0"),
    "window backwards": ('opens = "09:00", closes = "17:00"', 'opens = "17:00", closes = "09:00"', "later than opens"),
    "window clock": ('opens = "09:00"', 'opens = "9 am"', "'9 am' is not a time of day"),
    "window half": (', closes = "17:00"', "", "calendars.office.windows[0]: give days, opens and closes"),
    "window day": ('"tuesday"]', '"dinsdag"]', "'dinsdag' is not a value of this key"),
    "window week": (
        '{ days = ["monday", "tuesday"], opens = "09:00", closes = "17:00" }',
        '{ from = "vrijdag 17:00", to = "monday 08:00" }',
        "'vrijdag 17:00' is not a time of the week",
    ),
    "holiday country": (
        'title = "office hours"',
        'title = "office hours"\nholidays = { country = "XX" }',
        "'XX' is not a country with known holidays",
    ),
    "holiday subdivision": (
        'title = "office hours"',
        'title = "office hours"\nholidays = { country = "DE", subdivision = "QQ" }',
        "'QQ' is not a subdivision of DE",
    ),
    "holiday word": (
        'title = "office hours"',
        'title = "office hours"\nholidays = "all"',
        "'all' is not a value of this key; allowed: 'none'",
    ),
    "target calendar": ('calendar = "office"', 'calendar = "nights"', "response_targets[0].calendar: 'nights'"),
    "target time": ('"30 minutes"', '"soon"', "response_targets[0].within.SEV1: 'soon' is not a time"),
    "target for no severity": (
        'SEV4 = "none" }',
        'SEV4 = "none", SEV5 = "none" }',
        "response_targets[0].within: 'SEV5' is not a severity",
    ),
    "target severity": (', SEV4 = "none" }', " }", "response_targets[0].within: SEV4 is missing"),
    "series order": (
        '[{ name = "1" }, { name = "2" }]',
        '[{ name = "2" }, { name = "1" }]',
        "releases: list the series",
    ),
    "oldest not listed": ('oldest_supported = "2"', 'oldest_supported = "7"', "'7' is not listed; allowed: 1, 2"),
    "undated end of life": ('oldest_supported = "2"', "end_of_life = { years = 2 }", "needs the release date of: 1, 2"),
    "two ways of ending": (
        'oldest_supported = "2"',
        'oldest_supported = "2"\nend_of_life = { years = 2 }',
        "releases: give either oldest_supported or end_of_life",
    ),
    "release fact": (
        'fact = "product_version"',
        'fact = "plan"',
        "releases.fact: 'plan' is not a version among the facts",
    ),
}

WRONG_RULES = {
    "precedence over nothing": (
        "set.scope",
        'over = ["gone"]\nset.scope',
        "rules[0].over: 'gone' is not a rule of this policy",
    ),
    "precedence over itself": (
        "set.scope",
        'over = ["out"]\nset.scope',
        "rules[0].over: 'out' must stand later in the file than 'out'",
    ),
    "history of a fact that is no number": (
        'when.topic = ["help"]',
        'when.history = { topics = ["help"], at_least = "plan" }',
        "rules[0].when.history.at_least: 'plan' is not a number among the facts; allowed: seats",
    ),
    "history below nothing": (
        'when.topic = ["help"]',
        'when.history = { topics = ["help"], at_least = -1 }',
        "-1 is less than 0",
    ),
    "topic": (
        'when.topic = ["help"]',
        'when.topic = ["odbc"]',
        "rules[0].when.topic: 'odbc' is not a topic of this policy; allowed: help, rest",
    ),
    "no condition": ('when.topic = ["help"]', "when = {}", "rules[0].when: a rule needs at least one condition"),
    "condition": (
        'when.topic = ["help"]',
        'when.weather = "wet"',
        "rules[0].when: 'weather' is not a key of this table",
    ),
    "nothing done": ('clauses = ["out.1"]\nset.scope = "outside"\n', "", "rules[0]: the rule does nothing"),
    "clause": ('clauses = ["out.1"]', 'clauses = ["out.2"]', "rules[0].clauses: 'out.2' is not a clause"),
    "scope": ('set.scope = "outside"', 'set.scope = "free"', "rules[0].set.scope: 'free'"),
    "set topic": ('set.scope = "outside"', 'set.topic = "none"', "rules[0].set.topic: 'none' is not a topic"),
    "signal": (
        'when.topic = ["help"]',
        'when.signals_any = ["lout"]',
        "rules[0].when.signals_any: 'lout' is not a signal of this policy (did you mean 'loud'?); allowed: loud",
    ),
    "fact": (
        'when.topic = ["help"]',
        'when.facts = { plans = "full" }',
        "rules[0].when.facts.plans: 'plans' is not a fact of this policy (did you mean 'plan'?)",
    ),
    "fact value": (
        'when.topic = ["help"]',
        'when.facts = { plan = "gold" }',
        "rules[0].when.facts.plan: 'gold' is not a value of plan; allowed: basic, full",
    ),
    "boolean value": ('when.topic = ["help"]', 'when.facts = { customised = "yes" }', "allowed: true, false"),
    "number of a choice": ('when.topic = ["help"]', "when.facts = { plan = { at_least = 1 } }", "plan is a choice"),
    "two tests": (
        'when.topic = ["help"]',
        "when.facts = { seats = { at_least = 1, unknown = true } }",
        "rules[0].when.facts.seats: give a value",
    ),
    "date as value": ('when.topic = ["help"]', 'when.facts = { until = "2026-01-01" }', "allowed: days_since instead"),
    "version as value": ('when.topic = ["help"]', 'when.facts = { product_version = "2" }', "allowed: version instead"),
    "days of a choice": (
        'when.topic = ["help"]',
        'when.days_since = { fact = "plan", at_most = 1 }',
        "rules[0].when.days_since.fact: 'plan' is not a date among the facts; allowed: until",
    ),
    "days unbounded": ('when.topic = ["help"]', 'when.days_since = { fact = "until" }', "give at_least, at_most"),
    "history topic": ('when.topic = ["help"]', 'when.history = { topics = ["odbc"] }', "rules[0].when.history.topics"),
    "version status": ('when.topic = ["help"]', 'when.version = ["old"]', "rules[0].when.version[0]: 'old'"),
    "language": ('when.topic = ["help"]', 'when.language_in = ["English"]', "rules[0].when.language_in[0]"),
    "calendar": (
        'when.topic = ["help"]',
        'when.received = { calendar = "night", open = true }',
        "'night' is not a calendar",
    ),
    "impact": ('when.topic = ["help"]', 'when.impact = { kind = ["bug"] }', "'bug' is not a value of kind"),
    "one alternative": ('when.topic = ["help"]', 'when.any_of = [{ topic = ["help"] }]', "rules[0].when.any_of"),
    "in an alternative": (
        'when.topic = ["help"]',
        'when.any_of = [{ topic = ["help"] }, { topic = ["x"] }]',
        "rules[0].when.any_of[1].topic: 'x' is not a topic",
    ),
    "history upside down": (
        'when.topic = ["help"]',
        'when.history = { topics = ["help"], at_least = 2, at_most = 1 }',
        "at_least is more than at_most",
    ),
    "number of a number": (
        'when.topic = ["help"]',
        'when.facts = { seats = "many" }',
        "'many' is not a value of seats; allowed: a whole number",
    ),
    "rule twice": ("", RULE, "rules[1]: 'out' is given twice"),
}


CHARGE = """
[[charges]]
id = "work"
reason = "the work"
kind = "by_time"
clauses = ["out.1"]
when.scope = ["outside"]
"""

PRICES = """
[prices]
unit_minutes = 15
rounding = "started_units"
rounded_per = "work_entry"
counts = ["work"]
"""

WRONG_CHARGES = {
    "no prices": ("", "", "", "charges[0].kind: work charged by time needs a [prices] table"),
    "no amount": ("by_time", "amount", PRICES, "charges[0]: a charge of kind 'amount' needs currency and amount"),
    "amount by time": ('kind = "by_time"', 'kind = "by_time"\namount = "5"', PRICES, "belong to a charge of kind"),
    "amount not a price": ('kind = "by_time"', 'kind = "amount"\namount = "5 EUR"', PRICES, "charges[0].amount"),
    "no currency": ("", "", PRICES + 'per_unit = { work = "25.00" }', "prices: prices need a currency"),
    "rounding": ("", "", PRICES.replace("started_units", "down"), "prices.rounding: 'down' is not a value"),
    "no signals in charges": ("when.scope", 'when.signals_any = ["loud"]\nwhen.scope', PRICES, "charges[0].when:"),
}


def _problems(text: str, folder: Path) -> list[str]:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check(path)]


def test_the_small_policy_and_its_rule_are_fine(tmp_path: Path) -> None:
    """Otherwise the tables below would prove nothing."""
    assert _problems(SMALL, tmp_path) == []
    assert _problems(SMALL + RULE, tmp_path) == []


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_told_its_name_the_key_and_what_is_allowed(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert SMALL.count(old) == 1, "the line to change must be there once"
    problems = _problems(SMALL.replace(old, new), tmp_path)
    assert problems
    assert all(line.startswith("small.toml: ") for line in problems)
    assert any(said in line for line in problems), problems


@pytest.mark.parametrize(("old", "new", "said"), WRONG_RULES.values(), ids=WRONG_RULES)
def test_a_wrong_rule_is_told_its_key_and_what_is_allowed(old: str, new: str, said: str, tmp_path: Path) -> None:
    changed = RULE.replace(old, new) if old else RULE + new
    problems = _problems(SMALL + changed, tmp_path)
    assert any(said in line for line in problems), problems


@pytest.mark.parametrize(("old", "new", "more", "said"), WRONG_CHARGES.values(), ids=WRONG_CHARGES)
def test_a_wrong_charge_is_told_its_key(old: str, new: str, more: str, said: str, tmp_path: Path) -> None:
    assert _problems(SMALL + CHARGE + PRICES, tmp_path) == []
    problems = _problems(SMALL + CHARGE.replace(old, new, 1) + more, tmp_path)
    assert any(said in line for line in problems), problems


def test_a_version_condition_needs_a_release_list(tmp_path: Path) -> None:
    start, end = SMALL.index("[releases]"), SMALL.index("[[clauses]]")
    rule = RULE.replace('when.topic = ["help"]', 'when.version = ["end_of_life"]')
    text = SMALL[:start] + SMALL[end:] + rule
    line = text[: text.index("when.version")].count("\n") + 1
    assert _problems(text, tmp_path) == [
        f"small.toml: line {line}: rules[0].when.version: the policy has no [releases] to look versions up in"
    ]


def test_check_lists_every_problem_and_load_says_how_many_more(tmp_path: Path) -> None:
    text = SMALL + RULE.replace('"help"', '"odbc"').replace('"out.1"', '"out.2"')
    problems = _problems(text, tmp_path)
    assert len(problems) == 2
    with pytest.raises(PolicyFileError, match=r"and 1 more") as raised:
        load(tmp_path / "small.toml")
    assert isinstance(raised.value, MailtriageError)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_or_not_utf8_says_so(tmp_path: Path) -> None:
    assert "cannot be read" in str(check(tmp_path / "none.toml")[0])
    (tmp_path / "latin.toml").write_bytes(b'name = "x"\ntitle = "caf\xe9"\n')
    [problem] = check(tmp_path / "latin.toml")
    assert str(problem) == "latin.toml: line 2: not UTF-8; save the file as UTF-8"


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    policy = policy_from(SMALL, tmp_path)
    assert policy.digest == hashlib.sha256((tmp_path / "small.toml").read_bytes()).hexdigest()


def test_the_costs_of_a_policy_are_a_whole_matrix_with_a_zero_diagonal(tmp_path: Path) -> None:
    costs = policy_from(SMALL, tmp_path).severity_costs
    assert set(costs) == set(Severity)
    assert all(set(row) == set(Severity) for row in costs.values())
    assert all(costs[level][level] == 0 for level in Severity)


def test_a_policy_survives_pickling(tmp_path: Path) -> None:
    """Work that is spread over processes takes its policy along."""
    policy = policy_from(SMALL + RULE, tmp_path)
    assert pickle.loads(pickle.dumps(policy)) == policy


def test_shipped_policies_load_by_name_and_others_are_refused() -> None:
    assert shipped() == ("atollon", "penelope", "perfana")
    assert [load_shipped(name).name for name in shipped()] == list(shipped())
    with pytest.raises(PolicyFileError, match="atollon, penelope, perfana"):
        load_shipped("../secret")


def test_a_folder_of_own_files_adds_to_and_replaces_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "own.toml").write_text(SMALL.replace('name = "small"', 'name = "perfana"', 1), encoding="utf-8")
    policies = load_folder(tmp_path)
    assert set(policies) == {"atollon", "penelope", "perfana", "small"}
    assert policies["perfana"].title == "Small"
    assert set(load_folder(None)) == set(shipped())


def test_two_files_of_one_name_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(SMALL, encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"b\.toml: name: 'small' is already the policy of a\.toml"):
        load_folder(tmp_path)
    with pytest.raises(PolicyFileError, match="no such folder"):
        load_folder(tmp_path / "none")


BOUNDS = [
    ("perfana", "years = 2", "years = 99999", "less than or equal to 50"),
    ("perfana", "released = 2025-09-02", "released = 9998-09-02", "2200-12-31"),
    ("perfana", "effective = 2026-01-01", "effective = 0001-01-01", "1970-01-01"),
    ("small", '"30 minutes"', '"9999 hours"', "more than 10 years"),
    ("small", '"1 business day"', '"9999 business days"', "more than 10 years"),
]


@pytest.mark.parametrize(("name", "there", "instead", "says"), BOUNDS)
def test_numbers_and_days_beyond_all_measure_are_refused(
    name: str, there: str, instead: str, says: str, tmp_path: Path
) -> None:
    text = SMALL if name == "small" else load_shipped(name).source.decode()
    assert there in text
    with pytest.raises(PolicyFileError, match=says):
        policy_from(text.replace(there, instead), tmp_path)


def test_a_share_to_be_decided_alone_is_read_and_none_is_usual(tmp_path: Path) -> None:
    assert policy_from(SMALL, tmp_path).target_coverage == {}
    asking = SMALL.replace("[facts.plan]", "[target_coverage]\ntopic = 1\n[facts.plan]", 1)
    assert policy_from(asking, tmp_path).target_coverage == {"topic": 1.0}


def test_a_calendar_that_half_days_close_for_good_is_refused(tmp_path: Path) -> None:
    days = (date(2024, 1, 1) + timedelta(days=number) for number in range(366))
    more = "half_days = [" + ", ".join(f'{{ day = "{day:%m-%d}", closes = "00:00" }}' for day in days) + "]"
    hours = 'opens = "09:00", closes = "17:00" }]'
    with pytest.raises(PolicyFileError, match="less than a week's hours"):
        policy_from(SMALL.replace(hours, f"{hours}\n{more}"), tmp_path)


@pytest.mark.parametrize(
    "condition",
    [
        "when.facts = {}",
        "when.impact = {}",
        'when.any_of = [{}, { topic = ["help"] }]',
        'when.history = { topics = ["help"], at_least = 100000000 }',
        "when.facts = { seats = { at_least = 100000000000000000000 } }",
        'when.days_since = { fact = "until", at_least = 99999999999 }',
    ],
)
def test_conditions_that_say_nothing_or_count_beyond_all_measure_are_refused(condition: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match=r"at least 1|at least one|less than or equal to"):
        policy_from(SMALL + RULE.replace('when.topic = ["help"]', condition), tmp_path)
