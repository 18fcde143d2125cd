import { type FormEvent, useEffect, useState } from "react";
import { moment, wait } from "../shared/format";
import type { Passing, WaitMode } from "../shared/wire";

type Queue = Extract<Passing, { type: "queue_position" }>;

/** The consumer's place in the queue, kept honest: position, interval, time waited, and what he may do instead. */
export function QueueCard({ queue, choose, leave, tell }: {
  queue: Queue;
  choose: (choice: { mode: WaitMode; phone?: string; wish?: string }) => Promise<void>;
  leave: () => Promise<void>;
  tell: (text: string) => void;
}) {
  const [asking, setAsking] = useState<WaitMode | null>(null);
  const [phone, setPhone] = useState("");
  const [wish, setWish] = useState("");
  const [busy, setBusy] = useState(false);
  const waited = useWaited(queue);

  const pick = async (mode: WaitMode, more: { phone?: string; wish?: string } = {}) => {
    setBusy(true);
    try {
      await choose({ mode, ...more });
      setAsking(null);
    } catch (error) {
      tell((error as Error).message);
    }
    setBusy(false);
  };

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (asking) void pick(asking, { phone: asking === "callback" ? phone : "", wish });
  };

  return (
    <section className="queue" aria-label="排队情况">
      <header>
        <strong aria-live="polite">{title(queue)}</strong>
        <small>已等 {spoken(waited)}</small>
      </header>
      {queue.open && queue.eta_seconds && queue.mode === "wait" && (
        <div className="progress" aria-hidden>
          <i style={{ width: `${Math.min(96, (100 * waited) / Math.max(1, queue.eta_seconds[1] + waited))}%` }} />
        </div>
      )}
      <p>{said(queue)}</p>
      {asking ? (
        <form onSubmit={send}>
          {asking === "callback" && (
            <input type="tel" inputMode="tel" autoFocus required value={phone} placeholder="手机号" aria-label="手机号" maxLength={13}
              onChange={(event) => setPhone(event.target.value)} />
          )}
          <input value={wish} maxLength={200} aria-label={asking === "callback" ? "方便接听的时间" : "要说的事"}
            placeholder={asking === "callback" ? "什么时候方便接？（可不填）" : "还想补充什么？（可不填，前面说过的都在）"}
            onChange={(event) => setWish(event.target.value)} />
          {asking === "callback" && <small>号码只给接待您的客服看，只用于这次回电。</small>}
          <button type="submit" disabled={busy}>{asking === "callback" ? "约客服回电" : "留言，回复后提醒我"}</button>
        </form>
      ) : null}
      <div className="ways">
        <Way mode="wait" label="继续等" queue={queue} asking={asking} pick={() => (setAsking(null), queue.mode !== "wait" && void pick("wait"))} />
        <Way mode="ticket" label="留言" queue={queue} asking={asking} pick={() => setAsking("ticket")} />
        <Way mode="callback" label="约电话" queue={queue} asking={asking} pick={() => setAsking("callback")} />
        <button type="button" className="quiet" onClick={() => void leave().catch((error: Error) => tell(error.message))}>先不等了</button>
      </div>
    </section>
  );
}

function Way({ mode, label, queue, asking, pick }: { mode: WaitMode; label: string; queue: Queue; asking: WaitMode | null; pick: () => void }) {
  return <button type="button" aria-pressed={(asking ?? queue.mode) === mode} onClick={pick}>{label}</button>;
}

function title(queue: Queue): string {
  if (queue.mode === "callback") return "已约客服回电";
  if (queue.mode === "ticket") return "已留言，等客服回复";
  if (!queue.open) return "客服休息中，位置已保留";
  return queue.position === 1 ? "下一位就是您" : `排队第 ${queue.position} 位`;
}

function said(queue: Queue): string {
  if (!queue.open) return `客服时间：${queue.hours}${queue.opens_at ? `，最早 ${moment(queue.opens_at)} 有人` : ""}。可以留言或约电话，不用一直等。`;
  if (queue.mode !== "wait") return "位置不变，轮到您时会在这里接待；您可以先去忙。";
  if (!queue.online) return "这会儿还没有客服在线，位置已保留，有人上线马上接您；也可以留言或约电话，不用一直等。";
  if (!queue.eta_seconds) return "刚开始接待，还估不准要多久，位置变化会马上显示在这里。";
  const late = queue.late ? "比预计的久了，抱歉让您久等。" : "";
  return `${late}${wait(queue.eta_seconds)}（按最近的实际接待速度算）。断线重连位置不变。`;
}

/** Seconds waited, counted on between two frames of the service. */
function useWaited(queue: Queue): number {
  const [extra, setExtra] = useState(0);
  useEffect(() => {
    const began = Date.now();
    setExtra(0);
    const timer = setInterval(() => setExtra(Math.floor((Date.now() - began) / 1000)), 1000);
    return () => clearInterval(timer);
  }, [queue]);
  return queue.waited_seconds + extra;
}

function spoken(seconds: number): string {
  return seconds < 60 ? `${seconds} 秒` : seconds < 3600 ? `${Math.floor(seconds / 60)} 分钟` : `${Math.floor(seconds / 3600)} 小时`;
}
