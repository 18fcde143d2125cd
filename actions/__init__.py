"""Rasa's actions: slots in, one service call, one reply out. The wording is in `bot/replies`."""
