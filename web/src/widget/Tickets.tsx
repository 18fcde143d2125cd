import { useEffect, useState } from "react";
import { moment } from "../shared/format";
import type { Ticket } from "../shared/wire";
import { TicketCard } from "./TicketCard";

/** The consumer's tickets with their history, in a drawer over the thread. */
export function Tickets({ call, copy, close }: {
  call: <T>(path: string, json?: unknown) => Promise<T>;
  copy: () => Promise<void>;
  close: () => void;
}) {
  const [tickets, setTickets] = useState<Ticket[] | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void (async () => {
      try {
        const { tickets: found } = await call<{ tickets: Ticket[] }>("/api/v1/tickets");
        const detailed = await Promise.all(found.slice(0, 20).map((t) => call<{ ticket: Ticket }>(`/api/v1/tickets/${t.id}`)));
        setTickets(detailed.map((one) => one.ticket));
      } catch (error) {
        setProblem((error as Error).message);
      }
    })();
  }, [call]);
  return (
    <aside className="drawer" role="dialog" aria-label="我的工单">
      <header>
        <strong>我的工单</strong>
        <button type="button" aria-label="关闭" onClick={close}>
          ✕
        </button>
      </header>
      <p className="copy">
        <button type="button" onClick={() => void copy().catch((error: Error) => setProblem(error.message))}>
          下载这次的沟通记录
        </button>
      </p>
      {problem && <p role="alert">{problem}</p>}
      {!tickets && !problem && <p className="empty">正在读取…</p>}
      {tickets?.length === 0 && <p className="empty">还没有工单。有问题直接在聊天里说就行。</p>}
      {tickets?.map((ticket) => (
        <div key={ticket.id}>
          <TicketCard ticket={ticket} call={call} />
          {ticket.parcels?.map((parcel) => (
            <p className="parcel" key={parcel.waybill_no}>
              {parcel.kind_label}：{parcel.carrier} {parcel.waybill_no}
              <small>{parcel.signed_at ? `${moment(parcel.signed_at)} 已签收` : parcel.traces.at(-1)?.text ?? "等待揽收"}</small>
            </p>
          ))}
          <ol className="timeline">
            {ticket.history?.map((entry) => (
              <li key={entry.at + entry.trigger}>
                <time>{moment(entry.at)}</time> {entry.trigger_label}
                <small>
                  {entry.actor_kind === "consumer" ? "您" : entry.actor_name}
                  {entry.reason && entry.reason !== entry.trigger_label && `：${entry.reason}`}
                </small>
              </li>
            ))}
          </ol>
        </div>
      ))}
    </aside>
  );
}
