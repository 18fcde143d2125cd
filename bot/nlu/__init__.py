"""Understanding without Rasa: pure functions and one small model, used by the Rasa components and by `bot.parse`."""
