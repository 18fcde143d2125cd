"""Pure decisions about orders, evidence and tickets."""
