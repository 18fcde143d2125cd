"""The HTTP face of merchants."""
