"""Conversations, who owns them, the communication record, and the desk where people take over."""
