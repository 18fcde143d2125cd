import { BulbOutlined } from "@ant-design/icons";
import { memo, useEffect, useState } from "react";
import type { RecordEvent } from "../shared/wire";
import { desk as api } from "./api";
import type { Suggestion } from "./writing";

const SOURCES: Record<Suggestion["source"], string> = { rule: "规则", bot: "智能助手", canned: "常用语" };
const SHOWN = 3;
const KEPT = "anxin:suggestions";

/** What one might answer or do next: taken by a click or Alt 1~3, changed, or left. */
export const Suggestions = memo(function Suggestions({ conversation, record, take }: { conversation: string; record: RecordEvent[]; take: (one: Suggestion) => void }) {
  const [found, setFound] = useState<Suggestion[]>([]);
  const [shown, setShown] = useState(localStorage.getItem(KEPT) !== "off");
  // Something to go by has changed: a word of the consumer, a move of a ticket.
  const last = record.findLast((event) => event.type !== "message" || event.message.sender === "consumer")?.seq ?? 0;
  useEffect(() => {
    if (!shown) return;
    let current = true;
    const timer = setTimeout(() => {
      void api.suggestions(conversation).then(({ suggestions }) => current && setFound(suggestions), () => undefined);
    }, 300);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [conversation, last, shown]);
  const toggle = () => {
    localStorage.setItem(KEPT, shown ? "off" : "on");
    setShown(!shown);
  };
  if (shown && found.length === 0) return null;
  return (
    <div className="suggestions" aria-label="建议" role="group">
      <button type="button" className="bulb" onClick={toggle} aria-expanded={shown} title={shown ? "收起建议" : "显示建议"}><BulbOutlined /> {shown ? "" : "建议"}</button>
      {shown && found.slice(0, SHOWN).map((one, index) => (
        <button type="button" key={one.kind + one.text} data-key={`suggestion-${index + 1}`} title={`${one.text}\n${one.why}`} onClick={() => take(one)}>
          <kbd>{index + 1}</kbd>
          <b>{one.title}</b>
          <span>{one.kind === "step" ? one.why || "办理这一步" : one.text}</span>
          <small>{one.kind === "step" ? "下一步" : SOURCES[one.source]}</small>
        </button>
      ))}
    </div>
  );
});
