import { Tag } from "antd";
import { money, spec } from "../shared/format";
import type { Card } from "../shared/wire";

/** What a card said to the consumer, read-only. */
export function CardSummary({ card }: { card: Card }) {
  switch (card.type) {
    case "order_picker":
      return <div className="card">请消费者选择订单：{card.orders.map((order) => order.title).join("；")}</div>;
    case "evidence_request":
      return (
        <div className="card">
          <strong>凭证清单 · {card.issue_label}</strong>
          {(card.problems ?? [{ issue_label: card.issue_label, order: card.order }]).map(
            (problem, place) =>
              problem.order && (
                <span key={place}>
                  {card.problems && card.problems.length > 1 && `${problem.issue_label}：`}
                  {problem.order.title} {spec(problem.order.spec)}
                </span>
              ),
          )}
          <div>
            {card.items.map((item) => (
              <Tag key={item.id} color={item.done ? "green" : item.waived ? "default" : item.required ? "orange" : "default"}>
                {item.done ? "✓ " : ""}{item.label}{item.waived ? "（不便提供）" : ""}
              </Tag>
            ))}
          </div>
        </div>
      );
    case "ticket":
    case "proposal":
    case "adjudication":
      return (
        <div className="card">
          <strong>工单 {card.ticket.id}</strong>
          <span>{card.ticket.issue_label} · {card.ticket.status_label}{card.ticket.proposal && ` · ${card.ticket.proposal.remedy_label} ${money(card.ticket.proposal.amount_fen)}`}</span>
        </div>
      );
    default:
      return null;
  }
}
