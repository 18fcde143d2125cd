"""What can be seen in the sentences alone before a training: clashes, near copies under two labels, thin intents. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from curation.core.corpus import BUTTONS, Corpus
from curation.core.likeness import is_alike
from curation.core.nearness import Measured
from curation.core.nlu_file import About, Line

THIN = 25  # sentences of a meaning below which a model learns it badly
THIN_INTENT = 40
KINDS = {
    "clash": "同一句话标了两个意图",
    "near": "几乎一样的话标得不同",
    "likely_error": "很可能标错了",
    "astray": "离另一个意图更近",
    "thin": "句子太少",
    "evaluation": "和评测集太像",
    "fact": "标出的事实认不出来",
    "validate": "Rasa 校验",
}


def found_in(corpus: Corpus, measured: Measured, new: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Findings `{kind, text, place, weight, other, says}`; `new` are the sentences held against the evaluation set."""
    return [*_clashes(corpus), *_near(corpus), *_thin(corpus), *_measured(corpus, measured, new)]


def finding(kind: str, line: Line, weight: float, other: dict[str, Any], says: str) -> dict[str, Any]:
    about = line.about
    place = {"file": line.file, "intent": about.intent, "kind": about.kind, "detail": about.detail}
    return {"kind": kind, "text": line.text, "place": place, "weight": weight, "other": other, "says": says}


def _clashes(corpus: Corpus) -> list[dict[str, Any]]:
    found = []
    for lines in corpus.by_flat.values():
        first = lines[0]
        for other in lines[1:]:
            if other.about.intent != first.about.intent:
                there = {"text": other.text, "intent": other.about.intent, "file": other.file}
                found.append(
                    finding(
                        "clash", first, 2.0, there, f"同一句话在 {other.file} 里标的是 {other.about.intent}"
                    )
                )
    return found


def _near(corpus: Corpus) -> list[dict[str, Any]]:
    """Pairs that say nearly the same under two intents; found by their 3-grams, judged as the inbox judges."""
    index: dict[str, list[str]] = defaultdict(list)
    found = []
    for one, lines in corpus.by_flat.items():
        grams = {one[place : place + 3] for place in range(len(one) - 2)}
        shared: dict[str, int] = defaultdict(int)
        for gram in grams:
            for other in index[gram]:
                shared[other] += 1
            if len(index[gram]) < 400:  # what is everywhere tells nothing apart
                index[gram].append(one)
        for other, count in shared.items():
            if count < 0.45 * len(grams):
                continue
            there = corpus.by_flat[other][0]
            if there.about.intent != lines[0].about.intent and is_alike(one, other):
                about = {"text": there.text, "intent": there.about.intent, "file": there.file}
                says = f"和“{there.text[:40]}”（{there.about.intent}）几乎一样"
                found.append(finding("near", lines[0], round(count / max(1, len(grams)), 3), about, says))
    return found


def _thin(corpus: Corpus) -> list[dict[str, Any]]:
    found = []
    intents: dict[str, int] = defaultdict(int)
    examples: dict[str, Line] = {}
    for line in corpus.lines:
        intents[line.about.intent] += 1
        examples.setdefault(line.about.intent, line)
    for intent, count in intents.items():
        if count < THIN_INTENT and intent not in BUTTONS:
            whole = replace(examples[intent], about=About(intent))
            weight = 1.0 - count / THIN_INTENT
            found.append(finding("thin", whole, weight, {"count": count}, f"意图 {intent} 只有 {count} 句"))
    for line in {line.about: line for line in corpus.lines}.values():
        count = corpus.count(line.about)
        if line.about.detail and count < THIN:
            says = f"细类 {line.about.detail} 只有 {count} 句"
            found.append(finding("thin", line, 0.5 - count / THIN / 2, {"count": count}, says))
    return found


def _measured(corpus: Corpus, measured: Measured, new: Iterable[str]) -> list[dict[str, Any]]:
    found = []
    for text in new:
        near = measured.near(text)
        for line in corpus.by_text.get(text, []) if near else []:
            found.append(finding("evaluation", line, 1.5, {}, "和评测集里的一句几乎一样，会让成绩虚高"))
    return found
