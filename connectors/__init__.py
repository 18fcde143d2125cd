"""Consumer-facing channels: they verify, parse and deliver, and decide nothing."""
