"""What a dossier is made of: named sections, of which the personal ones can be deleted and the rest kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kernel.times import wire_time

# In the order people read them. Personal: names, words, pictures, and what people wrote as reasons.
SECTIONS = (
    "case",
    "rules",
    "consumer",
    "application",
    "record",
    "evidence",
    "decisions",
    "execution",
    "timeline",
)
IMPERSONAL = frozenset({"case", "rules", "timeline"})
PERSONAL = frozenset(SECTIONS) - IMPERSONAL
LABELS = {
    "case": "工单",
    "rules": "适用规则",
    "consumer": "消费者",
    "application": "申请",
    "record": "沟通记录",
    "evidence": "证据",
    "decisions": "方案与判定",
    "execution": "执行与凭证",
    "timeline": "时间线",
}
# domain-rules §5: moves that decide something, by the status they lead to.
_DECIDING = {"proposal_pending", "executing", "rejected_claim", "suspended", "negotiating", "closed"}
_EXECUTING = {
    "executing",
    "awaiting_return",
    "awaiting_receipt",
    "refunding",
    "exchanging",
    "reshipping",
    "repairing",
    "compensating",
}


def sections(
    ticket: Mapping[str, Any],
    moves: Sequence[Mapping[str, Any]],
    evidence: Sequence[Mapping[str, Any]],
    record: Mapping[str, Any],
    rules: Mapping[str, Any],
    digests: Mapping[str, str | None],
    statements: Sequence[Mapping[str, Any]] = (),
    payments: Sequence[Mapping[str, Any]] = (),
    parcels: Sequence[Mapping[str, Any]] = (),
    entitled: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """The sections of a ticket's dossier as JSON values.

    `ticket`, `moves` (oldest first) and `evidence` are rows; `record` is `{conversation_id, from_seq, to_seq,
    lines}`; `statements`, `payments`, `parcels` and what the order `entitled` to are JSON; `digests` the sha256 of each kept file as it lies in the file room, None where it is gone.
    """
    line = dict(ticket["order_line"] or {})
    return {
        "case": {
            "ticket_id": ticket["id"],
            "issue_type": ticket["issue_type"],
            "sub_type": ticket["sub_type"],
            "merchant_id": ticket["party"],
            "merchant_name": ticket["merchant_name"],
            "goods": {key: line.get(key) for key in ("sku", "title", "category", "quantity", "paid_fen")},
            "remedy": ticket["remedy"],
            "amount_fen": (ticket["proposal"] or {}).get("amount_fen"),
            "status": ticket["status"],
            "version": ticket["version"],
            "opened_at": wire_time(ticket["opened_at"]),
            "closed_at": wire_time(ticket["closed_at"]) if ticket["closed_at"] else None,
            "rating": ticket["rating"],
        },
        "rules": dict(rules),
        "consumer": {"id": ticket["consumer_id"], "name": ticket["consumer_name"]},
        "application": {"order": line or None, "facts": ticket["facts"], **(entitled or {})},
        "record": dict(record),
        "evidence": {"items": [_evidence(item, digests) for item in evidence]},
        "decisions": {
            "proposal": ticket["proposal"],
            "rulings": list(ticket["rulings"] or ()),
            "statements": [
                dict(one) | {"files": [_file(file, digests) for file in one["files"]]} for one in statements
            ],
            "moves": [_decision(move) for move in moves if _decides(move)],
            "rating_note": ticket["rating_note"],
        },
        "execution": {
            "proof": ticket["proof"],
            "payments": [dict(one) for one in payments],
            "parcels": [dict(one) for one in parcels],
            "steps": [
                _decision(move)
                for move in moves
                if move["from_status"] in _EXECUTING or move["to_status"] in _EXECUTING
            ],
        },
        "timeline": {
            "moves": [
                {
                    "at": wire_time(move["at"]),
                    "from": move["from_status"],
                    "to": move["to_status"],
                    "phase": move["to_phase"],
                    "trigger": move["trigger"],
                    "actor_kind": move["actor_kind"],
                    "rule_version": move["rule_version"],
                }
                for move in moves
            ]
        },
    }


def _decides(move: Mapping[str, Any]) -> bool:
    return move["to_status"] in _DECIDING or move["actor_kind"] in ("merchant", "platform")


def _decision(move: Mapping[str, Any]) -> dict[str, Any]:
    keys = (
        "trigger",
        "from_status",
        "to_status",
        "to_phase",
        "actor_kind",
        "actor_id",
        "actor_name",
        "reason",
        "data",
    )
    return {key: move[key] for key in keys} | {"at": wire_time(move["at"])}


def _evidence(item: Mapping[str, Any], digests: Mapping[str, str | None]) -> dict[str, Any]:
    keys = ("item_id", "label", "kind", "status", "text", "provided_by")
    files = [_file(file, digests) for file in item["files"] if "file_id" in file]
    return {key: item[key] for key in keys} | {
        "required": bool(item["required"]),
        "files": files,
        "at": wire_time(item["at"]),
    }


def _file(file: Mapping[str, Any], digests: Mapping[str, str | None]) -> dict[str, Any]:
    return dict(file) | {"stored_sha256": digests.get(file["file_id"])}


def completed_at(ticket: Mapping[str, Any], moves: Iterable[Mapping[str, Any]]) -> datetime:
    """When the case was over, from which the law counts: the last time it came to 完结 or was withdrawn."""
    ends = [move["at"] for move in moves if move["to_status"] in ("closed", "withdrawn")]
    at: datetime = ends[-1] if ends else ticket["closed_at"] or ticket["entered_at"]
    return at
