"""All sentences of the data at once: what is there already, and where a new one belongs. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property

from curation.core.likeness import flat
from curation.core.nlu_file import About, Line

BUTTONS = frozenset({"start_case", "choose_order", "choose_remedy", "nlu_fallback"})  # never said in words


class Corpus:
    """The lines of every file, by sentence and by meaning."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.by_text: dict[str, list[Line]] = defaultdict(list)
        self.by_flat: dict[str, list[Line]] = defaultdict(list)
        self.files_of: dict[About, Counter[str]] = defaultdict(Counter)
        for line in lines:
            self.add(line)

    def add(self, line: Line) -> None:
        self.by_text[line.text].append(line)
        self.by_flat[flat(line.text)].append(line)
        self.files_of[line.about][line.file] += 1

    def remove(self, line: Line) -> None:
        for index, key in ((self.by_text, line.text), (self.by_flat, flat(line.text))):
            index[key].remove(line)
            if not index[key]:
                del index[key]
        self.files_of[line.about][line.file] -= 1

    @property
    def lines(self) -> list[Line]:
        return [line for found in self.by_text.values() for line in found]

    @cached_property
    def flats(self) -> list[str]:
        """The flattened sentences, for measuring how new another one is."""
        return list(self.by_flat)

    def count(self, about: About) -> int:
        return self.files_of[about].total() if about in self.files_of else 0

    @property
    def meanings(self) -> dict[str, dict[str, str]]:
        """Intents that words can say, each with its details and their kind (the one most sentences have)."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for about in sorted(self.files_of, key=self.count):
            if about.intent not in BUTTONS:
                details = found[about.intent]
                if about.detail and about.kind:
                    details[about.detail] = about.kind
        return {intent: dict(sorted(details.items())) for intent, details in sorted(found.items())}

    def standing(self, text: str) -> list[Line]:
        """Where the very sentence stands already, marks and spaces aside."""
        return self.by_text.get(text) or self.by_flat.get(flat(text), [])

    def home(self, about: About) -> str:
        """The file that a new sentence of this meaning belongs to.

        The one named after the intent if the meaning is there; else where most sentences of the meaning are; else
        the intent's own file or the one with most of it.
        """
        files = +self.files_of.get(about, Counter())
        own = f"{about.intent}.yml"
        if own in files:
            return own
        if not files:
            for other, found in self.files_of.items():
                if other.intent == about.intent:
                    files += found
        return own if own in files or not files else max(sorted(files), key=files.__getitem__)
