"""The archive's HTTP faces."""
