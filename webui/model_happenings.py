"""What happened to models, as sentences."""

from __future__ import annotations

from tickets.rows import Event

KINDS = frozenset({"model_trained", "model_promoted", "model_rolled_back"})


def sentence(event: Event) -> str:
    """What happened, for a person."""
    details = event.details
    version, policy = details.get("version"), details.get("policy")
    if event.kind == "model_trained":
        outcome = "put it in force" if details.get("promoted") else "kept the old one in force, for the gate refused it"
        return f"Trained {version} for {policy} and {outcome}"
    why = f": {details['reason']}" if details.get("reason") else ""
    if event.kind == "model_rolled_back":
        return f"Put {version} back in force for {policy}, in place of {details.get('before')}{why}"
    against = ", against the gate" if details.get("against_gate") else ""
    return f"Put {version} in force for {policy}{against}{why}"
