"""Tickets: what a complaint needs, how it moves, what proves its end."""
