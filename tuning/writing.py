"""Writes a tuned network as what the program reads: a graph for onnxruntime, arrays, and what it says of its mails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from classifier.encoder.mpnet import BIASES, FIRST_POSITION, POSITIONS, compact, mpnet
from classifier.mail import mail_of
from classifier.network.network import (
    DESCRIPTION,
    QUESTIONS,
    TOLD,
    WEIGHTS,
    FactNetwork,
    Question,
    installed_network,
    key_of,
)  # fmt: skip
from policies.loader import shipped
from tuning.lessons import MAX_TOKENS, TASKS, Lesson, batches, classes
from tuning.net import HEADS, SEVERITY, Net

RENAMED = {
    "attention.self.query": "attention.attn.q",
    "attention.self.key": "attention.attn.k",
    "attention.self.value": "attention.attn.v",
    "attention.output.dense": "attention.attn.o",
    "attention.output.LayerNorm": "attention.LayerNorm",
}
"""What BERT calls the parts of a layer, and what MPNet calls them."""

Array = npt.NDArray[np.float32]


def write(net: Net, folder: Path, told: Sequence[tuple[Lesson, Array]]) -> None:
    """The files of ``net`` in ``folder``; ``told`` are lessons with what a network said that had not learned them."""
    content = mpnet(compact(_as_mpnet(net.enc.state_dict()).items()), MAX_TOKENS).SerializeToString(deterministic=True)
    (folder / WEIGHTS).write_bytes(content)
    np.savez_compressed(folder / QUESTIONS, **{k: v.astype(np.float16) for k, v in _answers(net).items()})
    mails = [mail_of(lesson.example) for lesson, _ in told]
    keys = np.frombuffer(b"".join(key_of(mail.subject, mail.text) for mail in mails), np.uint8).reshape(-1, 16)
    np.savez_compressed(folder / TOLD, keys=keys, rows=np.asarray([row for _, row in told], np.float16))
    about = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "max_tokens": MAX_TOKENS,
        "mails": len(told),
        "questions": [
            {"key": one.key, "values": one.values} | ({"policy": one.policy} if one.policy else {})
            for one in questions()
        ],
    }
    (folder / DESCRIPTION).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def questions() -> tuple[Question, ...]:
    """What the network is asked: the facts, severity and issue type, and the topic among those of each policy."""
    plain = tuple(Question(task, classes(task)) for task in TASKS if task != "topic")
    return plain + tuple(
        Question("topic", tuple(name.partition("/")[2] for name in _topics(policy)), policy) for policy in shipped()
    )


def said(net: Net, mails: Sequence[Lesson]) -> list[Array]:
    """The reading of each mail by ``net``, as :meth:`classifier.network.FactNetwork.read` would give it."""
    parts = _answers(net)
    reader = FactNetwork("", Path(), MAX_TOKENS, questions(), **parts, told={})
    rows: list[Array] = [np.zeros(0, np.float32)] * len(mails)
    with torch.no_grad():
        for batch in batches(mails, 16):
            given = {"input_ids": torch.from_numpy(batch.ids), "attention_mask": torch.from_numpy(batch.mask)}
            states = net.enc(**given).last_hidden_state.numpy()
            for row, one, length in zip(batch.rows, states, batch.mask.sum(axis=1), strict=True):
                rows[row] = reader.answered(one[:length])
    return rows


def check(folder: Path, net: Net, mails: Sequence[Lesson]) -> str:
    """How near what was written comes to the network in torch, in a sentence."""
    installed_network.cache_clear()
    written = replace(installed_network(folder), told={})
    found = written.read([(mail.subject, mail.text) for mail in (mail_of(one.example) for one in mails)])
    apart = np.abs(np.exp(found) - np.exp(np.asarray(said(net, mails))))
    return f"probabilities differ by {apart.mean():.4f} on average, at most {apart.max():.3f}"


def _answers(net: Net) -> dict[str, Array]:
    """The looks and answers as arrays, in the order of :func:`questions`."""
    state = {name: values.detach().float().numpy() for name, values in net.state_dict().items()}
    plain = [number for number, task in enumerate(TASKS) if task != "topic"]
    topic = TASKS.index("topic")
    weights = [state[f"heads.{number}.weight"] for number in plain]
    offsets = [state[f"heads.{number}.bias"] for number in plain]
    offsets[SEVERITY] = offsets[SEVERITY] + state["mix.bias"]
    for policy in shipped():
        places = [classes("topic").index(name) for name in _topics(policy)]
        weights.append(state[f"heads.{topic}.weight"][places])
        offsets.append(state[f"heads.{topic}.bias"][places])
    rows = [*plain, *[topic] * len(shipped())]
    return {
        "look": state["q.weight"][rows],
        "look_offset": state["q.bias"][rows],
        "answer": np.concatenate(weights),
        "answer_offset": np.concatenate(offsets),
        "severity_from_facts": state["mix.weight"],
    }


def _topics(policy: str) -> list[str]:
    return [name for name in classes("topic") if name.startswith(f"{policy}/")]


def _as_mpnet(state: Mapping[str, torch.Tensor]) -> dict[str, Array]:
    """BERT's weights under MPNet's names: without a bias by distance, and the first type's vector in every position."""
    weights = {_renamed(name): values.detach().float().numpy() for name, values in state.items()}
    typed = weights.pop("embeddings.token_type_embeddings.weight")[0]
    positions = weights[POSITIONS] + typed
    weights[POSITIONS] = np.vstack([np.zeros((FIRST_POSITION, positions.shape[1]), np.float32), positions])
    weights[BIASES] = np.zeros((32, HEADS), np.float32)
    return weights


def _renamed(name: str) -> str:
    for bert, other in RENAMED.items():
        name = name.replace(bert, other)
    return name
