"""Tunes a pretrained language model once on our sentences: `make tune`. What it makes is in `made/`, read by `bot.nlu.tuned`."""
