"""Merchants: what they are measured by, what follows from it, and what their staff have to know first."""
