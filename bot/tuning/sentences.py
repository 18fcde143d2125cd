"""`python -m bot.tuning.sentences`, by the brain's interpreter: the training sentences as the classifier reads them.

One JSON object a line on standard output: `text` (flattened) and `intent`.
"""

import json

from bot.nlu.examples import read_examples
from bot.nlu.normalise import flatten

if __name__ == "__main__":
    for example in read_examples():
        print(json.dumps({"text": flatten(example.text), "intent": example.intent}, ensure_ascii=False))
