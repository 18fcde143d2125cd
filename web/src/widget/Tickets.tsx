import { useEffect, useState } from "react";
import { moment } from "../shared/format";
import type { Entitlements, Ticket, Verdict } from "../shared/wire";
import { TicketCard } from "./TicketCard";

/** The consumer's tickets with their history, in a drawer over the thread. */
export function Tickets({ call, keep, news, copy, close }: {
  call: <T>(path: string, json?: unknown) => Promise<T>;
  keep: (file: File) => Promise<string>;
  /** Grows with every move of a ticket: then what is shown is read again. */
  news: number;
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
  }, [call, news]);
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
          <TicketCard ticket={ticket} call={call} keep={keep} />
          {ticket.parcels?.map((parcel) => (
            <p className="parcel" key={parcel.waybill_no}>
              {parcel.kind_label}：{parcel.carrier} {parcel.waybill_no}
              <small>{parcel.signed_at ? `${moment(parcel.signed_at)} 已签收` : parcel.traces.at(-1)?.text ?? "等待揽收"}</small>
            </p>
          ))}
          {ticket.statements?.map((one) => (
            <p className="parcel" key={one.at + one.text}>
              {one.side === "consumer" ? "您的说明" : `${one.side_label}的说明`}：{one.text}
              <small>{moment(one.at)}{one.files.length > 0 && `，附 ${one.files.length} 个文件`}</small>
            </p>
          ))}
          {ticket.entitlements && <Rights found={ticket.entitlements} />}
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
      {tickets && <Forget call={call} />}
    </aside>
  );
}

const WINDOWS = [["no_reason", "七天无理由"], ["quality_return", "质量问题退货"], ["quality_exchange", "质量问题换货"], ["warranty", "保修"]] as const;

/** What the order entitled to when the ticket was opened, with the clause: the answer that merchant and platform see. */
function Rights({ found }: { found: Entitlements }) {
  return (
    <details className="rights">
      <summary>我的权益和依据</summary>
      {WINDOWS.map(([name, label]) => {
        const verdict = found[name] as Verdict;
        return (
          <p key={name}>
            {label}：{verdict.reason}
            {verdict.allowed && verdict.until && `，到 ${moment(verdict.until)}`}
            {verdict.clause && <small>{verdict.clause}</small>}
          </p>
        );
      })}
      {found.freight.map((one) => (
        <p key={one.reason}>
          {one.reason}
          {one.clause && <small>{one.clause}</small>}
        </p>
      ))}
    </details>
  );
}

/** A consumer's wish to have his data deleted, asked for twice. */
function Forget({ call }: { call: <T>(path: string, json?: unknown) => Promise<T> }) {
  const [sure, setSure] = useState(false);
  const [answer, setAnswer] = useState("");
  const ask = () =>
    void call<{ message: string }>("/api/v1/privacy/deletion", {}).then(
      (found) => setAnswer(found.message),
      (error: Error) => setAnswer(error.message),
    );
  return (
    <footer className="forget">
      {answer ? (
        <p role="status">{answer}</p>
      ) : sure ? (
        <>
          <p>依法须保存的售后记录会转入限制存储，到期清除；其余内容会删除，不能恢复。</p>
          <div className="actions">
            <button type="button" onClick={ask}>确认删除</button>
            <button type="button" onClick={() => setSure(false)}>先不了</button>
          </div>
        </>
      ) : (
        <button type="button" className="plain" onClick={() => setSure(true)}>删除我的个人信息</button>
      )}
    </footer>
  );
}
