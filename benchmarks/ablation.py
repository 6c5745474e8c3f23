"""What each part of reading is worth: the tuned network, the severity's head, and the policy's table over the facts.

    python -m benchmarks.ablation --profile standard

Every shipped mail is judged once while it was held out, as the starter models are (three folds by customer).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from sklearn.metrics import accuracy_score, f1_score

from classifier import model as model_room
from classifier.evaluation import score
from classifier.example import Example
from classifier.fitting import fit_model
from classifier.judging import judged_while_held
from classifier.model import Model, Profile
from classifier.prediction import SeverityMix, severity_probabilities
from mailtriage.starters import pool_beside, prime, shipped_examples
from policies.loader import load_shipped, shipped
from policies.policy import Policy

WAYS = {"head": 0.0, "table": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=["lean", "standard", "full"], default="standard")
    parser.add_argument("--policies", nargs="+", choices=shipped(), default=list(shipped()))
    options = parser.parse_args()
    policies = {name: load_shipped(name) for name in shipped()}
    prime(options.profile, policies)
    worth = model_room.READING_WEIGHT
    for name in options.policies:
        for weight in (0.0, worth) if options.profile != "lean" else (0.0,):
            model_room.READING_WEIGHT = weight
            told = "with the network" if weight else "without it"
            print(f"{options.profile} {name}, {told}: {_judged(policies[name], options.profile, policies)}", flush=True)


def _judged(policy: Policy, profile: Profile, policies: Mapping[str, Policy]) -> str:
    examples = shipped_examples(policy.name)
    model = fit_model(policy, examples, profile=profile, seed=0, pool=pool_beside(policy.name, policies)).model
    held = [example for example in examples if example.id in model.held]
    found = score(policy, judged_while_held(model, policy, held, model.held))
    labels = ", ".join(f"{label} {one.accuracy:.3f}/{one.macro_f1:.3f}" for label, one in found.with_rules.items())
    facts = " ".join(f"{fact} {one['macro_f1']:.2f}" for fact, one in found.impact.items())
    ways = ", ".join(f"{name} {_severity(model, policy, held, share)}" for name, share in WAYS.items())
    severity = found.severity_with_rules
    return (
        f"{labels}; issue type without rules {found.model_alone['issue_type'].macro_f1:.3f}; SEV1 recall "
        f"{severity.sev1_recall:.2f}, false pages {severity.false_pages:.3f}, kappa {severity.quadratic_kappa:.2f}; "
        f"severity by {ways}; facts {facts}"
    )


def _severity(model: Model, policy: Policy, mails: Sequence[Example], share: float) -> str:
    """Accuracy and macro-F1 of the most probable severity when the table has that share of the say."""
    mix = SeverityMix(share, 1.0)
    read = [severity_probabilities(policy, model.held.prediction(mail.id), mix) for mail in mails]
    said = [max(one, key=one.__getitem__) for one in read]
    true = [mail.labels["severity"] for mail in mails]
    return f"{accuracy_score(true, said):.3f}/{f1_score(true, said, average='macro'):.3f}"


if __name__ == "__main__":
    main()
