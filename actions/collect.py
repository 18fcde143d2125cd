"""What a turn adds to the open case. Pure: a case and a turn in, a case out."""

import re
from dataclasses import replace
from typing import Any

from actions import orders
from actions.case import Case, Further
from actions.problems import MOST, further_of, grouped, parts_of, todo_of
from actions.turn import Named, Turn
from aftersales.core.evidence import Checklist, Item, is_complete, open_items, tick
from aftersales.core.rulebook import Rulebook

GOODS = ("quality", "wrong_item", "size", "no_reason", "not_as_described")
STARTS = (*GOODS, "logistics", "refund_status", "start_case", "affirm")
# Inside a case these are answered on their own, and then the case goes on.
INTERRUPTS = frozenset(
    {
        "request_human",
        "bot_challenge",
        "service_complaint",
        "check_ticket",
        "cancel_case",
        "correct",
        "greet",
        "thanks",
        "goodbye",
        "out_of_scope",
        "after_sales_question",
        "logistics",
        "refund_status",
    }
)
# These say something only to the question that is open.
SHORT = frozenset({"affirm", "deny", "greet", "thanks", "goodbye", "cannot_provide", "choose_order"})
_INTACT = re.compile(
    r"都在|都有|完好|齐全|齐的|全新|没穿|没用|没拆|没剪|没动|没坏|没脏|没洗|没打开|没开封|原封|全的"
)
_USED = re.compile(r"穿过|用过|洗过|剪了|剪掉|丢了|扔了|不全|不齐|脏了|坏了|拆了|没有了")
_SOMEBODY = re.compile(
    r"(?<!没)(?<!没有)(有人|家人|家里|邻居|驿站|门卫|保安|快递柜|丰巢|老公|老婆|爸|妈).{0,5}(代收|收了|签了|签收|放|取)|^有$|有代收"
)
_NOBODY = re.compile(r"没人|没有人|无人|没.{0,3}代收|不是.{0,3}收|都问过|问过了")
# Told beside what is open, and not instead of it.
_BESIDES = re.compile(
    r"另外|还有|而且|再就是|对了|顺便|同时|[还也又](?:有|少|缺|漏|破|坏|裂|碎|发错|开胶|掉|不|没)"
)
_OTHER_ORDER = re.compile(
    r"(不是|不对|错了|选错|点错|弄错|搞错|换).{0,4}(这|那|另|别|其他|选|个|的)?.{0,2}(订单|单子|这单|那单|一单|那件|这件商品|另一?件|另外一件)"
)
_TAKES_BACK = re.compile(r"^(不是|不对|错了|说错|搞错|弄错|我是说|我说的是|应该是)|我是说|我说的是")
LONG_ENOUGH = 8  # signs of words that say more than the name of the problem
_NEWS = {"choice": "您选的处理方式", "confirm": "您的确认"}
_ANSWERS = ("order_no", "cannot_provide_photo", "photo_attached")


def is_interruption(case: Case, turn: Turn, offer: str | None = None) -> bool:
    """Whether the turn is about something else than the open case: a question, thanks, a person, a parcel.

    Yes and no answer what the bot offered last, before what the case has open.
    """
    if offer == "human" and turn.intent in ("affirm", "deny"):
        return True
    if turn.attachments or turn.chosen or any(turn.facts.get(key) for key in _ANSWERS):
        return turn.intent in ("cancel_case", "correct", "request_human")
    if turn.intent == case.issue_type:
        return False
    return turn.intent in INTERRUPTS


def is_besides(turn: Turn) -> bool:
    """Whether the words set something beside what was told before: 另外, 还有, 也破了."""
    return bool(_BESIDES.search(turn.text))


def wants_other_order(turn: Turn) -> bool:
    """不是这个订单, which a model takes for a mere no."""
    return not turn.chosen and bool(_OTHER_ORDER.search(turn.text))


def begin(turn: Turn, offered: str | None = None, photos: list[dict[str, Any]] | None = None) -> Case:
    """A new case from the turn that names the problem, or several; photos sent before any word belong to it."""
    files = list(photos or [])
    if turn.intent == "affirm" and offered:
        return Case(offered, None, from_seq=turn.started_seq, files=files)
    groups = grouped(turn)
    if groups and (len(groups) > 1 or turn.issue_type not in GOODS):
        (main, line), *others = groups
        further = further_of(others, line)
        return Case(main.issue_type, main.sub_type, turn.started_seq, files=files, further=further)
    return Case(turn.issue_type or "quality", turn.sub_type, from_seq=turn.started_seq, files=files)


def fault(turn: Turn) -> Named | None:
    """What is wrong with the goods in a turn that is first of all about something else: 什么破店，鞋才穿一天就开胶."""
    return next((one for one in turn.problems if one.said and one.issue_type in GOODS), None)


def work_in(case: Case, turn: Turn, rulebook: Rulebook) -> Case:
    """The case with everything the turn brings: photos, facts, words, yes and no, a change of the issue."""
    if case.turn_id == turn.turn_id:
        return case  # Rasa asks twice within a turn
    issue_before, count_before = (case.issue_type, case.sub_type), case.count
    case = _issue_after(case, turn)
    is_new_list = not case.turn_id or issue_before != (case.issue_type, case.sub_type)
    todo = todo_of(case, rulebook)
    before = _done(todo, case.collected)
    in_parts = bool(case.further) and (not case.turn_id or case.count > count_before)
    if in_parts:
        case = _each_in_its_words(case, turn, rulebook)
    earlier = case.files if is_new_list else []
    arrived = [_file(one) for one in turn.attachments]
    facts = {**case.facts, **turn.facts}
    collected = tick(
        todo,
        case.collected,
        attachments=[*_attachments(earlier), *turn.attachments],
        text=turn.text if _says_enough(case, turn) and not in_parts else "",
        facts={**facts, **({"remedy": turn.chosen["remedy"]} if "remedy" in turn.chosen else {})},
        cannot=_cannot(case, turn, todo),
        confirmed=_confirmed(case, turn, todo),
    )
    done = _done(todo, collected)
    labels = {item.id: _NEWS.get(item.kind, item.label) for item in todo.items}
    return replace(
        case,
        collected=collected,
        files=[*case.files, *arrived],
        facts=facts,
        turn_id=turn.turn_id,
        remedy=_remedy(turn) or case.remedy,
        news=[labels[item_id] for item_id in labels if item_id in done - before],
    )


def change_issue(case: Case, issue_type: str, sub_type: str | None, rulebook: Rulebook) -> Case:
    """The same case about another problem: what was sent stays and is ticked off on the new list."""
    todo = todo_of(replace(case, issue_type=issue_type, sub_type=sub_type), rulebook)
    collected = tick(
        todo,
        {},
        attachments=_attachments(case.files),
        text="",
        facts=case.facts,
        cannot=False,
        confirmed=None,
    )
    return replace(case, issue_type=issue_type, sub_type=sub_type, collected=collected, asked=False, news=[])


def missing(case: Case, rulebook: Rulebook) -> list[Item]:
    """The mandatory items still open."""
    return [item for item in open_items(todo_of(case, rulebook), case.collected) if item.required]


def complete(case: Case, rulebook: Rulebook) -> bool:
    return is_complete(todo_of(case, rulebook), case.collected)


def _issue_after(case: Case, turn: Turn) -> Case:
    """A button or "不是，我是说…" changes the issue; words make an open sub-type known, or name a further problem."""
    is_other = turn.intent in GOODS and turn.intent != case.issue_type
    takes_back = is_other and bool(_TAKES_BACK.search(turn.text))
    pressed = turn.intent == "start_case" and turn.issue_type != case.issue_type
    if (takes_back or pressed) and turn.issue_type:
        return replace(case, issue_type=turn.issue_type, sub_type=turn.sub_type, collected={}, asked=False)
    if turn.intent == case.issue_type and turn.sub_type and not case.sub_type:
        return replace(case, sub_type=turn.sub_type)
    if is_other and case.turn_id:
        return _beside(case, turn)
    return case


def _beside(case: Case, turn: Turn) -> Case:
    """A further problem told on the way: its own line where the words set it beside, else only a note for people."""
    known = {case.issue_type, *(one.issue_type for one in case.further)}
    clear = is_besides(turn) and turn.intent not in known and case.count < MOST
    if clear:
        new = Further(turn.intent, turn.sub_type, orders.named_line(turn), turn.text, turn.facts)
        return replace(case, further=[*case.further, new], asked=False)
    return replace(case, also=list(dict.fromkeys([*case.also, turn.intent])))


def with_refund(case: Case) -> list[Further]:
    """The further problems with the missing money among them, once; it needs nothing of the consumer."""
    if any(one.issue_type == "refund_status" for one in case.further) or case.issue_type == "refund_status":
        return case.further
    return [*case.further, Further("refund_status", "refund_not_arrived")]


def _each_in_its_words(case: Case, turn: Turn, rulebook: Rulebook) -> Case:
    """Ticks off what each clause says to its own problem's questions, and to no other's."""
    parts, collected = parts_of(case, rulebook), case.collected
    words = [turn.about(named) for named, _ in grouped(turn)] if not case.turn_id else [turn]
    for part, about in zip(parts[-len(words) :], words, strict=False):
        own = tick(
            part.todo,
            part.collected(collected),
            text=about.text if len(about.text) >= LONG_ENOUGH or "product" in about.facts else "",
            facts=about.facts,
        )
        collected = collected | {part.ids[item_id]: entry for item_id, entry in own.items()}
    return replace(case, collected=collected)


def _cannot(case: Case, turn: Turn, todo: Checklist) -> bool:
    """拍不了, or a plain 没有 to a request for photos."""
    if turn.intent == "cannot_provide" or turn.facts.get("cannot_provide_photo"):
        return True
    return turn.intent == "deny" and case.asked and not _open(case, todo, "confirm")


def _says_enough(case: Case, turn: Turn) -> bool:
    """Whether the words answer a question: "少发一件" names the problem, and not yet what is missing."""
    if turn.intent in SHORT:
        return False
    return case.asked or len(turn.text) >= LONG_ENOUGH or "product" in turn.facts


def _confirmed(case: Case, turn: Turn, todo: Checklist) -> bool | None:
    """Yes or no to what is to be confirmed, also in other words: 都在, 没人代收."""
    if not case.asked or not _open(case, todo, "confirm"):
        return None
    if turn.intent in ("affirm", "deny"):
        return turn.intent == "affirm"
    no, yes = (
        (_NOBODY, _SOMEBODY)
        if case.sub_type == "not_received" or case.issue_type == "logistics"
        else (_USED, _INTACT)
    )
    if yes.search(turn.text):
        return True
    return False if no.search(turn.text) else None


def _open(case: Case, todo: Checklist, kind: str) -> list[Item]:
    return [item for item in open_items(todo, case.collected) if item.kind == kind]


def _done(todo: Checklist, collected: dict[str, Any]) -> set[str]:
    still = {item.id for item in open_items(todo, collected)}
    return {item.id for item in todo.items if item.id not in still}


def _remedy(turn: Turn) -> str | None:
    """The wish in the rulebook's words; without a return a refund is 仅退款."""
    wish = turn.chosen.get("remedy") or turn.fact("remedy")
    return "refund_only" if wish == "refund" else wish


def _file(attachment: Any) -> dict[str, Any]:
    return {"file_id": attachment.file_id, "kind": attachment.kind, "sha256": attachment.sha256}


def _attachments(files: list[dict[str, Any]]) -> list[Any]:
    from aftersales.core.evidence import Attachment

    return [Attachment(**one) for one in files]
