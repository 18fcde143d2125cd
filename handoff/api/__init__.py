"""The desk's HTTP face."""
