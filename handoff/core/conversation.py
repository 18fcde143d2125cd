"""Who may speak in a conversation: the owner, and the epoch that fences everybody else out.

Every change of owner raises the epoch by one. Whoever wants to write says under which epoch it was decided;
a write under an older epoch is refused, so a bot never talks over a person and no person over another.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from kernel.errors import DomainError


class Owner(StrEnum):
    BOT = "bot"
    QUEUED = "queued"
    AGENT = "agent"
    CLOSED = "closed"


class Trigger(StrEnum):
    ASKS_PERSON = "asks_person"  # the consumer, the bot or a rule wants a person
    PLATFORM_COMES_IN = "platform_comes_in"  # 平台介入: the platform's agents take it from whoever has it
    LEAVES_QUEUE = "leaves_queue"  # the consumer would rather go on with the bot
    AGENT_ACCEPTS = "agent_accepts"
    CONSUMER_AGREES = (
        "consumer_agrees"  # to go on with the bot, asked by his agent (L31: never without consent)
    )
    SUPERVISOR_STEPS_IN = "supervisor_steps_in"  # takes it from whoever has it
    AGENT_REQUEUES = "agent_requeues"  # transfer to a team: wait again, for another party
    AGENT_PASSES_ON = "agent_passes_on"  # transfer to a named colleague
    AGENT_CLOSES = "agent_closes"
    CONSUMER_RETURNS = "consumer_returns"  # writes into a closed conversation


TABLE: dict[tuple[Owner, Trigger], Owner] = {
    (Owner.BOT, Trigger.ASKS_PERSON): Owner.QUEUED,
    **{(owner, Trigger.PLATFORM_COMES_IN): Owner.QUEUED for owner in Owner},
    (Owner.QUEUED, Trigger.AGENT_ACCEPTS): Owner.AGENT,
    (Owner.QUEUED, Trigger.LEAVES_QUEUE): Owner.BOT,
    (Owner.QUEUED, Trigger.AGENT_CLOSES): Owner.CLOSED,
    (Owner.AGENT, Trigger.CONSUMER_AGREES): Owner.BOT,
    **{(owner, Trigger.SUPERVISOR_STEPS_IN): Owner.AGENT for owner in (Owner.BOT, Owner.QUEUED, Owner.AGENT)},
    (Owner.AGENT, Trigger.AGENT_REQUEUES): Owner.QUEUED,
    (Owner.AGENT, Trigger.AGENT_PASSES_ON): Owner.AGENT,
    (Owner.AGENT, Trigger.AGENT_CLOSES): Owner.CLOSED,
    (Owner.CLOSED, Trigger.CONSUMER_RETURNS): Owner.BOT,
    (Owner.CLOSED, Trigger.ASKS_PERSON): Owner.QUEUED,
}

# Asked for again while a person is already coming or there: true already, so nothing changes.
TOLERATED_REPEATS = frozenset({(Owner.QUEUED, Trigger.ASKS_PERSON), (Owner.AGENT, Trigger.ASKS_PERSON)})

REFUSALS = {
    (Owner.AGENT, Trigger.AGENT_ACCEPTS): ("already_taken", "这位消费者已经有同事接待了"),
    (Owner.BOT, Trigger.AGENT_ACCEPTS): ("not_waiting", "这位消费者没有在排队，智能助手正在接待"),
    (Owner.CLOSED, Trigger.AGENT_ACCEPTS): ("conversation_closed", "这个会话已经结束"),
}


@dataclass(frozen=True)
class Ownership:
    owner: Owner
    epoch: int
    agent_id: str | None = None


def move(now: Ownership, trigger: Trigger, agent_id: str | None = None) -> Ownership:
    """The ownership after `trigger`; the same value for a tolerated repeat.

    Raises DomainError (409) when the table has no such row.
    """
    if (now.owner, trigger) in TOLERATED_REPEATS:
        return now
    owner = TABLE.get((now.owner, trigger))
    if owner is None:
        code, message = REFUSALS.get(
            (now.owner, trigger), ("illegal_owner_change", "会话当前的状态不能这样操作")
        )
        raise DomainError(code, message, 409, owner=now.owner.value, trigger=trigger.value)
    return replace(now, owner=owner, epoch=now.epoch + 1, agent_id=agent_id if owner is Owner.AGENT else None)
