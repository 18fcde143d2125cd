import { useState, type ReactNode } from "react";
import { money, moment, ORDER_STATUS, spec, wait } from "../shared/format";
import type { Card, OrderLine, Ticket } from "../shared/wire";

interface Acts {
  live: boolean;
  choose: (id: string, title: string) => void;
  pickFiles: () => void;
  call: <T>(path: string, json?: unknown) => Promise<T>;
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
      return <TicketCard ticket={card.ticket} call={acts.call} />;
    case "rating":
      return <Rating ticketId={card.ticket_id} call={acts.call} />;
    case "queue":
      return <Frame title={`排队中，第 ${card.position} 位`}>{wait(card.eta_seconds)}</Frame>;
  }
}

function Frame({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="card">
      <header>
        <strong>{title}</strong>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Goods({ order }: { order: Pick<OrderLine, "title" | "spec" | "image_url" | "paid_fen"> & { status?: string } }) {
  return (
    <div className="goods">
      <img src={order.image_url} alt="" width={48} height={48} />
      <div>
        <p>{order.title}</p>
        <small>
          {spec(order.spec)} · {money(order.paid_fen)}
          {order.status && ` · ${ORDER_STATUS[order.status] ?? ""}`}
        </small>
      </div>
    </div>
  );
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
  return (
    <Frame title={`需要这些凭证 · ${card.issue_label}`}>
      {card.order && <Goods order={card.order} />}
      <ul className="checklist">
        {card.items.map((item) => (
          <li key={item.id} className={item.done ? "done" : item.waived ? "waived" : ""}>
            <span aria-hidden>{item.done ? "✓" : item.waived ? "—" : "○"}</span>
            <span>
              {item.label}
              {!item.required && <small>（有就发）</small>}
              {item.waived && <small>（不方便提供）</small>}
              {item.hint && !item.done && <small className="hint">{item.hint}</small>}
            </span>
          </li>
        ))}
      </ul>
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

export function TicketCard({ ticket: shown, call }: { ticket: Ticket; call: Acts["call"] }) {
  const [ticket, setTicket] = useState(shown);
  const [problem, setProblem] = useState("");
  const [reason, setReason] = useState<string | null>(null);
  const act = async (verb: string, json: unknown = {}) => {
    try {
      setProblem("");
      setTicket((await call<{ ticket: Ticket }>(`/api/v1/tickets/${ticket.id}/${verb}`, json)).ticket);
      setReason(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Frame title={ticket.issue_label} aside={<span className={`status ${ticket.status}`}>{ticket.status_label}</span>}>
      <small>工单 {ticket.id}</small>
      {ticket.order && <Goods order={ticket.order} />}
      {ticket.proposal && (
        <p className="proposal">
          {ticket.proposal.remedy_label} {money(ticket.proposal.amount_fen)}
          {ticket.proposal.freight_payer !== "none" && `，运费${ticket.proposal.freight_label}`}
          {ticket.proposal.note && <small>{ticket.proposal.note}</small>}
          {ticket.proposal.clause && <small>依据：{ticket.proposal.clause}</small>}
        </p>
      )}
      <p>
        {ticket.next_step}
        {ticket.due_label && <small>{ticket.due_label}</small>}
      </p>
      {ticket.status === "proposal_pending" && reason === null && (
        <div className="actions">
          <button type="button" className="primary" onClick={() => void act("accept", { version: ticket.version })}>
            同意方案
          </button>
          <button type="button" onClick={() => setReason("")}>
            不同意
          </button>
        </div>
      )}
      {reason !== null && (
        <form
          className="actions"
          onSubmit={(event) => {
            event.preventDefault();
            void act("reject", { version: ticket.version, reason });
          }}
        >
          <input aria-label="不同意的原因" placeholder="说说您希望怎么处理" value={reason} onChange={(e) => setReason(e.target.value)} />
          <button type="submit">提交</button>
        </form>
      )}
      {ticket.status === "closed" && !ticket.rating && <Stars rate={(score) => void act("rate", { score })} />}
      {ticket.rating && <small>您的评价：{"★".repeat(ticket.rating.score)}</small>}
      {problem && <p role="alert">{problem}</p>}
    </Frame>
  );
}

function Rating({ ticketId, call }: { ticketId: string; call: Acts["call"] }) {
  const [score, setScore] = useState(0);
  return (
    <Frame title="这次处理您满意吗？">
      {score ? (
        <p>谢谢您的评价：{"★".repeat(score)}</p>
      ) : (
        <Stars
          rate={(chosen) => void call(`/api/v1/tickets/${ticketId}/rate`, { score: chosen }).then(() => setScore(chosen), () => undefined)}
        />
      )}
    </Frame>
  );
}

function Stars({ rate }: { rate: (score: number) => void }) {
  return (
    <div className="stars" role="group" aria-label="评价">
      {[1, 2, 3, 4, 5].map((score) => (
        <button key={score} type="button" aria-label={`${score} 星`} onClick={() => rate(score)}>
          ☆
        </button>
      ))}
    </div>
  );
}
