"""The ticket side of the HTTP faces."""
