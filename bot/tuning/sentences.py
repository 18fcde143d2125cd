"""`python -m bot.tuning.sentences`, by the brain's interpreter: the training sentences as the classifier reads them.

One JSON object a line on standard output: `text` (flattened) and `intent`. Besides those of `data/nlu` the tuned models
learn from `bot/tuning/data`: lines written with no label in mind and labelled by others. N-grams did not gain by them,
and would take a minute longer to train.
"""

import json
from pathlib import Path

from bot.nlu.examples import read_examples
from bot.nlu.normalise import flatten

UNSORTED = Path(__file__).parent / "data"

if __name__ == "__main__":
    for example in [*read_examples(), *read_examples(UNSORTED)]:
        print(json.dumps({"text": flatten(example.text), "intent": example.intent}, ensure_ascii=False))
