from __future__ import annotations

from collections.abc import Mapping

from classifier.evaluation import score
from policies.policy import Policy
from webui.scores import scores


def test_measures_are_told_by_view_and_label() -> None:
    told = scores(
        {
            "examples": 120,
            "model_alone": {"severity": {"accuracy": 0.9, "ece": 0.05, "confusion": {"SEV1": {"SEV1": 4}}}},
            "with_rules": {"topic": {"accuracy": 0.7, "accuracy_alone": None}, "severity": {"accuracy": 0.92}},
            "severity_with_rules": {"cost": 1.75},
            "held_back": 31,
        }
    )
    alone, with_rules = told.tables
    assert (alone.title, alone.columns) == ("Model alone", ("Accuracy", "Calibration error"))
    assert [(row.title, row.cells) for row in alone.rows] == [("Severity", ("90.0 %", "5.0 %"))]
    assert [(row.title, row.cells) for row in with_rules.rows] == [("Severity", ("92.0 %",)), ("Topic", ("70.0 %",))]
    assert told.others == (("Severity with rules, cost", "1.750"), ("Held back", "31"))


def test_an_evaluation_gives_a_table_for_each_of_its_views(policies: Mapping[str, Policy]) -> None:
    evaluation = score(policies["penelope"], [])
    assert [table.title for table in scores(evaluation.to_json()).tables] == [
        "Model alone",
        "With rules",
        "Impact facts",
    ]


def test_no_measures_give_no_table() -> None:
    assert scores({}).tables == ()
