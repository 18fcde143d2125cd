import { PictureOutlined } from "@ant-design/icons";
import { Button, Image, Input, Modal, Popconfirm, Select, Tag } from "antd";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { moment } from "../shared/format";
import { lastSeq, withoutOpenings, type Pending } from "../shared/record";
import type { RecordEvent, Summary, WireFile } from "../shared/wire";
import { desk as api, type Agent } from "./api";
import { CardSummary } from "./CardSummary";
import type { Thread } from "./store";
import type { Desk } from "./useDesk";

const TYPING_SHOWN = 4000;
const ACCEPT = "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf";

/** The middle pane: everything said so far, and the box to answer in. */
export function ThreadPane({ me, summary, thread, desk, accept, back, showCase }: {
  me: Agent;
  summary: Summary;
  thread: Thread;
  desk: Desk;
  accept: () => void;
  back: () => void;
  showCase: () => void;
}) {
  const mine = summary.owner === "agent" && summary.agent?.id === me.id;
  const [passing, setPassing] = useState(false);
  const bottom = useRef<HTMLDivElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const lastTyped = useRef(0);
  const [, tick] = useState(0);
  const newest = lastSeq(thread.record);
  const isTyping = Date.now() - thread.typing < TYPING_SHOWN;

  useLayoutEffect(() => {
    void bottom.current?.scrollIntoView({ block: "end" }); // newer browsers return a promise, which is no clean-up
  }, [newest, thread.pending.length]);
  useEffect(() => {
    if (mine && newest) desk.signal({ type: "read", conversation_id: summary.id, seq: newest });
  }, [mine, newest, summary.id, desk.signal]);
  useEffect(() => {
    if (!isTyping) return;
    const timer = setTimeout(() => tick((n) => n + 1), TYPING_SHOWN);
    return () => clearTimeout(timer);
  }, [thread.typing, isTyping]);

  const send = () => {
    if (!thread.draft.trim() || !mine) return;
    desk.reply(summary.id, thread.draft);
    desk.draft(summary.id, "");
  };

  return (
    <section className="thread" aria-label="会话">
      <header>
        <Button className="phone-only" type="text" onClick={back} aria-label="返回列表">‹</Button>
        <div>
          <strong>{summary.consumer.name || "匿名消费者"}</strong>
          <small>{OWNERS[summary.owner](summary)}{isTyping && " · 正在输入…"}</small>
        </div>
        <div className="buttons">
          <Button className="phone-only" size="small" onClick={showCase}>订单工单</Button>
          {summary.owner === "queued" && <Button type="primary" size="small" onClick={accept}>接入</Button>}
          {mine && (
            <>
              <Button size="small" data-key="hand-back" onClick={() => void desk.moved(api.handBack(summary.id, summary.epoch))}>转回智能助手</Button>
              <Button size="small" onClick={() => setPassing(true)}>转接</Button>
              <Popconfirm title="结束这个会话？" description="消费者之后留言会由智能助手接待。" onConfirm={() => void desk.moved(api.close(summary.id, summary.epoch))}>
                <Button size="small" danger>结束</Button>
              </Popconfirm>
            </>
          )}
        </div>
      </header>
      <div className="lines" ref={scroll} onScroll={(event) => event.currentTarget.scrollTop < 40 && void desk.earlier(summary.id)}>
        {!thread.reachedStart && <Button type="link" size="small" onClick={() => void desk.earlier(summary.id)}>更早的消息</Button>}
        <Image.PreviewGroup>
          {withoutOpenings(thread.record).map((event) => <Line key={event.seq} event={event} readBy={thread.readBy} />)}
        </Image.PreviewGroup>
        {thread.pending.map((one) => <Unsent key={one.client_msg_id} one={one} retry={() => desk.retry(summary.id, one)} />)}
        <div ref={bottom} />
      </div>
      <footer>
        {mine ? (
          <>
            <Input.TextArea
              aria-label="回复"
              value={thread.draft}
              placeholder="回复消费者，Enter 发送，Shift + Enter 换行"
              autoSize={{ minRows: 2, maxRows: 8 }}
              maxLength={2000}
              autoFocus
              onChange={(event) => {
                desk.draft(summary.id, event.target.value);
                if (Date.now() - lastTyped.current > 2000) {
                  lastTyped.current = Date.now();
                  desk.signal({ type: "typing", conversation_id: summary.id });
                }
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                  event.preventDefault();
                  send();
                }
              }}
            />
            <div className="buttons">
              <Button type="text" icon={<PictureOutlined />} onClick={() => picker.current?.click()} aria-label="发送文件" />
              <input ref={picker} type="file" hidden accept={ACCEPT} onChange={(event) => {
                const file = event.target.files?.[0];
                if (file) void desk.sendFile(summary.id, file);
                event.target.value = "";
              }} />
              <Button type="primary" onClick={send} disabled={!thread.draft.trim()}>发送</Button>
            </div>
          </>
        ) : (
          <p>
            {summary.owner === "queued" ? "接入后就可以回复。" : summary.owner === "agent" ? `由${summary.agent?.name}接待中。` : summary.owner === "bot" ? "智能助手接待中。" : "会话已结束。"}
            {thread.draft && <span>您没发出的内容还在：{thread.draft}</span>}
          </p>
        )}
      </footer>
      <Transfer open={passing} close={() => setPassing(false)} summary={summary} desk={desk} />
    </section>
  );
}

const OWNERS: Record<Summary["owner"], (one: Summary) => string> = {
  bot: () => "智能助手接待中",
  queued: (one) => `排队中 · ${one.queue?.reason_label ?? ""}`,
  agent: (one) => `${one.agent?.name ?? ""}接待中`,
  closed: () => "已结束",
};

function Line({ event, readBy }: { event: RecordEvent; readBy: number }) {
  if (event.type !== "message" || event.message.sender === "system") {
    const text = event.type === "message" ? event.message.text : event.text;
    return <p className="system"><time>{moment(event.at)}</time> {text}</p>;
  }
  const { sender, sender_name, text, files, card, at, seq } = event.message;
  return (
    <article className={`message ${sender}`}>
      <header>
        {sender === "consumer" ? sender_name || "消费者" : sender_name}
        {sender === "bot" && <Tag>AI</Tag>}
        <time>{moment(at)}</time>
      </header>
      {text && <p>{text}</p>}
      <FilesOf files={files} />
      {card && <CardSummary card={card} />}
      {sender === "agent" && seq <= readBy && <small>已读</small>}
    </article>
  );
}

function FilesOf({ files }: { files: WireFile[] }) {
  if (!files.length) return null;
  return (
    <div className="files">
      {files.map((file) =>
        file.kind === "image" ? (
          <Image key={file.file_id} src={file.url} alt={file.name} width={132} height={132} />
        ) : file.kind === "video" ? (
          <video key={file.file_id} src={file.url} controls preload="metadata" />
        ) : (
          <a key={file.file_id} href={file.url}>📄 {file.name}</a>
        ),
      )}
    </div>
  );
}

function Unsent({ one, retry }: { one: Pending; retry: () => void }) {
  return (
    <article className="message agent unsent">
      {one.text && <p>{one.text}</p>}
      {one.previews.map((preview) => preview.kind === "image" && <img key={preview.url} src={preview.url} alt="" />)}
      <small>
        {one.state === "failed" ? <>{one.problem} <Button type="link" size="small" onClick={retry}>重发</Button></> : "发送中…"}
      </small>
    </article>
  );
}

function Transfer({ open, close, summary, desk }: { open: boolean; close: () => void; summary: Summary; desk: Desk }) {
  const [colleagues, setColleagues] = useState<Agent[]>([]);
  const [to, setTo] = useState<string>();
  const [note, setNote] = useState("");
  useEffect(() => {
    if (open) void desk.attempt(api.agents).then((found) => found && setColleagues(found.agents));
  }, [open, desk.attempt]);
  const pass = async () => {
    if (!to) return;
    const [kind, id] = to.split(":");
    const target = kind === "agent" ? { agent_id: id } : { party: id };
    if (await desk.moved(api.transfer(summary.id, { epoch: summary.epoch, note, ...target }))) close();
  };
  return (
    <Modal open={open} title="转接给谁？" okText="转接" okButtonProps={{ disabled: !to }} onOk={() => void pass()} onCancel={close}>
      <Select
        style={{ width: "100%", marginBottom: 12 }}
        placeholder="选择团队或同事"
        value={to}
        onChange={setTo}
        options={[
          { label: "团队", options: [
            { value: "party:platform", label: "平台客服（重新排队）" },
            ...(summary.party === "platform" ? [] : [{ value: `party:${summary.party}`, label: `${summary.party_name}（重新排队）` }]),
          ] },
          { label: "同事", options: colleagues
            .filter((one) => one.party === "platform" || one.party === summary.party)
            .map((one) => ({ value: `agent:${one.id}`, label: `${one.name} · ${one.party_name}` })) },
        ]}
      />
      <Input.TextArea aria-label="备注" placeholder="给接手同事的备注（消费者看不到）" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}
