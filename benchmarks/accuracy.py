"""How accurate the classifier is, beside the plain baseline (TF-IDF and logistic regression) in the same run.

    python -m benchmarks.accuracy --cv          5-fold cross-validation on training_data/, each policy

``--lean`` leaves out the sentence encoder, ``--confusion`` adds the confusion matrices. For open sets see
benchmarks/open_sets.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.peers import tfidf_logistic
from classifier import metrics
from classifier.evaluation import Evaluation, cross_validate
from classifier.example import Example, read_file
from classifier.features import Profile
from classifier.head import group_folds
from classifier.mail import mail_of
from classifier.sentences import whole
from policies.labels import LABELS
from policies.loader import load_shipped, shipped

ROOT = Path(__file__).parents[1]


def cross_validation(profile: Profile, folds: int, *, with_confusion: bool) -> None:
    """Each head of each policy, model alone and with rules, on mails of groups that were not learned from."""
    data = {name: read_file(ROOT / "training_data" / f"{name}.jsonl") for name in shipped()}
    for name, examples in data.items():
        pool = [example for other, theirs in data.items() if other != name for example in theirs]
        found = cross_validate(load_shipped(name), examples, folds, profile=profile, pool=pool)
        _print_policy(name, found, _baseline_scores(examples, folds))
        if with_confusion:
            for label in LABELS:
                _print_confusion(label, found.with_rules[label].confusion)


def _baseline_scores(examples: Sequence[Example], folds: int) -> dict[str, tuple[float, float]]:
    """Accuracy and macro-F1 of the baseline in the same folds."""
    texts = [whole(mail.subject, mail.text) for mail in map(mail_of, examples)]
    strata, groups = [e.labels["topic"] for e in examples], [e.group or e.id for e in examples]
    scores = {}
    for label in LABELS:
        y = np.asarray([example.labels[label] for example in examples])
        truth, said = [], []
        for inside, outside in group_folds(strata, groups, folds=folds):
            fitted = tfidf_logistic().fit([texts[i] for i in inside], y[inside])
            said += fitted.predict([texts[i] for i in outside]).tolist()
            truth += y[outside].tolist()
        scores[label] = metrics.accuracy(truth, said), metrics.macro_f1(truth, said)
    return scores


def _print_policy(name: str, found: Evaluation, plain: Mapping[str, tuple[float, float]]) -> None:
    print(f"\n{name}: {found.examples} mails\n")
    print(f"{'':12}{'baseline':>18}{'model alone':>18}{'with rules':>18}{'ECE':>8}{'alone':>8}")
    for label in LABELS:
        alone, ruled = found.model_alone[label], found.with_rules[label]
        print(
            f"{label:12}{'{:.3f} / {:.3f}'.format(*plain[label]):>18}"
            f"{f'{alone.accuracy:.3f} / {alone.macro_f1:.3f}':>18}{f'{ruled.accuracy:.3f} / {ruled.macro_f1:.3f}':>18}"
            f"{ruled.ece:8.3f}{ruled.share_alone:8.2f}"
        )
    severity = found.severity_with_rules
    print(
        f"severity, with rules: cost {severity.cost:.2f} a mail, SEV1 recall {severity.sev1_recall or 0:.2f}, "
        f"false pages {severity.false_pages or 0:.2f}, quadratic kappa {severity.quadratic_kappa or 0:.2f}"
    )
    print(
        "impact facts, macro-F1: " + ", ".join(f"{f} {s['macro_f1']:.2f}" for f, s in found.impact.items()), flush=True
    )


def _print_confusion(label: str, confusion: Mapping[str, Mapping[str, int]]) -> None:
    """Rows are true values, columns what was decided with rules; a dot is zero."""
    values = sorted({*confusion, *(said for row in confusion.values() for said in row)})
    width = max(map(len, values))
    print(f"\n{label}, confusion with rules (rows true; columns decided, in the order of the rows)")
    for true in values:
        counts = [confusion.get(true, {}).get(said, 0) for said in values]
        print(f"  {true:{width}} " + " ".join(f"{count or '.':>3}" for count in counts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cv", action="store_true", required=True, help="cross-validate on training_data/")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--confusion", action="store_true", help="print the confusion matrices too")
    parser.add_argument("--lean", action="store_true", help="only without the sentence encoder")
    options = parser.parse_args()
    cross_validation("lean" if options.lean else "standard", options.folds, with_confusion=options.confusion)


if __name__ == "__main__":
    main()
