import { Tag } from "antd";
import { useEffect, useRef, useState, type RefObject } from "react";
import { desk as api } from "./api";
import type { Canned } from "./writing";

export const SCOPES: Record<Canned["scope"], string> = { own: "我的", merchant: "商家", platform: "平台" };

/** Canned replies found while typing after `/`; the arrow keys and Enter come from the box below. */
export function CannedPalette({ query, conversation, keys, choose, close }: {
  query: string;
  conversation: string;
  keys: RefObject<((key: string) => boolean) | null>;
  choose: (one: Canned) => void;
  close: () => void;
}) {
  const [found, setFound] = useState<Canned[]>([]);
  const [place, setPlace] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      void api.canned(query, conversation).then(
        ({ canned }) => {
          if (!current) return;
          setFound(canned);
          setPlace(0);
        },
        () => undefined,
      );
    }, 80);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query, conversation]);
  useEffect(() => {
    list.current?.children[place]?.scrollIntoView({ block: "nearest" });
  }, [place]);
  keys.current = (key) => {
    if (key === "Escape") return close(), true;
    if (!found.length) return false;
    if (key === "ArrowDown") setPlace((place + 1) % found.length);
    else if (key === "ArrowUp") setPlace((place + found.length - 1) % found.length);
    else if (key === "Enter" || key === "Tab") choose(found[place]);
    else return false;
    return true;
  };
  return (
    <div className="palette">
      {found.length === 0 ? (
        <p className="muted">没有找到「{query}」，换个词，或用拼音首字母</p>
      ) : (
        <ul ref={list} role="listbox" aria-label="常用语">
          {found.map((one, index) => (
            <li key={one.id} role="option" aria-selected={index === place} className={index === place ? "at" : ""} onMouseEnter={() => setPlace(index)} onMouseDown={(event) => { event.preventDefault(); choose(one); }}>
              <Tag>{SCOPES[one.scope]}</Tag><b>{one.title}</b> <span>{one.filled ?? one.text}</span>
            </li>
          ))}
        </ul>
      )}
      <small>↑↓ 选择，Enter 放进回复框，Esc 关闭</small>
    </div>
  );
}
