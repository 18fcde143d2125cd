"""Rasa's side of `bot.nlu`: each component translates between Rasa's Message and one of its functions."""
