"""Pure decisions about conversations: no clock, no input or output."""
