"""What others make of labelled texts: each peer is fitted on texts and labels, and then says a label for each text.

pip install ".[peers]"      fastText; with torch and transformers beside it also the fine-tuned encoder
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

Answer = Callable[[Sequence[str]], Sequence[str]]
Peer = Callable[[Sequence[str], Sequence[str]], Answer]

FASTTEXT = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "minn": 2, "maxn": 5, "dim": 100, "thread": 2, "verbose": 0}
SPACY_EPOCHS = 5
FINE_TUNED = "MAILTRIAGE_PEER_ENCODER"
"""The environment variable that names a folder with a sentence encoder's weights, as transformers stores them."""
EPOCHS, BATCH, RATE, LONGEST = 5, 32, 5e-5, 128


def tfidf_logistic() -> Pipeline:
    """What one would try first: TF-IDF of words and word pairs into logistic regression."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10.0, max_iter=1000)
    )


def tfidf_svm() -> Pipeline:
    """The same features into a linear support vector machine."""
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC(C=1.0))


def _pipeline(make: Callable[[], Pipeline]) -> Peer:
    def fit(texts: Sequence[str], labels: Sequence[str]) -> Answer:
        fitted = make().fit(texts, labels)
        return lambda asked: fitted.predict(asked).tolist()

    return fit


def fasttext_peer(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """fastText with subwords."""
    import fasttext

    names = sorted(set(labels))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.txt")
        lines = [f"__label__{names.index(y)} {_one_line(text)}" for text, y in zip(texts, labels, strict=True)]
        path.write_text("\n".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(str(path), **FASTTEXT)

    def answer(asked: Sequence[str]) -> Sequence[str]:
        said = model.predict([_one_line(text) for text in asked])[0]
        return [names[int(labels[0].removeprefix("__label__"))] if labels else names[0] for labels in said]

    return answer


def spacy_peer(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """spaCy's text categoriser (bag of words; its ensemble takes ten times as long and was less right)."""
    import spacy
    from spacy.training import Example
    from spacy.util import fix_random_seed

    fix_random_seed(0)
    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 2,
        "no_output_layer": False,
    }
    textcat = nlp.add_pipe("textcat", config={"model": model})
    names = sorted(set(labels))
    for name in names:
        textcat.add_label(name)
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {name: float(name == y) for name in names}})
        for text, y in zip(texts, labels, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    shuffler = random.Random(0)
    for _ in range(SPACY_EPOCHS):
        shuffler.shuffle(examples)
        for start in range(0, len(examples), 128):
            nlp.update(examples[start : start + 128], sgd=optimizer)
    return lambda asked: [max(doc.cats, key=doc.cats.__getitem__) for doc in nlp.pipe(asked)]


def fine_tuned_peer(texts: Sequence[str], labels: Sequence[str]) -> Answer:
    """A sentence encoder with a layer on top, all weights fitted (torch, on the processor)."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(0)
    folder, names = os.environ[FINE_TUNED], sorted(set(labels))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(names), local_files_only=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    targets = torch.tensor([names.index(y) for y in labels])

    def inputs(chosen: Sequence[str]) -> Mapping[str, torch.Tensor]:
        return tokenizer(list(chosen), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")

    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(texts)).split(BATCH):
            loss = model(**inputs([texts[i] for i in batch.tolist()]), labels=targets[batch]).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    model.eval()

    def answer(asked: Sequence[str]) -> Sequence[str]:
        said: list[int] = []
        with torch.no_grad():
            for start in range(0, len(asked), 64):
                said += model(**inputs(asked[start : start + 64])).logits.argmax(dim=1).tolist()
        return [names[i] for i in said]

    return answer


def peers() -> dict[str, Peer]:
    """Those that can be run here, by name; of the others it is printed what is missing."""
    found: dict[str, Peer] = {"TF-IDF, logistic": _pipeline(tfidf_logistic), "TF-IDF, linear SVM": _pipeline(tfidf_svm)}
    if find_spec("fasttext"):
        found["fastText"] = fasttext_peer
    else:
        print('fastText is skipped: pip install ".[peers]"')
    found["spaCy textcat"] = spacy_peer
    if find_spec("torch") and find_spec("transformers") and os.environ.get(FINE_TUNED):
        found["encoder fine-tuned"] = fine_tuned_peer
    else:
        print(f"The fine-tuned encoder is skipped: it needs torch, transformers and its folder in {FINE_TUNED}")
    return found


def _one_line(text: str) -> str:
    return " ".join(text.lower().split()) or "-"
