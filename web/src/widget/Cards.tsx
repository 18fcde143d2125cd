import { useState } from "react";
import { moment, wait } from "../shared/format";
import type { Card, EvidenceWanted, OrderLine } from "../shared/wire";
import { Frame, Goods, RateForm } from "./Parts";
import { TicketCard } from "./TicketCard";

interface Acts {
  live: boolean;
  choose: (id: string, title: string) => void;
  pickFiles: () => void;
  call: <T>(path: string, json?: unknown) => Promise<T>;
  keep: (file: File) => Promise<string>;
}

/** A card of the bot or the system, with what may be done on it. */
export function CardView({ card, ...acts }: { card: Card } & Acts) {
  switch (card.type) {
    case "order_picker":
      return <OrderPicker orders={card.orders} {...acts} />;
    case "evidence_request":
      return <EvidenceRequest card={card} {...acts} />;
    case "ticket":
    case "proposal":
    case "adjudication":
      return <TicketCard ticket={card.ticket} call={acts.call} keep={acts.keep} />;
    case "rating":
      return <Rating ticketId={card.ticket_id} call={acts.call} />;
    case "queue":
      return <Frame title={`排队中，第 ${card.position} 位`}>{wait(card.eta_seconds)}</Frame>;
  }
}

function OrderPicker({ orders, live, choose }: { orders: OrderLine[] } & Acts) {
  return (
    <Frame title="是哪一件呢？">
      <ul className="orders">
        {orders.map((order) => (
          <li key={order.line_id}>
            <button type="button" disabled={!live} onClick={() => order.choice && choose(order.choice, order.title)}>
              <Goods order={order} />
            </button>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

function EvidenceRequest({ card, live, pickFiles }: { card: Extract<Card, { type: "evidence_request" }> } & Acts) {
  const open = card.items.filter((item) => !item.done && !item.waived);
  const wantsMedia = open.some((item) => ["image", "video", "document"].includes(item.kind));
  const groups = problemsOf(card);
  const differ = new Set(groups.map((group) => group.order?.line_id)).size > 1;
  return (
    <Frame title={`需要这些凭证 · ${card.issue_label}`}>
      {card.order && !differ && <Goods order={card.order} />}
      {groups.map((group) => (
        <section key={group.place} className="problem">
          {groups.length > 1 && <h4>{group.issue_label}</h4>}
          {differ && group.order && <Goods order={group.order} />}
          <ul className="checklist">
            {group.items.map((item) => (
              <Wanted key={item.id} item={item} />
            ))}
          </ul>
        </section>
      ))}
      {live && wantsMedia && (
        <div className="actions">
          <button type="button" className="primary" onClick={pickFiles}>
            上传照片/视频
          </button>
        </div>
      )}
      {card.deadline && <small>{moment(card.deadline)} 前发来就好</small>}
    </Frame>
  );
}

function Wanted({ item }: { item: EvidenceWanted }) {
  return (
    <li className={item.done ? "done" : item.waived ? "waived" : ""}>
      <span aria-hidden>{item.done ? "✓" : item.waived ? "—" : "○"}</span>
      <span>
        {item.label}
        {!item.required && <small>（有就发）</small>}
        {item.waived && <small>（不方便提供）</small>}
        {item.hint && !item.done && <small className="hint">{item.hint}</small>}
      </span>
    </li>
  );
}

/** The card's problems with their items; what two of them need stands with the first. */
function problemsOf(card: Extract<Card, { type: "evidence_request" }>) {
  const problems = card.problems?.length ? card.problems : [{ issue_label: card.issue_label, order: card.order }];
  return problems.map((problem, place) => ({
    ...problem,
    place,
    items: card.items.filter((item) => (item.problems?.[0] ?? 0) === place),
  }));
}

function Rating({ ticketId, call }: { ticketId: string; call: Acts["call"] }) {
  const [score, setScore] = useState(0);
  return (
    <Frame title="这次处理您满意吗？">
      {score ? (
        <p>谢谢您的评价：{"★".repeat(score)}</p>
      ) : (
        <RateForm rate={(given) => void call(`/api/v1/tickets/${ticketId}/rate`, given).then(() => setScore(given.score), () => undefined)} />
      )}
    </Frame>
  );
}
