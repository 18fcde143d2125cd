"""Pure: no clock, no I/O."""
