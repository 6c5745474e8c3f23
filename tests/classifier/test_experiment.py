"""The experiment: the product's head on any labelled text."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from classifier.example import ExampleFileError
from classifier.experiment import ExperimentError, LabelledText, read_texts, run

THINGS = ("card", "transfer", "loan", "account")
PHRASES = (
    "my {} is lost",
    "where is my {}",
    "the {} does not work",
    "please send a new {}",
    "I want to close the {}",
    "who changed my {}?",
    "{} again",
    "a question on a {}",
)
TRAIN = [LabelledText(p.format(t), t, f"{i}") for i, p in enumerate(PHRASES) for t in THINGS]
TEST = [LabelledText(f"help, the {t} has a problem", t, "") for t in THINGS]
STRANGE = [
    LabelledText(text, "oos", "")
    for text in ("lovely weather today", "tell me a joke about pirates", "zebra quantum soup")
]


def test_the_figures_of_the_format_are_all_there() -> None:
    found = json.loads(json.dumps(run(TRAIN, TEST, profile="lean")))
    assert found["accuracy"] == 1.0
    assert {"macro_f1", "log_loss", "ece", "mcc", "quadratic_kappa", "seconds", "peak_memory_mb"} <= set(found)
    assert found["quadratic_kappa"] is None
    assert set(found["seconds"]) == set(found["peak_memory_mb"]) == {"training", "prediction"}
    assert found["peak_memory_mb"]["training"] > 1
    assert found["log_loss"] < math.log(4)


def test_numeric_labels_get_a_quadratic_kappa() -> None:
    ranks = {t: str(i + 1) for i, t in enumerate(THINGS)}
    numbered = [LabelledText(t.text, ranks[t.label], t.group) for t in TRAIN]
    assert run(numbered, numbered[:8], profile="lean")["quadratic_kappa"] == pytest.approx(1.0)


def test_texts_of_no_class_are_refused_by_the_gate_and_never_learned_as_one() -> None:
    found = run([*TRAIN, *STRANGE], [*TEST, *STRANGE], none="oos", profile="lean")["none"]
    assert found["in_scope"] == 4
    assert found["out_of_scope"] == 3
    assert found["out_of_scope_refused"] == 1.0
    assert found["auroc"] == 1.0
    assert found["in_scope_accuracy"] >= found["in_scope_accuracy_gated"]


def test_the_standard_profile_measures_nearness_by_the_encoder() -> None:
    found = run(TRAIN, [*TEST, *STRANGE], none="oos")
    assert found["profile"] == "standard"
    assert found["none"]["auroc"] == 1.0


def test_cross_validation_keeps_groups_together_and_asks_every_text_once() -> None:
    found = run(TRAIN, folds=4, profile="lean")
    assert (found["train"], found["test"]) == (32, 32)
    single = [LabelledText(t.text, t.label, "all") for t in TRAIN]
    with pytest.raises(ExperimentError, match="Too few texts for 4 folds"):
        run(single, folds=4, profile="lean")


def test_a_test_label_that_was_never_learned_is_simply_wrong() -> None:
    found = run(TRAIN, [*TEST, LabelledText("pension", "pension", "")], profile="lean")
    assert found["accuracy"] == pytest.approx(0.8)
    assert math.isfinite(found["log_loss"])


@pytest.mark.parametrize(
    ("train", "options"), [(TRAIN, {}), (TRAIN[:1], {"test": TEST}), (TRAIN, {"test": TEST, "folds": 3})]
)
def test_what_cannot_be_run_is_said(train: list[LabelledText], options: dict[str, object]) -> None:
    with pytest.raises(ExperimentError):
        run(train, profile="lean", **options)  # type: ignore[arg-type]


def test_texts_are_read_under_any_key_and_faults_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(
        '{"text": "a", "intent": "x", "who": 7}\n\n{"subject": "s", "body": "b", "labels": {"intent": 2}}\n',
        encoding="utf-8",
    )
    first, second = read_texts([path], label="intent", group="who")
    assert (first.text, first.label, first.group) == ("a", "x", "7")
    assert (second.text, second.label) == ("s\nb", "2")
    with pytest.raises(ExampleFileError, match="line 1: has no label under 'label'"):
        read_texts([path])
    path.write_text("[]\n", encoding="utf-8")
    with pytest.raises(ExampleFileError, match="line 1: is not a JSON object"):
        read_texts([path])
    with pytest.raises(ExampleFileError, match="cannot be read"):
        read_texts([tmp_path / "absent.jsonl"])
