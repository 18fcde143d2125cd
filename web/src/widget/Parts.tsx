import type { ReactNode } from "react";
import { money, ORDER_STATUS, spec } from "../shared/format";
import type { OrderLine } from "../shared/wire";

/** The frame of every card. */
export function Frame({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
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

export function Stars({ rate, label = "评价" }: { rate: (score: number) => void; label?: string }) {
  return (
    <div className="stars" role="group" aria-label={label}>
      {[1, 2, 3, 4, 5].map((score) => (
        <button key={score} type="button" aria-label={`${score} 星`} onClick={() => rate(score)}>
          ☆
        </button>
      ))}
    </div>
  );
}
