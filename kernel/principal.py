"""Who is calling: set by the service's middleware, read by every HTTP face."""

from dataclasses import dataclass

PLATFORM = "platform"


@dataclass(frozen=True)
class Principal:
    """A consumer bound to one conversation, or a member of staff bound to one party."""

    kind: str  # "consumer" | "agent"
    conversation_id: str = ""
    consumer_id: str = ""
    name: str = ""
    agent_id: str = ""
    role: str = ""  # merchant_agent | platform_agent | supervisor | trainer | admin
    party: str = ""  # a merchant's id, or "platform"

    @property
    def handles_all_parties(self) -> bool:
        """Platform agents, supervisors and administrators see every merchant; merchant agents their own."""
        return self.kind == "agent" and self.party == PLATFORM and self.role != "trainer"

    @property
    def handles_conversations(self) -> bool:
        return self.kind == "agent" and self.role in {
            "merchant_agent",
            "platform_agent",
            "supervisor",
            "admin",
        }

    @property
    def supervises(self) -> bool:
        """Whether this member of staff may step in, whisper, reassign, and read board, reports and audit trail."""
        return self.kind == "agent" and self.role in {"supervisor", "admin"}

    def may_see(self, party: str) -> bool:
        """Whether this member of staff may see what belongs to `party`."""
        return self.handles_all_parties or (self.handles_conversations and self.party == party)
