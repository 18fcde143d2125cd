"""Builds the parts and ties them together: who gets which database, stream, brain and gateway."""

import os
from dataclasses import dataclass
from pathlib import Path

from aftersales import execution, notices, rulebook_register, webhooks
from aftersales.archive.keeping import archive_when_over
from aftersales.archive.ports import ArchivePorts
from aftersales.core.order import OrderLine
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import TicketMoved, TicketOpened, TicketReminded
from aftersales.gateways.client import SignedClient
from aftersales.gateways.demo_orders import DemoOrders
from aftersales.gateways.logistics import DemoLogistics, HttpLogistics, Logistics
from aftersales.gateways.notifications import DemoNotifications, HttpNotifications, Notifications
from aftersales.gateways.orders import HttpOrders, Orders
from aftersales.gateways.payments import DemoPayments, HttpPayments, Payments
from aftersales.gateways.trouble import Trouble
from aftersales.merchants.ports import ConversationCounts
from aftersales.rulebook_store import load_rulebook
from curation import capturing, wording
from curation.folder import DataFolder
from curation.promoting import Releasing
from curation.runs import Training
from curation.serving import Routes
from curation.wording import Replies
from curation.workbench import BrainRunner, Workbench
from handoff import canned, opening, policy, promises
from handoff.brain import Brain
from handoff.casework import ticket_line
from handoff.core.turns import TurnAnswered
from handoff.facts import Facts, of_cases
from handoff.files import FileRoom
from handoff.lineup import Lineup
from handoff.lists import DeskLists
from handoff.ownership import ask_platform_in
from handoff.presence import Heartbeat
from handoff.routing import Router
from handoff.stream import EventStream
from handoff.turns import Turns
from kernel.clock import utcnow
from kernel.db import Database
from service.archive_ports import archive_ports
from service.curation_ports import releasing_parts, training_parts
from service.limits import Limiter
from service.merchant_ports import HandoffCounts
from service.settings import ROOT, Settings
from service.setup import BRAIN_PYTHON, brain_env


@dataclass
class Services:
    """Everything a handler, an action or a job may need."""

    settings: Settings
    db: Database
    stream: EventStream
    brain: Brain
    files: FileRoom
    limiter: Limiter
    orders: Orders
    payments: Payments
    logistics: Logistics
    notifications: Notifications
    platform: SignedClient | None  # where webhooks go
    facts: Facts
    turns: Turns
    archive: ArchivePorts
    counts: ConversationCounts
    lists: DeskLists
    curation: Workbench
    training: Training
    releasing: Releasing
    replies: Replies
    lineup: Lineup
    heartbeat: Heartbeat
    router: Router

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force at this moment; a ticket keeps those it was opened under."""
        return load_rulebook()

    async def start(self) -> None:
        await rulebook_register.record(self.db, utcnow())
        await wording.publish(self.db, self.replies)
        await canned.install_defaults(self.db, utcnow())
        await self.stream.start()
        await opening.load(self.db)
        self.heartbeat.start()
        self.router.start()

    async def own_line(self, conversation_id: str, line_id: str) -> OrderLine | None:
        """The order line of this conversation's consumer, None for anybody else's."""
        return await self.facts.own_line(conversation_id, line_id)

    async def ask_platform_in(self, conversation_id: str) -> None:
        """Passes the conversation to the platform's agents (平台介入)."""
        await ask_platform_in(self.db, self.stream, conversation_id, utcnow())

    async def close(self) -> None:
        await self.router.close()
        await self.heartbeat.close()
        await self.turns.close()
        await self.stream.close()
        await self.brain.close()
        for service in (self.orders, self.payments, self.logistics, self.notifications, self.platform):
            if service is not None:
                await service.close()
        await self.limiter.close()
        await self.db.close()


def build(settings: Settings) -> Services:
    """The parts for these settings; nothing is connected before `start`."""
    policy.use(Path(settings.desk_rules) if settings.desk_rules else None)
    stream = EventStream(settings.redis)
    note = ticket_line(stream)
    db = Database(
        settings.database,
        {
            TicketOpened: [note],
            TicketMoved: [note, archive_when_over(), notices.on_moved, promises.on_moved],
            TicketReminded: [note, notices.on_reminded],
            TurnAnswered: [capturing.on_answered],
            **execution.HANDLERS,
        },
    )
    if settings.webhook_url:
        for event, tell in webhooks.HANDLERS.items():
            db.handlers.setdefault(event, []).append(tell)
    demo = DemoOrders(utcnow())
    share = settings.demo_trouble
    trouble = Trouble(away=share, later=share, refused=share)
    orders: Orders = HttpOrders(settings.orders_url, settings.orders_secret) if settings.orders_url else demo
    facts = Facts(db, orders)
    brain = Brain(Routes(db, settings.rasa_url), settings.rasa_token)
    room = FileRoom(settings.var / "files", settings.secret)
    bench = workbench(settings)
    training = training_parts(settings, bench)
    return Services(
        settings=settings,
        db=db,
        stream=stream,
        brain=brain,
        files=room,
        limiter=Limiter(settings.redis, generous=settings.rate_factor),
        orders=orders,
        payments=HttpPayments(settings.payments_url, settings.payments_secret)
        if settings.payments_url
        else DemoPayments(trouble),
        logistics=HttpLogistics(settings.logistics_url, settings.logistics_secret)
        if settings.logistics_url
        else DemoLogistics(utcnow, demo.journeys(), trouble),
        notifications=HttpNotifications(settings.notifications_url, settings.notifications_secret)
        if settings.notifications_url
        else DemoNotifications(trouble),
        platform=SignedClient(
            "webhook", "平台没有接收", settings.webhook_url, settings.webhook_secret, attempts=1
        )
        if settings.webhook_url
        else None,
        facts=facts,
        turns=Turns(db, stream, brain, facts.for_turn),
        archive=archive_ports(db, room),
        counts=HandoffCounts(orders),
        lists=DeskLists(db, of_cases),
        curation=bench,
        training=training,
        releasing=releasing_parts(settings, training),
        replies=Replies(ROOT / "bot" / "replies", settings.var / "replies"),
        lineup=Lineup(db),
        heartbeat=Heartbeat(db),
        router=Router(db, stream),
    )


def workbench(settings: Settings) -> Workbench:
    """The trainers' data and what their model is measured on; nothing is made before it is used."""
    folder = DataFolder(settings.curation_data or settings.var / "curation" / "data", ROOT)
    brain = BrainRunner(BRAIN_PYTHON, dict(os.environ) | brain_env()) if BRAIN_PYTHON.is_file() else None
    return Workbench(folder, settings.evaluation_rows, settings.double_labels, brain)


def from_environment() -> Services:
    """For actions run apart: `ANXIN_SERVICES=service.wiring:from_environment python -m rasa_sdk --actions actions`."""
    return build(Settings())  # type: ignore[call-arg]  # secrets come from the environment
