"""Which issue type an utterance is about, how surely, and which sub-type or topic within it."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from bot.nlu import clauses, encoder, problems
from bot.nlu.decision import Decision, decide
from bot.nlu.features import Sparse, Vocabulary
from bot.nlu.heads import Head
from bot.nlu.labels import ISSUE_LABELS, by_issue_type, issue_type_of
from bot.nlu.normalise import flatten
from bot.nlu.problems import Clause, Problem
from bot.nlu.reader import Reader
from bot.nlu.taught import Taught
from bot.nlu.tuned import shipped

OPEN = "open"  # the class of training sentences without a sub-type: the text leaves it open
# What stands before the thing that is meant: 不是，我是说 …
_TAKES_BACK = re.compile(
    r"^(?:(?:不是|不对|错了|说错了?|搞错了?|弄错了?|你?理解错了?|选错了?|等等|等下|哦|啊)[,.!]*)*(?:我(?:是想?说|说的是|的意思是|要说的是|想说的是)|应该是|而是|其实是)?[,:]*"
)
# A number and nothing else answers what is open; a model can only guess at it.
_ONLY_A_NUMBER = re.compile(
    r"(?:我?的?(?:订单|快递|运单|物流|单)编?号?(?:是|为)?[:：,， ]?)?[A-Za-z]{0,4}[0-9][0-9 -]{7,24}[.,!。，！]?"
)
SURE_OF_SUB_TYPE = 0.55
SURE_OF_TOPIC = 0.35
# A sentence of one of these may name a problem of its own in a clause.
_MAY_NAME_PROBLEMS = frozenset({*problems.FAULTS, "no_reason", "logistics", "service_complaint"})
SURE_BY_GRAMS = 0.9  # of the dev set's rows above it 98 % are right without the reader
# Above the first the third vote mends nothing, above the second the fourth; that one costs as much as all before it.
SURE_WITHOUT_THE_NEXT = (0.95, 0.7)
# The tuned models' part of the vote, and its sharpness: picked, like the numbers above, on the labelled rows of real
# consumers (see `tried.yml`).
TUNED_SHARE, TUNED_SHARPNESS = 0.7, 1.7


@dataclass
class Understood:
    """What one utterance says. `sub_type` and `topic` are None where the text leaves them open.

    `problems` are the clauses that name a problem, of an utterance with several clauses.
    """

    text: str
    intent: str
    confidence: float
    ranking: List[Tuple[str, float]]
    issue_type: str
    sub_type: Optional[str]
    topic: Optional[str]
    decision: Decision
    topics: List[Tuple[str, float]] = field(default_factory=list)
    problems: List[Problem] = field(default_factory=list)


class IssueModel:
    """The trained classifier: for intents a head and a reader, and within an intent a head for its sub-types or topics.

    Without a reader n-grams decide alone, and no sentence vector is made. With `taught` the tuned language models have
    a vote on what was not taught.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        intents: Head,
        within: Dict[str, Head],
        kinds: Dict[str, str],
        reader: Optional[Reader],
        taught: Optional[Taught] = None,
    ) -> None:
        self.vocabulary, self.intents, self.within, self.kinds = vocabulary, intents, within, kinds
        self.reader, self.taught = reader, taught

    def as_trained(self) -> "IssueModel":
        """The same without the tuned models' votes: what held-out sentences are judged by."""
        return IssueModel(self.vocabulary, self.intents, self.within, self.kinds, self.reader)

    def understand(self, text: str) -> Understood:
        """One utterance. Of "不是，我是说尺码" the candidates name what is meant instead."""
        understood = self.understand_all([text])[0]
        rest = _TAKES_BACK.sub("", flatten(text))
        if understood.intent != "correct" or len(rest) < 2:
            return understood
        meant = self.understand_all([rest])[0]
        found = (meant.issue_type,) if meant.intent == meant.issue_type in ISSUE_LABELS else ()
        return replace(understood, decision=Decision(understood.decision.name, found))

    def understand_all(self, texts: Sequence[str]) -> List[Understood]:
        """One result a text, in order, each with the problems that its clauses name."""
        whole = self._judge_all(texts)
        places = [
            clauses.split(text) if _may_name_problems(one) else []
            for text, one in zip(texts, whole, strict=False)
        ]
        parts = [(at, place) for at, found in enumerate(places) if len(found) > 1 for place in found]
        # clauses are short and many: two votes do for them
        judged = self.as_trained()._judge_all([texts[at][start:end] for at, (start, end) in parts])
        said: Dict[int, List[Clause]] = {}
        for (at, (start, end)), one in zip(parts, judged, strict=True):
            said.setdefault(at, []).append(
                Clause(start, end, by_issue_type(one.ranking), one.intent, one.sub_type)
            )
        return [
            _with_problems(one, problems.named(one.text, said[at])) if at in said else one
            for at, one in enumerate(whole)
        ]

    def _judge_all(self, texts: Sequence[str]) -> List[Understood]:
        """Each text as one; all that need to be read are read together."""
        flat = [flatten(text) for text in texts]
        grams = [self.vocabulary.vector(plain) for plain in flat]
        read: List[Tuple[Optional[np.ndarray], Optional[np.ndarray]]] = [(None, None)] * len(flat)
        if self.reader is not None:
            unsure = [place for place, one in enumerate(grams) if not self._is_plain(one)]
            seen = encoder.see([flat[place] for place in unsure], vectors=False)
            votes = self.reader.probabilities(seen.tokens, seen.lengths)
            ends = np.cumsum(seen.lengths)
            for place, vote, start, end in zip(unsure, votes, ends - seen.lengths, ends, strict=True):
                read[place] = vote, seen.tokens[start:end]
        return [
            self._understand(text, plain, one, vote, tokens)
            for text, plain, one, (vote, tokens) in zip(texts, flat, grams, read, strict=True)
        ]

    def _is_plain(self, grams: Sparse) -> bool:
        """Short answers (谢谢, 好的, 我的工单呢) need no reading, which is most of the work of a parse."""
        votes = self.intents.by_grams(grams)
        best = int(votes.argmax())
        return bool(votes[best] >= SURE_BY_GRAMS) and self.intents.classes[best] not in self.within

    def _rank(self, flat: str, grams: Sparse, vote: Optional[np.ndarray]) -> List[Tuple[str, float]]:
        """The intents, the likeliest first. What the others find plain needs no third vote, nor what was taught."""
        votes = self.intents.votes(grams, vote)
        ranking = self.intents.ranking(votes)
        if vote is None or self.taught is None or flat in self.taught:
            return ranking
        best, heard = ranking[0][0], []
        for tuned, sure in zip(shipped(), SURE_WITHOUT_THE_NEXT, strict=True):
            if ranking[0][1] >= sure or best not in tuned.classes:
                break
            heard.append(tuned.vote(flat, self.intents.classes))
            together = (1 - TUNED_SHARE) * votes + TUNED_SHARE * np.mean(heard, axis=0)
            ranking = self.intents.ranking(together, TUNED_SHARPNESS)
        return ranking

    def _understand(
        self, text: str, flat: str, grams: Sparse, vote: Optional[np.ndarray], tokens: Optional[np.ndarray]
    ) -> Understood:
        ranking = self._rank(flat, grams, vote) if flat else [("out_of_scope", 0.0)]
        intent, confidence = ranking[0]
        if _ONLY_A_NUMBER.fullmatch(text.strip()):
            intent, confidence = "provide_evidence", 1.0
            ranking = [(intent, 1.0), *((name, 0.0) for name, _ in ranking if name != intent)]
        named = {"sub_type": None, "topic": None}
        topics: List[Tuple[str, float]] = []
        head = self.within.get(intent)
        if head is not None:
            vector = encoder.vector(tokens)[0] if tokens is not None and head.reads else None
            topics = head.ranking(head.votes(grams, head.by_vector(vector)))[:5]
            kind = self.kinds[intent]
            sure = SURE_OF_SUB_TYPE if kind == "sub_type" else SURE_OF_TOPIC
            if topics[0][0] != OPEN and topics[0][1] >= sure:
                named[kind] = topics[0][0]
        return Understood(
            text,
            intent,
            confidence,
            ranking,
            issue_type_of(intent, ranking),
            named["sub_type"],
            named["topic"],
            decide(intent, ranking),
            topics,
        )

    def save(self, folder: Path) -> None:
        """Writes `model.json` and `model.npz`; nothing in them can run code when loaded."""
        arrays = {"idf": self.vocabulary.idf, **self.intents.arrays("intents")}
        for intent, head in self.within.items():
            arrays.update(head.arrays(f"within/{intent}"))
        if self.reader is not None:
            arrays.update(self.reader.arrays("reader"))
        if self.taught is not None:
            arrays["taught"] = self.taught.marks
        about = {
            "grams": sorted(self.vocabulary.index, key=self.vocabulary.index.__getitem__),
            "longest": self.vocabulary.longest,
            "words": self.vocabulary.words,
            "reader": self.reader is not None,
            "taught": self.taught is not None,
            "intents": self.intents.about(),
            "kinds": self.kinds,
            "within": {intent: head.about() for intent, head in self.within.items()},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf8")
        np.savez_compressed(folder / "model.npz", **arrays)

    @classmethod
    def load(cls, folder: Path) -> "IssueModel":
        about = json.loads((folder / "model.json").read_text(encoding="utf8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            index = {gram: place for place, gram in enumerate(about["grams"])}
            vocabulary = Vocabulary(index, arrays["idf"], about["longest"], about["words"])
            intents = Head.restore("intents", about["intents"], arrays)
            within = {
                intent: Head.restore(f"within/{intent}", said, arrays)
                for intent, said in about["within"].items()
            }
            reader = Reader.restore("reader", arrays) if about["reader"] else None
            taught = Taught(arrays["taught"]) if about.get("taught") else None
        return cls(vocabulary, intents, within, about["kinds"], reader, taught)

    def warm_up(self) -> None:
        self.understand("热身")
        if self.taught is not None:
            shipped()  # else the first consumer who is hard to understand waits for it


def _may_name_problems(one: Understood) -> bool:
    return one.intent in _MAY_NAME_PROBLEMS or one.decision.name != "act"


def _with_problems(one: Understood, found: List[Problem]) -> Understood:
    """Several problems are acted on as named, and a named fault comes before the mere wish to return (guideline)."""
    kinds = problems.kinds(found)
    several = len(kinds) > 1 and one.decision.name != "act"
    fault = next((problem for problem in found if problem.said), None)
    # 尺码 names the matter, not a fault: who surely speaks of his own choice means that
    own_choice = fault is not None and fault.issue_type == "size" and one.confidence >= problems.SURE
    if one.intent == "no_reason" and fault and not own_choice:
        return replace(
            one, intent=fault.issue_type, issue_type=fault.issue_type, sub_type=fault.sub_type, problems=found
        )
    if several and one.intent not in kinds:
        first = found[0]
        one = replace(one, intent=first.issue_type, issue_type=first.issue_type, sub_type=first.sub_type)
    if several or _is_only_angry(one, fault):
        one = replace(one, decision=Decision("act", one.decision.candidates))
    return replace(one, problems=found)


def _is_only_angry(one: Understood, fault: Optional[Problem]) -> bool:
    """A fault named in its own words, and beside it nothing but anger, a wish or a question, which come after it."""
    rivals = {*one.decision.candidates} - {one.intent}
    return (
        one.decision.name == "ask"
        and fault is not None
        and fault.issue_type == one.intent
        and rivals <= problems.AFTER_A_FAULT
    )
