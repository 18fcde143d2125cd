import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Bubble, Chat, type MessageProps } from "./chatui";
import { liveButtons, type Pending, withoutOpenings } from "../shared/record";
import type { RecordEvent } from "../shared/wire";
import { CardView } from "./Cards";
import { Files } from "./Files";
import { Icons } from "./Icons";
import { Replies } from "./Parts";
import { QueueCard } from "./QueueCard";
import { Tickets } from "./Tickets";
import { useConversation } from "./useConversation";

const ACCEPT = "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf";
const MOST_FILES = 9;

/** What one row of the thread is made of. */
type Row = { event: RecordEvent } | { pending: Pending };

export function App({ token, order, onUnread, onClose }: {
  token: string | null;
  order: { order_no: string; title: string } | null;
  onUnread: (seq: number) => void;
  onClose?: () => void;
}) {
  const talk = useConversation(token);
  const picker = useRef<HTMLInputElement>(null);
  const [drawer, setDrawer] = useState(false);
  const [notice, setNotice] = useState("");
  const live = liveButtons(talk.record);
  const news = talk.record.filter((event) => event.type === "ticket_changed").length;
  const mentioned = useRef("");

  const messages = useMemo(() => rows(talk.record, talk.pending), [talk.record, talk.pending]);

  useEffect(() => {
    const newest = talk.record[talk.record.length - 1];
    if (newest) onUnread(newest.seq);
    talk.read();
  }, [talk.record, talk.read, onUnread]);

  // Opened from an order of the shop: say which one, once.
  useEffect(() => {
    if (!order || !talk.session || talk.owner !== "bot" || mentioned.current === order.order_no) return;
    mentioned.current = order.order_no;
    setNotice(`正在咨询：${order.title}`);
  }, [order, talk.session, talk.owner]);

  const say = useCallback(
    (text: string) => {
      const plain = text.trim();
      if (!plain) return;
      const about = order && notice ? `（订单 ${order.order_no}）` : "";
      setNotice("");
      for (let start = 0; start < plain.length; start += 950) talk.say(plain.slice(start, start + 950) + (start ? "" : about));
    },
    [talk.say, order, notice],
  );

  const choose = useCallback(
    (list: FileList | File[] | null) => {
      const files = [...(list ?? [])].slice(0, MOST_FILES);
      const tooLarge = files.find((file) => file.size > (file.type.startsWith("video/") ? 100 : 10) * 1024 * 1024);
      if (tooLarge) return setNotice(`「${tooLarge.name}」太大了：图片和 PDF 最多 10 MB，视频最多 100 MB`);
      if (files.length) talk.sendFiles(files);
    },
    [talk.sendFiles],
  );

  const person = talk.owner === "agent" ? `客服${talk.agent?.name ?? ""}` : "智能助手";
  const state = !talk.online
    ? "网络断开了，正在重新连接…"
    : talk.owner === "queued"
      ? talk.queue?.open === false ? "客服休息中，位置已保留" : "正在接入人工…"
      : "";

  const renderContent = (message: MessageProps) => {
    const row = message.content as Row;
    if ("pending" in row) return <Mine pending={row.pending} retry={talk.retry} />;
    const { event } = row;
    if (event.type !== "message") return null;
    const { text, files, card, buttons, seq, sender } = event.message;
    return (
      <div className="lines">
        {text && <Bubble content={text} />}
        <Files files={files} />
        {card && (
          <CardView
            card={card}
            live={seq === live}
            choose={(id, title) => talk.say("", { id, title })}
            pickFiles={() => picker.current?.click()}
            call={talk.call}
            keep={talk.keep}
          />
        )}
        {sender !== "consumer" && seq === live && <Replies buttons={buttons} choose={(button) => talk.say("", button)} />}
        {sender === "consumer" && <small className="read">{event.seq <= talk.readBy ? "已读" : ""}</small>}
      </div>
    );
  };

  return (
    <div className="widget">
      <Icons />
      <header className="bar">
        <div>
          <strong>{person}</strong>
          {talk.owner !== "agent" && <span className="ai">AI</span>}
          <small aria-live="polite">{state || (talk.owner === "agent" ? "人工客服为您服务" : "安心售后")}</small>
        </div>
        <nav>
          <button type="button" onClick={() => setDrawer(true)}>
            我的工单
          </button>
          {(talk.owner === "bot" || talk.owner === "closed") && (
            <button type="button" className="human" onClick={() => void talk.askForPerson().catch((e) => setNotice(e.message))}>
              转人工
            </button>
          )}
          {onClose && (
            <button type="button" aria-label="关闭" onClick={onClose}>
              ✕
            </button>
          )}
        </nav>
      </header>
      {(talk.failure || notice) && (
        <p className="notice" role="status">
          {talk.failure ?? notice}
          {!talk.failure && (
            <button type="button" aria-label="知道了" onClick={() => setNotice("")}>
              ✕
            </button>
          )}
        </p>
      )}
      {talk.owner === "queued" && talk.queue && (
        <QueueCard queue={talk.queue} choose={talk.chooseWait} leave={talk.leaveQueue} tell={setNotice} />
      )}
      <Chat
        locale="zh-CN"
        messages={messages}
        renderMessageContent={renderContent}
        onSend={(_type: string, text: string) => say(text)}
        onImageSend={async (file: File) => choose([file])}
        onInputChange={talk.typed}
        isTyping={Boolean(talk.typing)}
        placeholder="说说遇到的问题…"
        rightAction={{ icon: "image", "aria-label": "发照片或视频", onClick: () => picker.current?.click() }}
        inputOptions={{ maxLength: 3000, showCount: false, "aria-label": "输入消息" }}
      />
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={ACCEPT}
        data-testid="files"
        onChange={(event) => {
          choose(event.target.files);
          event.target.value = "";
        }}
      />
      {drawer && talk.session && (
        <Tickets call={talk.call} keep={talk.keep} news={news} copy={talk.downloadCopy} close={() => setDrawer(false)} />
      )}
    </div>
  );
}

function Mine({ pending, retry }: { pending: Pending; retry: (id: string) => void }) {
  return (
    <div className="lines">
      {pending.text && <Bubble content={pending.text} />}
      <div className="files">
        {pending.previews.map((preview) =>
          preview.kind === "image" ? <img key={preview.url} src={preview.url} alt="待发送的照片" /> : <span key={preview.url} className="file">📎 文件</span>,
        )}
      </div>
      <small className={pending.state}>
        {pending.state === "failed" ? (
          <>
            {pending.problem ?? "没有发出"}{" "}
            <button type="button" onClick={() => retry(pending.client_msg_id)}>
              重发
            </button>
          </>
        ) : (
          (pending.problem ?? "发送中…")
        )}
      </small>
    </div>
  );
}

/** The record as ChatUI's messages: consumers on the right, everybody else on the left, changes in the middle. */
function rows(record: RecordEvent[], pending: Pending[]) {
  const told = withoutOpenings(record);
  const shown = told.map((event, place) => {
    const before = told[place - 1];
    const hasTime = !before || new Date(event.at).getTime() - new Date(before.at).getTime() > 300_000;
    const base = { _id: String(event.seq), createdAt: new Date(event.at).getTime(), hasTime };
    if (event.type !== "message") return { ...base, type: "system", content: { text: event.text }, position: "center" as const };
    const { sender, sender_name } = event.message;
    if (sender === "system") return { ...base, type: "system", content: { text: event.message.text }, position: "center" as const };
    return {
      ...base,
      type: sender,
      content: { event },
      position: sender === "consumer" ? ("right" as const) : ("left" as const),
      user: sender === "consumer" ? {} : { name: sender === "bot" ? `${sender_name ?? "智能助手"} · AI` : `客服${sender_name ?? ""}` },
    };
  });
  return [
    ...shown,
    ...pending.map((one) => ({
      _id: one.client_msg_id,
      type: "pending",
      content: { pending: one },
      position: "right" as const,
      createdAt: new Date(one.at).getTime(),
      hasTime: false,
      user: {},
    })),
  ];
}

