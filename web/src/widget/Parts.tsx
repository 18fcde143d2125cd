import { useState, type FormEvent, type ReactNode } from "react";
import { money, ORDER_STATUS, spec } from "../shared/format";
import type { Button, OrderLine } from "../shared/wire";

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

/** The buttons under the latest message. */
export function Replies<One extends Pick<Button, "title" | "style">>({ buttons, choose }: { buttons: One[]; choose: (button: One) => void }) {
  if (!buttons.length) return null;
  return (
    <div className="replies">
      {buttons.map((button) => (
        <button key={button.title} type="button" className={button.style} onClick={() => choose(button)}>
          {button.title}
        </button>
      ))}
    </div>
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

export function Stars({ rate, label = "评价", value = 0 }: { rate: (score: number) => void; label?: string; value?: number }) {
  return (
    <div className="stars" role="group" aria-label={label}>
      {[1, 2, 3, 4, 5].map((score) => (
        <button key={score} type="button" aria-label={`${score} 星`} aria-pressed={score <= value} onClick={() => rate(score)}>
          {score <= value ? "★" : "☆"}
        </button>
      ))}
    </div>
  );
}

/** The result, the service, and a word: sent together, once. */
export function RateForm({ rate }: { rate: (given: { score: number; service?: number; note?: string }) => void }) {
  const [score, setScore] = useState(0);
  const [service, setService] = useState(0);
  const [note, setNote] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rate({ score, ...(service ? { service } : {}), ...(note.trim() ? { note: note.trim() } : {}) });
  };
  return (
    <form className="rate" aria-label="评价" onSubmit={submit}>
      <span>处理结果</span>
      <Stars label="评价处理结果" value={score} rate={setScore} />
      {score > 0 && (
        <>
          <span>客服的服务</span>
          <Stars label="评价服务" value={service} rate={setService} />
          <input aria-label="评价的话" placeholder="还想说点什么（选填）" maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
          <button type="submit" className="primary">提交评价</button>
        </>
      )}
    </form>
  );
}

const ACCEPT = "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf";

/** Photos and files that go with a form; `chosen` keeps them until it is sent. */
export function FilePicker({ chosen, choose }: { chosen: File[]; choose: (files: File[]) => void }) {
  return (
    <div className="picker">
      <label>
        添加照片或视频
        <input type="file" multiple accept={ACCEPT} onChange={(event) => {
          choose([...chosen, ...(event.target.files ?? [])].slice(0, 9));
          event.target.value = "";
        }} />
      </label>
      {chosen.map((file, place) => (
        <button key={file.name + place} type="button" aria-label={`去掉 ${file.name}`} onClick={() => choose(chosen.filter((_, other) => other !== place))}>
          {file.name} ✕
        </button>
      ))}
    </div>
  );
}
