import { useEffect, useState } from "react";
import type { Summary } from "../shared/wire";
import { desk as api } from "./api";
import type { Thread } from "./store";
import type { BriefLine } from "./writing";

/** Everything a colleague must know before the first word, made from facts; each line leads to its message. */
export function Brief({ summary, thread, goTo }: { summary: Summary; thread: Thread; goTo: (seq: number) => void }) {
  const [lines, setLines] = useState<BriefLine[] | null | undefined>(undefined);
  // Something to sum up has changed: a word of the consumer, an owner, a ticket, a promise.
  const newest = thread.record.findLast((event) => event.type !== "message" || event.message.sender === "consumer")?.seq ?? 0;
  const promised = thread.promises.length;
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      void api.brief(summary.id).then((found) => current && setLines(found.lines), () => current && setLines((before) => before ?? null));
    }, 600);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [summary.id, summary.epoch, newest, promised]);
  if (lines === undefined) return <p className="muted">正在整理…</p>;
  if (lines === null || lines.length === 0) return <p className="muted">还没有可以摘要的内容</p>;
  const topics = [...new Set(lines.map((line) => line.topic))];
  return (
    <dl className="brief">
      {topics.map((topic) => {
        const about = lines.filter((line) => line.topic === topic);
        return (
          <div key={topic}>
            <dt>{about[0].label}</dt>
            {about.map((line, place) => (
              <dd key={line.label + line.text + place} className={line.tone ?? undefined} title={line.ref ?? undefined}>
                {line.label !== about[0].label && <b>{line.label}：</b>}
                {line.seq ? <button type="button" onClick={() => goTo(line.seq!)} title="看原话">{line.text}</button> : line.text}
              </dd>
            ))}
          </div>
        );
      })}
    </dl>
  );
}
