"""A dialogue without Rasa: slots and form as Rasa would keep them, the real actions on a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import (
    complaint,
    correct,
    evidence,
    fallback,
    human,
    logistics,
    photos,
    questions,
    runtime,
    ticket,
)
from aftersales.core.order import OrderLine
from aftersales.gateways.logistics import DemoLogistics
from aftersales.rulebook_store import load_rulebook
from handoff.inbox import open_conversation
from kernel.clock import utcnow
from kernel.db import Database

FORM = "evidence_form"
ASKS = {"order_line": evidence.AskOrderLine, "evidence_complete": evidence.AskEvidence}
# Which action a rule gives for an intent; the issue types open the form.
RULES: dict[str, Any] = {
    "provide_evidence": photos.KeepPhotos,
    "cannot_provide": photos.KeepPhotos,
    "logistics": logistics.TrackParcel,
    "refund_status": ticket.RefundStatus,
    "check_ticket": ticket.TicketStatus,
    "cancel_case": ticket.CancelCase,
    "correct": correct.Correct,
    "request_human": human.RequestHuman,
    "service_complaint": complaint.AnswerComplaint,
    "after_sales_question": questions.AnswerQuestion,
    "nlu_fallback": fallback.Fallback,
}
OPENS = {"quality", "wrong_item", "size", "no_reason", "not_as_described", "start_case", "affirm"}


def order_line(number: int = 1, **given: Any) -> dict[str, Any]:
    """The JSON of an order line received yesterday."""
    now = utcnow()
    values: dict[str, Any] = {
        "order_no": f"20261120000000{number:04d}",
        "line_no": 1,
        "consumer_id": "u_1",
        "merchant_id": "m_1",
        "merchant_name": "一号店",
        "sku": "s",
        "title": "陶瓷马克杯",
        "category": "家居",
        "spec": {"颜色": "白色"},
        "quantity": 1,
        "paid_fen": 3990,
        "list_fen": 4990,
        "payment": (),
        "image_url": "/x.jpg",
        "status": "signed",
        "ordered_at": now - timedelta(days=4),
        "shipped_at": now - timedelta(days=3),
        "signed_at": now - timedelta(days=1),
        "carrier": "顺丰",
        "waybill_no": "SF1234567890",
    }
    return OrderLine(**(values | given)).to_json()


@dataclass
class Dialogue:
    """`say` plays one turn and returns the names of the replies."""

    conversation_id: str
    orders: list[dict[str, Any]]
    tickets: list[dict[str, Any]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    form: bool = False
    turn: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, intent: str, text: str = "", *, files: int = 0, **understood: Any) -> list[str]:
        self.turn += 1
        self.said = []
        self.latest = self._message(intent, text, files, understood)
        if intent != "nlu_fallback":
            self.slots["failed_turns"] = 0
        if self.form:
            if not await self._form_takes_it():
                await self.run(RULES[intent]) if intent in RULES else None
                if self.form and not self.slots.get("case_wanted"):
                    await self._ask()
        elif intent in OPENS:
            await self._open_form()
        else:
            await self.run(RULES[intent])
            if self.slots.get("case_wanted"):
                await self._open_form()
        return [str(message["response"]) for message in self.said]

    async def press(self, payload: str) -> list[str]:
        """Chooses a button by its payload."""
        import json

        intent, _, entities = payload[1:].partition("{")
        return await self.say(intent, chosen=json.loads("{" + entities) if entities else {"-": ""})

    async def run(self, action: Any) -> list[dict[str, Any]]:
        dispatcher = CollectingDispatcher()
        requested = self.slots.get("requested_slot")
        tracker = Tracker(
            self.conversation_id,
            dict(self.slots),
            self.latest,
            [],
            False,
            None,
            {"name": FORM} if requested else {},
            "action_listen",
        )
        events: list[dict[str, Any]] = await action().run(dispatcher, tracker, {})
        self.said += dispatcher.messages
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.form = event["name"] is not None
        return events

    def card(self, kind: str) -> dict[str, Any]:
        """The card of this kind that was shown in this turn."""
        cards = [message["custom"]["card"] for message in self.said if message["custom"]]
        return next(card for card in cards if card["type"] == kind)

    def buttons(self) -> dict[str, str]:
        return {button["title"]: button["payload"] for message in self.said for button in message["buttons"]}

    async def _open_form(self) -> None:
        self.form = True
        await self.run(evidence.ValidateEvidenceForm)
        await self._ask()

    async def _form_takes_it(self) -> bool:
        events = await self.run(evidence.ValidateEvidenceForm)
        if events:
            await self._ask()
        return bool(events)

    async def _ask(self) -> None:
        for slot, ask in ASKS.items():
            if self.slots.get(slot) is None:
                self.slots["requested_slot"] = slot
                await self.run(ask)
                return
        self.slots["requested_slot"], self.form = None, False
        await self.run(evidence.OpenTheTicket)

    def _message(self, intent: str, text: str, files: int, understood: dict[str, Any]) -> dict[str, Any]:
        chosen, trigger = understood.pop("chosen", {}), understood.pop("trigger", None)
        attachments = [
            {"file_id": f"f_{self.turn}_{n}", "kind": "image", "sha256": "0" * 64} for n in range(files)
        ]
        return {
            "text": text or ("[图片]" if files else "[选择]"),
            "intent": {"name": intent},
            "issue_type": intent,
            "facts": {},
            "entities": [
                {"entity": key, "value": value, "extractor": "button"} for key, value in chosen.items()
            ],
            **understood,
            "metadata": {
                "turn_id": f"t{self.turn}",
                "trigger": trigger,
                "attachments": attachments,
                "started_seq": self.turn,
                "last_seq": self.turn,
                "facts": {
                    "anonymous": not self.orders,
                    "consumer_id": "u_1",
                    "consumer_name": "林小满",
                    "order_lines": self.orders,
                    "open_tickets": self.tickets,
                },
            },
        }


@pytest.fixture(params=["sqlite"])
async def talk(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[Any]:
    """`talk(orders=…)` begins a dialogue of a consumer with these orders, by default one."""
    from kernel.db import metadata

    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await db.run_sync(metadata.create_all)
    runtime.bind(
        SimpleNamespace(  # type: ignore[arg-type]
            db=db,
            rulebook=load_rulebook(),
            orders=None,
            settings=None,
            stream=None,
            logistics=DemoLogistics(utcnow),
        )
    )

    async def begin(orders: list[dict[str, Any]] | None = None, **more: Any) -> Dialogue:
        row = await open_conversation(
            db, None, consumer_id="u_1", consumer_name="林小满", order_nos=None, channel="test", now=utcnow()
        )
        return Dialogue(row["id"], [order_line()] if orders is None else orders, **more)

    begin.db = db  # type: ignore[attr-defined]
    yield begin
    runtime.bind(None)
    await db.close()
