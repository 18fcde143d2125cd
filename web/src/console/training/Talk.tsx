import { useEffect, useRef } from "react";
import { moment } from "../../shared/format";
import type { TalkLine } from "./api";

const WHO = { consumer: "消费者", bot: "智能助手", agent: "坐席", system: "系统" };

/** The masked lines around the sentence, which stands out. */
export function Talk({ lines }: { lines: TalkLine[] }) {
  const list = useRef<HTMLOListElement>(null);
  const here = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // not scrollIntoView: it would move the page as well
    if (list.current && here.current) list.current.scrollTop = here.current.offsetTop - list.current.offsetTop - 60;
  }, [lines]);
  if (!lines.length) return <p className="muted">这句话不是从会话里来的。</p>;
  return (
    <ol className="talk" ref={list}>
      {lines.map((line) => (
        <li key={line.seq} className={`${line.sender}${line.here ? " here" : ""}`} ref={line.here ? here : undefined}>
          <small>{WHO[line.sender]} · {moment(line.at)}</small>
          <p>{line.text}</p>
          {line.buttons.length > 0 && <p className="muted">{line.buttons.map((one) => `[${one}]`).join(" ")}</p>}
        </li>
      ))}
    </ol>
  );
}
