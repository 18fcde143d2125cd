"""What the ticket APIs answer, for the OpenAPI description; the tests hold the real answers against it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sanic_ext.extensions.openapi.definitions import Response

from aftersales.api.rule_answers import EligibilityJson
from aftersales.core.ticket import Phase, Status


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileJson(_Answer):
    model_config = ConfigDict(extra="allow")

    file_id: str
    kind: str
    sha256: str | None = None
    url: str


class EvidenceJson(_Answer):
    item_id: str
    label: str
    kind: Literal["image", "video", "document", "text", "confirm", "choice"]
    required: bool
    status: Literal["provided", "waived", "missing"]
    text: str | None
    files: list[FileJson]


class DeskEvidenceJson(EvidenceJson):
    hints: list[str] = Field(description="机器看到的，供人参考，不是结论")


class OrderJson(_Answer):
    line_id: str
    order_no: str
    title: str
    spec: dict[str, str]
    image_url: str
    paid_fen: int
    quantity: int
    status: str = Field(description="申请时的订单状态：paid 待发货、shipped、signed、finished")
    signed_at: str | None


class PartyJson(_Answer):
    id: str
    name: str


class ProposalJson(_Answer):
    remedy: str
    remedy_label: str
    amount_fen: int | None = Field(description="分")
    freight_payer: Literal["merchant", "consumer", "none"]
    freight_label: str
    note: str
    return_to: str = Field(default="", description="寄回到哪里")
    clause: str = Field(description="依据；未核验的规则不引用")


class RecordJson(_Answer):
    from_seq: int
    to_seq: int


class RatingJson(_Answer):
    score: int
    service: int | None
    note: str | None


class OptionJson(_Answer):
    value: str
    label: str


class NeedJson(_Answer):
    name: str
    label: str
    type: Literal["text", "money", "remedy", "payer", "liability", "clause"]
    required: bool
    options: list[OptionJson] | None = None
    suggested_fen: int | None = Field(default=None, description="规则算出的金额，供人参考")
    hint: str | None = None


class NextJson(_Answer):
    trigger: str
    label: str
    due_label: str | None = Field(description="在什么时候以前")
    basis: str = Field(description="时限的依据")
    needs: list[NeedJson]


class RulingJson(_Answer):
    outcome: Literal["supported", "rejected"]
    liability: str
    liability_label: str
    clause: str
    reason: str
    proposal: ProposalJson | None
    at: str


class QuoteJson(_Answer):
    amount_fen: int = Field(description="分")
    reason: str
    state: Literal["asked", "accepted", "refused"]


class StatementJson(_Answer):
    side: Literal["consumer", "merchant", "platform"]
    side_label: str
    name: str
    text: str
    files: list[FileJson]
    at: str


class ParcelJson(_Answer):
    kind: str
    kind_label: str
    carrier: str
    waybill_no: str
    state: str
    traces: list[dict[str, str]]
    sent_at: str
    signed_at: str | None


class RefundJson(_Answer):
    kind: str
    amount_fen: int
    state: str
    parts: list[dict[str, Any]]
    started_at: str
    settled_at: str | None


class TicketJson(_Answer):
    id: str = Field(description="工单号，例如 AX20261124000377")
    conversation_id: str
    status: Status
    status_label: str = Field(description="终态恰为「完结」")
    phase: Phase | None = Field(description="执行到哪一步")
    phase_label: str | None
    escalated: bool = Field(description="处理超时，已升级到主管")
    issue_type: str
    sub_type: str | None
    issue_label: str
    remedy: str | None
    remedy_label: str | None
    order: OrderJson | None
    merchant: PartyJson | None
    consumer: PartyJson
    evidence: list[EvidenceJson]
    return_to: str | None = Field(description="退货地址、收货人和电话")
    proposal: ProposalJson | None
    proof: str | None
    due_at: str | None
    due_label: str | None
    next_step: str
    adjudication: RulingJson | None
    quote: QuoteJson | None
    steps: list[NextJson] = Field(description="消费者可以做的下一步，和要填的内容")
    version: int
    opened_at: str
    closed_at: str | None
    rule_version: str
    record: RecordJson
    rating: RatingJson | None


class HistoryJson(_Answer):
    at: str
    actor_kind: Literal["consumer", "merchant", "platform", "system"]
    actor_name: str
    from_: str | None = Field(alias="from")
    to: str
    to_label: str
    trigger: str
    trigger_label: str
    reason: str


class DecisionJson(_Answer):
    label: str
    remedies: list[OptionJson] = Field(description="消费者可以选的，先后按规则")
    freight: Literal["merchant", "consumer", "none"]
    freight_label: str
    within: str
    people: bool = Field(description="必须由人决定")
    rule_id: str
    basis: str


class TicketDetail(TicketJson):
    entitlements: EligibilityJson | None = Field(description="申请那一刻的售后资格，按工单锁定的规则版本")
    decision: DecisionJson | None = Field(description="处理方案决策表里的这一行")
    history: list[HistoryJson]
    statements: list[StatementJson]
    parcels: list[ParcelJson]
    refunds: list[RefundJson]


class PendingJson(_Answer):
    trigger_label: str
    by_name: str
    mine: bool
    remedy_label: str
    amount_fen: int | None
    reason: str
    at: str


class TypeJson(_Answer):
    issue_type: str
    sub_type: str | None
    label: str
    group: str = Field(description="大类的名字")


class DeskTicketDetail(TicketDetail):
    snapshot: dict[str, Any] | None = Field(description="申请那一刻的交易快照")
    evidence: list[DeskEvidenceJson]  # type: ignore[assignment]
    next: list[NextJson] = Field(description="我可以做的下一步，和要填的内容")
    pending_decision: PendingJson | None = Field(description="超过限额的决定，等另一位同事复核")
    types: list[TypeJson] = Field(description="我可以把问题类型改成什么；不能改时为空")


class Ticket(_Answer):
    ticket: TicketJson


class Detail(_Answer):
    ticket: TicketDetail


class DeskDetail(_Answer):
    ticket: DeskTicketDetail


class Statement(_Answer):
    statement: StatementJson


class Page(_Answer):
    tickets: list[TicketJson]
    next_cursor: str | None


class ErrorBody(_Answer):
    code: str
    message: str
    details: dict[str, Any] | None = None


class Failure(_Answer):
    error: ErrorBody


_FAILURES = {
    401: "没有登录或打开会话",
    403: "这一步不由您来操作（not_allowed、forbidden）",
    404: "没有这个工单，或者您看不到它",
    409: "状态不允许（illegal_transition）或工单已有新进展（stale_ticket）",
    422: "内容不符合要求（invalid、missing_field、missing_proof、remedy_not_allowed …）",
}


def answers(model: type[BaseModel], *failures: int) -> list[dict[str, Any] | Response]:
    """The responses of one route: the good one, and the failures it can give."""
    good = Response(_content(model), description="成功", status=200)
    return [
        good,
        *(Response(_content(Failure), description=_FAILURES[code], status=code) for code in failures),
    ]


def query(name: str, about: str, kind: type = str) -> dict[str, Any]:
    """One query argument."""
    return {
        "name": name,
        "schema": kind,
        "location": "query",
        "description": about,
        "required": False,
    }


def _content(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    return {"application/json": _inline(schema, schema.pop("$defs", {}))}


def _inline(value: Any, named: dict[str, Any]) -> Any:
    """The schema with every reference replaced by what it names: the description has no components of ours."""
    if isinstance(value, dict):
        if "$ref" in value:
            return _inline(named[value["$ref"].rsplit("/", 1)[-1]], named)
        return {key: _inline(part, named) for key, part in value.items()}
    return [_inline(part, named) for part in value] if isinstance(value, list) else value
