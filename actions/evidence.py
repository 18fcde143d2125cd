"""The evidence form: everything that is missing asked for once, whatever comes ticked off, then a ticket."""

from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import collect, orders, problems, say
from actions.anger import soothe
from actions.case import NO_ORDER, Case, closed
from actions.human import hand_over_decided
from actions.problems import Part
from actions.runtime import services
from actions.turn import Events, Turn
from aftersales.core.evidence import Item, open_items
from aftersales.core.order import OrderLine
from aftersales.tickets import OpenTicket, open_ticket
from kernel.clock import utcnow
from kernel.times import wire_time

EVIDENCE_TIME = timedelta(hours=72)  # domain-rules §2, 消费者补证
QUESTIONS_OPEN = (
    "correct",
    "service_complaint",
)  # their replies ask something themselves; one question at a time
CANNOT = {"title": "拍不了/没有照片", "payload": "/cannot_provide"}


class ValidateEvidenceForm(Action):
    """Ticks off what the turn brought; returns nothing when the turn is about something else, so its rule answers."""

    def name(self) -> str:
        return "validate_evidence_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, case, rulebook = Turn.of(tracker), Case.of(tracker), services().rulebook
        is_open = case is not None and bool(tracker.get_slot("requested_slot"))
        asks_order = is_open and not tracker.get_slot("order_line")
        names_order = asks_order and orders.named_line(turn) is not None and turn.intent != "request_human"
        is_aside = case is not None and collect.is_interruption(case, turn, tracker.get_slot("offer"))
        if is_open and is_aside and not names_order:
            return []
        if case and is_open and collect.wants_other_order(turn):
            case = case.without_line(tracker.get_slot("order_line"))
            picked = orders.named_line(turn)
            return [case.kept(), SlotSet("order_line", picked), SlotSet("evidence_complete", None)]
        if case is None or (not is_open and turn.intent in collect.STARTS and case.turn_id != turn.turn_id):
            case = collect.begin(turn, tracker.get_slot("offered"), tracker.get_slot("photos"))
            before = orders.repeated(turn, case.issue_type)
            if before and not case.further and not collect.is_besides(turn):
                case.repeats = before["id"]
        case = collect.work_in(case, turn, rulebook)
        if is_open and turn.intent == "nlu_fallback" and not case.news:
            return []
        line_id = (
            tracker.get_slot("order_line")
            or _line_of_first(turn, case)
            or orders.choose(turn, case.issue_type, asked=case.order_asked, refused=case.refused)
        )
        if case.repeats:
            line_id = line_id or NO_ORDER
        done = bool(line_id) and (bool(case.repeats) or collect.complete(case, rulebook))
        return [
            case.kept(),
            SlotSet("order_line", line_id),
            SlotSet("evidence_complete", True if done else None),
            SlotSet("photos", None),
            SlotSet("case_wanted", False),
            SlotSet("failed_turns", 0),
        ]


class AskOrderLine(Action):
    """Offers the orders that may be meant; an anonymous consumer is asked for the number, once."""

    def name(self) -> str:
        return "action_ask_evidence_form_order_line"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, case = Turn.of(tracker), Case.of(tracker)
        assert case is not None
        soothed = soothe(dispatcher, tracker, turn)
        if turn.orders:
            card = orders.picker(turn, case.issue_type, case.refused)
            other = {"title": "不在这里面", "payload": f'/choose_order{{"order_line": "{NO_ORDER}"}}'}
            unknown = orders.unknown_goods(turn)
            response = (
                "utter_ask_order_unknown"
                if unknown
                else "utter_ask_order_again"
                if case.order_asked
                else "utter_ask_order"
            )
            dispatcher.utter_message(
                response=response, product=unknown or "", json_message={"card": card}, buttons=[other]
            )
        else:
            dispatcher.utter_message(response="utter_ask_order_number")
        case.order_asked = True
        return [case.kept(), *soothed]


class AskEvidence(Action):
    """The one request, with the rulebook's sentence; afterwards only what came and what is still open, shortly."""

    def name(self) -> str:
        return "action_ask_evidence_form_evidence_complete"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, case, rulebook = Turn.of(tracker), Case.of(tracker), services().rulebook
        assert case is not None
        if case.asked and turn.intent in QUESTIONS_OPEN:
            return []
        todo, parts = problems.todo_of(case, rulebook), problems.parts_of(case, rulebook)
        line = orders.line_of(turn, tracker.get_slot("order_line"))
        lines = [orders.line_of(turn, part.order_line) or line for part in parts]
        still = collect.missing(case, rulebook)
        deadline = utcnow() + EVIDENCE_TIME
        wants_media = any(item.kind in ("image", "video") for item in still)
        known = say.listing([say.goods(one) for one in lines if one])
        values = {
            "request": todo.request,
            "problems": say.listing(_told(parts, lines)),
            "count": "两三"[len(parts) - 2] if len(parts) > 1 else "",
            "missing": _missing(parts, lines, case, still),
            "news": say.listing(case.news),
            "deadline": say.moment(deadline),
            "known": f"{known}的订单信息我这边都看到了，不用再填。" if known else "",
        }
        card = {
            "type": "evidence_request",
            "issue_type": case.issue_type,
            "sub_type": case.sub_type,
            "issue_label": todo.label,
            "order": orders.shown(line) if line else None,
            "items": [_item(item, case.collected, parts) for item in todo.items],
            "problems": [
                {
                    "issue_type": part.issue_type,
                    "sub_type": part.sub_type,
                    "issue_label": part.todo.label,
                    "order": orders.shown(one) if one else None,
                }
                for part, one in zip(parts, lines, strict=True)
            ],
            "deadline": wire_time(deadline),
        }
        response = _which_request(case, turn, wants_media)
        extra = {} if response == "utter_evidence_waiting" else {"json_message": {"card": card}}
        soothed = soothe(dispatcher, tracker, turn)
        dispatcher.utter_message(
            response=response, buttons=_buttons(turn, case, still, line), **extra, **values
        )
        case.asked = True
        return [case.kept(), *soothed]


class OpenTheTicket(Action):
    """Opens a ticket for each problem, once a turn however often Rasa asks; tells number, next step and time.

    What people must decide (假冒, 食品安全, a claim above the sum that rules settle) is then passed on to one.
    """

    def name(self) -> str:
        return "action_open_ticket"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        turn, case = Turn.of(tracker), Case.of(tracker)
        assert case is not None
        if case.repeats:
            other = {"title": "是另一件商品", "payload": f'/start_case{{"issue_type": "{case.issue_type}"}}'}
            dispatcher.utter_message(
                response="utter_ticket_supplemented", ticket=case.repeats, buttons=[other]
            )
            return closed()
        rulebook = services().rulebook
        line = orders.line_of(turn, tracker.get_slot("order_line"))
        for number, part in enumerate(problems.parts_of(case, rulebook)):
            about = orders.line_of(turn, part.order_line) or line
            order = _order(turn, case, part, number, about)
            ticket = await open_ticket(services().db, order, rulebook, utcnow())
            dispatcher.utter_message(
                response="utter_ticket_opened_too" if number else "utter_ticket_opened",
                ticket=ticket["id"],
                issue=ticket["issue_label"],
                next_step=say.next_step(ticket),
                json_message={"card": {"type": "ticket", "ticket": ticket}},
            )
        return [*closed(), *await hand_over_decided(turn, case, rulebook)]


def _line_of_first(turn: Turn, case: Case) -> str | None:
    """Of several problems told at once, the order line that the first one's own words name."""
    if not case.further or case.from_seq != turn.started_seq:
        return None
    groups = problems.grouped(turn)
    return groups[0][1] if groups else None


def _order(turn: Turn, case: Case, part: Part, number: int, line: dict[str, Any] | None) -> OpenTicket:
    owner = (line or {}).get("consumer_id") or turn.consumer.get("consumer_id") or ""
    collected = part.collected(case.collected)
    shown = {file_id for entry in collected.values() for file_id in entry["files"]}
    files = [file for file in case.files if file["file_id"] in shown] if case.further else case.files
    return OpenTicket(
        key=f"{turn.conversation_id}:{turn.turn_id}" + (f":{number}" if number else ""),
        conversation_id=turn.conversation_id,
        consumer_id=str(owner),
        consumer_name=turn.consumer.get("consumer_name") or "",
        order_line=OrderLine.from_json(line) if line else None,
        issue_type=part.issue_type,
        sub_type=part.sub_type,
        collected=collected,
        attachments=files,
        remedy=case.remedy,
        facts={**case.facts, **({"also": case.also} if case.also else {})},
        record_from=case.from_seq or turn.started_seq,
        record_to=turn.last_seq,
    )


def _which_request(case: Case, turn: Turn, wants_media: bool) -> str:
    if not case.asked:
        if case.further:
            return "utter_evidence_request_several"
        if any(entry["files"] for entry in case.collected.values()):
            return "utter_evidence_rest"
        return "utter_evidence_request" if wants_media else "utter_evidence_request_words"
    if case.turn_id == turn.turn_id and case.news:
        return "utter_evidence_progress"
    return "utter_evidence_waiting"


def _spoken(item: Any) -> str:
    return {"confirm": "确认", "choice": "选一下"}.get(item.kind, "") + str(item.label)


def _told(parts: list[Part], lines: list[dict[str, Any] | None]) -> list[str]:
    """The problems by name, with their goods where these differ."""
    differ = len({(line or {}).get("line_id") for line in lines}) > 1
    return [
        f"{say.goods(line)}{part.todo.label}" if differ else part.todo.label
        for part, line in zip(parts, lines, strict=True)
    ]


def _missing(parts: list[Part], lines: list[dict[str, Any] | None], case: Case, still: list[Item]) -> str:
    """What is still open as one list; with different goods, a list for each."""
    if len({(line or {}).get("line_id") for line in lines}) == 1:
        return say.listing([_spoken(item) for item in still])
    said = []
    for part, line in zip(parts, lines, strict=True):
        own = [_spoken(i) for i in open_items(part.todo, part.collected(case.collected)) if i.required]
        if own:
            said.append(f"{say.goods(line)}的{say.listing(own)}")
    return "，".join(said)


def _item(item: Any, collected: dict[str, Any], parts: list[Part]) -> dict[str, Any]:
    kept = collected.get(item.id) or {}
    waived = bool(kept.get("waived"))
    of = [number for number, part in enumerate(parts) if item.id in part.ids.values()]
    return {
        "problems": of,  # whose it is, by their place in the card's `problems`
        "id": item.id,
        "label": item.label,
        "kind": item.kind,
        "required": item.required,
        "hint": item.hint,
        "done": bool(kept) and not waived,
        "waived": waived,
    }


def _buttons(turn: Turn, case: Case, still: list[Any], line: dict[str, Any] | None) -> list[dict[str, str]]:
    kinds = {item.kind for item in still}
    buttons: list[dict[str, str]] = []
    if "choice" in kinds:
        buttons += [
            {"title": "换个尺码", "payload": '/choose_remedy{"remedy": "exchange"}'},
            {"title": "退货退款", "payload": '/choose_remedy{"remedy": "return_refund"}'},
        ]
    if "confirm" in kinds:
        yes, no = ("有人代收", "没有人代收") if case.sub_type == "not_received" else ("都完好", "不太完好")
        buttons += [{"title": yes, "payload": "/affirm"}, {"title": no, "payload": "/deny"}]
    if kinds & {"image", "video"}:
        buttons.append(CANNOT)
    if line and len(turn.orders) > 1 and not case.asked:
        buttons.append({"title": "不是这个订单", "payload": '/correct{"topic": "order"}'})
    return buttons
