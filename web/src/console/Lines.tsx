import { EyeInvisibleOutlined, PhoneOutlined, SoundOutlined } from "@ant-design/icons";
import { Button, Image, Tag } from "antd";
import { memo } from "react";
import { moment } from "../shared/format";
import type { Pending } from "../shared/record";
import type { RecordEvent, WireFile } from "../shared/wire";
import { CardSummary } from "./CardSummary";
import type { Entry } from "./thread";

/** One entry of a thread. */
export const ThreadEntry = memo(function ThreadEntry({ entry, read, retry }: { entry: Entry; read: boolean; retry: (one: Pending) => void }) {
  switch (entry.kind) {
    case "day":
      return <p className="day"><span>{entry.day}</span></p>;
    case "note":
      return (
        <article className={`note ${entry.note.kind}`} aria-label={entry.note.kind === "whisper" ? "主管提示" : "备注"}>
          <header>
            {entry.note.kind === "whisper" ? <><SoundOutlined /> 主管提示</> : <><EyeInvisibleOutlined /> 备注</>} · {entry.note.author.name}
            <time>{moment(entry.note.at)}</time>
          </header>
          <p>{entry.note.text}</p>
        </article>
      );
    case "pending":
      return <Unsent one={entry.pending} retry={() => retry(entry.pending)} />;
    case "event":
      return <Line event={entry.event} follows={entry.follows} read={read} />;
  }
});

function Line({ event, follows, read }: { event: RecordEvent; follows: boolean; read: boolean }) {
  if (event.type === "record") return <Spoken event={event} />;
  if (event.type !== "message" || event.message.sender === "system") {
    const text = event.type === "message" ? event.message.text : event.text;
    return <p className="system" data-seq={event.seq}><time>{moment(event.at)}</time> {text}</p>;
  }
  const { sender, sender_name, text, files, buttons, card, at } = event.message;
  return (
    <article className={`message ${sender} ${follows ? "follows" : ""}`} data-seq={event.seq}>
      {!follows && (
        <header>
          {sender === "consumer" ? sender_name || "消费者" : sender_name}
          {sender === "bot" && <Tag>AI</Tag>}
          <time>{moment(at)}</time>
        </header>
      )}
      {text && <p>{text}</p>}
      <FilesOf files={files} />
      {card && <CardSummary card={card} />}
      {sender === "agent" && buttons.length > 0 && <small>请消费者选择：{buttons.map((button) => button.title).join(" / ")}</small>}
      {sender === "agent" && <small className="seen">{read ? "已读" : "未读"}</small>}
    </article>
  );
}

/** A talk outside the chat, as it was entered. */
function Spoken({ event: { seq, record } }: { event: Extract<RecordEvent, { type: "record" }> }) {
  return (
    <article className="spoken" data-seq={seq} aria-label="沟通记录">
      <header>
        <PhoneOutlined /> {record.kind === "video" ? "视频" : "电话"}记录 · {typeof record.by === "string" ? record.by : record.by.name}
        <time>{moment(record.at)}{record.minutes ? `，${record.minutes} 分钟` : ""}</time>
      </header>
      <p>{record.summary}</p>
      <FilesOf files={record.files ?? []} />
    </article>
  );
}

function FilesOf({ files }: { files: WireFile[] }) {
  if (!files.length) return null;
  return (
    <div className="files">
      {files.map((file) =>
        file.kind === "image" ? (
          <Image key={file.file_id} src={file.url} alt={file.name} width={116} height={116} />
        ) : file.kind === "video" ? (
          <video key={file.file_id} src={file.url} controls preload="metadata" />
        ) : (
          <a key={file.file_id} href={file.url} target="_blank" rel="noreferrer">📄 {file.name}</a>
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
      <small>{one.state === "failed" ? <>{one.problem} <Button type="link" size="small" onClick={retry}>重发</Button></> : "发送中，连上就自动发出"}</small>
    </article>
  );
}
