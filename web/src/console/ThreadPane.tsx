import { Badge, Button, Dropdown, Image, Popconfirm } from "antd";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { VList, type VListHandle } from "virtua";
import { lastSeq, type Pending } from "../shared/record";
import type { Summary } from "../shared/wire";
import { desk as api, type Agent } from "./api";
import { Composer } from "./Composer";
import { BargeIn, HandBack, Reassign, RecordForm, Transfer } from "./ThreadDialogs";
import { ThreadEntry } from "./Lines";
import type { Pane } from "./Shell";
import type { Thread } from "./store";
import { entries, pictures } from "./thread";
import type { Desk } from "./useDesk";

const TYPING_SHOWN = 4000;
const NEAR = 80; // px from the end within which new lines are followed

/** The middle pane: everything said so far with the notes beside it, and the box to answer in. */
export function ThreadPane({ me, summary, thread, draft, desk, accept, show, goTo }: {
  me: Agent;
  summary: Summary;
  thread: Thread;
  draft: string;
  desk: Desk;
  accept: (id: string) => void;
  show: (pane: Pane) => void;
  goTo: { seq: number; n: number } | null; // a line that somebody points at
}) {
  const mine = summary.owner === "agent" && summary.agent?.id === me.id;
  const supervises = me.role === "supervisor" || me.role === "admin";
  const [dialog, setDialog] = useState<"transfer" | "record" | "hand-back" | "barge-in" | "reassign" | null>(null);
  const [, tick] = useState(0);
  const newest = lastSeq(thread.record);
  const isTyping = Date.now() - thread.typing < TYPING_SHOWN;
  useEffect(() => {
    if (mine && newest && document.visibilityState === "visible") desk.signal({ type: "read", conversation_id: summary.id, seq: newest });
  }, [mine, newest, summary.id, desk.signal]);
  useEffect(() => {
    if (!isTyping) return;
    const timer = setTimeout(() => tick((n) => n + 1), TYPING_SHOWN);
    return () => clearTimeout(timer);
  }, [thread.typing, isTyping]);

  return (
    <section className="thread" aria-label="会话">
      <header>
        <Button className="phone-only" type="text" onClick={() => show("list")} aria-label="返回列表">‹</Button>
        <div>
          <strong>{summary.consumer.name || "匿名消费者"}</strong>
          <small>{OWNERS[summary.owner](summary)}{isTyping && <em> · 正在输入…</em>}</small>
        </div>
        <div className="buttons">
          <Button className="phone-only" size="small" onClick={() => show("case")}>订单工单</Button>
          {summary.owner === "queued" && <Button type="primary" size="small" data-key="accept-open" onClick={() => accept(summary.id)}>接入</Button>}
          {mine && (
            <>
              <Button size="small" data-key="transfer" onClick={() => setDialog("transfer")}>转接</Button>
              <Button size="small" data-key="hand-back" onClick={() => setDialog("hand-back")}>转回智能助手</Button>
              <Popconfirm title="结束这个会话？" description="消费者之后留言会由智能助手接待。" onConfirm={() => void desk.moved(api.close(summary.id, summary.epoch))}>
                <Button size="small" danger data-key="close">结束</Button>
              </Popconfirm>
            </>
          )}
          {!mine && supervises && summary.owner !== "closed" && (
            <>
              <Button size="small" onClick={() => setDialog("barge-in")}>插话接管</Button>
              {summary.owner !== "bot" && <Button size="small" onClick={() => setDialog("reassign")}>改派</Button>}
            </>
          )}
          <Dropdown menu={{ items: [{ key: "record", label: "记一次电话 / 视频沟通", onClick: () => setDialog("record") }] }} trigger={["click"]}>
            <Button size="small" aria-label="更多">⋯</Button>
          </Dropdown>
          <button hidden type="button" data-key="record" onClick={() => setDialog("record")} />
        </div>
      </header>
      <Lines id={summary.id} thread={thread} desk={desk} goTo={goTo} />
      {mine ? (
        <Composer key={summary.id} summary={summary} thread={thread} draft={draft} desk={desk} />
      ) : (
        <Aside summary={summary} draft={draft} desk={desk} supervises={supervises} />
      )}
      {dialog === "transfer" && <Transfer close={() => setDialog(null)} summary={summary} desk={desk} />}
      {dialog === "record" && <RecordForm close={() => setDialog(null)} summary={summary} desk={desk} />}
      {dialog === "hand-back" && <HandBack close={() => setDialog(null)} summary={summary} desk={desk} />}
      {dialog === "barge-in" && <BargeIn close={() => setDialog(null)} summary={summary} desk={desk} />}
      {dialog === "reassign" && <Reassign close={() => setDialog(null)} summary={summary} desk={desk} />}
    </section>
  );
}

/** The lines of a thread: drawn anew when one comes, not while somebody types. */
const Lines = memo(function Lines({ id, thread, desk, goTo }: { id: string; thread: Thread; desk: Desk; goTo: { seq: number; n: number } | null }) {
  const [below, setBelow] = useState(0); // lines that came while the agent was reading further up
  const list = useRef<VListHandle>(null);
  const atEnd = useRef(true);
  const shown = useMemo(() => entries(thread.record, thread.notes, thread.pending), [thread.record, thread.notes, thread.pending]);
  const urls = useMemo(() => pictures(thread.record), [thread.record]);
  const last = shown.at(-1)?.key;
  const first = shown.find((entry) => entry.kind === "event")?.key;
  const firstBefore = useRef(first);
  const prepended = firstBefore.current !== first; // while earlier lines come in above, the place read stays
  useEffect(() => {
    firstBefore.current = first;
  }, [first]);

  useLayoutEffect(() => {
    if (atEnd.current || shown.at(-1)?.kind === "pending") list.current?.scrollToIndex(shown.length - 1, { align: "end" });
    else setBelow((n) => n + 1);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `last` names the newest entry
  }, [last]);
  useEffect(() => {
    if (!goTo) return;
    const place = shown.findIndex((entry) => entry.kind === "event" && entry.event.seq === goTo.seq);
    if (place < 0) return void desk.earlier(id);
    list.current?.scrollToIndex(place, { align: "center" });
    setTimeout(() => {
      const line = document.querySelector(`[data-seq="${goTo.seq}"]`);
      line?.classList.add("pointed");
      setTimeout(() => line?.classList.remove("pointed"), 1600);
    }, 80);
  }, [goTo]); // eslint-disable-line react-hooks/exhaustive-deps -- once for each pointing
  const retry = useCallback((one: Pending) => desk.retry(id, one), [desk.retry, id]);
  const scrolled = (offset: number) => {
    const handle = list.current;
    if (!handle) return;
    atEnd.current = handle.scrollSize - handle.viewportSize - offset < NEAR;
    if (atEnd.current && below) setBelow(0);
    if (offset < 40 && !thread.reachedStart) void desk.earlier(id);
  };

  return (
      <div className="lines">
        <Image.PreviewGroup items={urls}>
          <VList ref={list} className="scroll" shift={prepended} bufferSize={600} onScroll={scrolled} tabIndex={-1}>
            {shown.map((entry) => (
              <div className="entry" key={entry.key}>
                <ThreadEntry entry={entry} read={entry.kind === "event" && entry.event.seq <= thread.readBy} retry={retry} />
              </div>
            ))}
          </VList>
        </Image.PreviewGroup>
        {below > 0 && (
          <Badge count={below} size="small" className="below">
            <Button size="small" shape="round" onClick={() => list.current?.scrollToIndex(shown.length - 1, { align: "end" })}>新消息 ↓</Button>
          </Badge>
        )}
      </div>
  );
});

/** Somebody else's conversation: a note for colleagues, a supervisor's whisper, and what was left unsent. */
function Aside({ summary, draft, desk, supervises }: { summary: Summary; draft: string; desk: Desk; supervises: boolean }) {
  const [text, setText] = useState("");
  const [id, setId] = useState(() => crypto.randomUUID());
  const keep = async (kind: "note" | "whisper") => {
    if (!text.trim() || !(await desk.note(summary.id, text, kind, id))) return;
    setText("");
    setId(crypto.randomUUID());
  };
  const withAgent = summary.owner === "agent";
  return (
    <footer className="aside">
      <p className="muted">{WITH[summary.owner](summary)}</p>
      {draft && <p>您没发出的内容还在：{draft}</p>}
      <div className="buttons">
        <input aria-label="备注" placeholder={supervises && withAgent ? `备注，或悄悄提示${summary.agent?.name ?? ""}（消费者看不到）` : "写给同事的备注（消费者看不到）"} value={text} maxLength={1000}
          onChange={(event) => setText(event.target.value)} onKeyDown={(event) => event.key === "Enter" && !event.nativeEvent.isComposing && void keep(supervises && withAgent ? "whisper" : "note")} />
        {supervises && withAgent && <Button size="small" type="primary" disabled={!text.trim()} onClick={() => void keep("whisper")}>悄悄提示</Button>}
        <Button size="small" disabled={!text.trim()} data-key="note" onClick={() => void keep("note")}>留备注</Button>
      </div>
    </footer>
  );
}

const WITH: Record<Summary["owner"], (one: Summary) => string> = {
  queued: () => "接入后就可以回复。",
  agent: (one) => `由${one.agent?.name ?? "同事"}接待中。`,
  bot: () => "智能助手接待中。",
  closed: () => "会话已结束。",
};

const OWNERS: Record<Summary["owner"], (one: Summary) => string> = {
  bot: (one) => `${one.party_name} · 智能助手接待中`,
  queued: (one) => `${one.party_name} · 排队中 · ${one.queue?.reason_label ?? ""}`,
  agent: (one) => `${one.party_name} · ${one.agent?.name ?? ""}接待中`,
  closed: (one) => `${one.party_name} · 已结束`,
};
