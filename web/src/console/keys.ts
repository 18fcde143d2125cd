import { useEffect, useRef } from "react";

export const KEYS = [
  { keys: "Alt + ↓ / Alt + ↑", does: "下一个 / 上一个会话" },
  { keys: "Alt + A", does: "接入排在最前面的消费者" },
  { keys: "Alt + B", does: "转回智能助手" },
  { keys: "Enter", does: "发送；Shift + Enter 换行" },
  { keys: "Esc", does: "回到列表（手机）" },
  { keys: "?", does: "显示快捷键" },
];

type Handlers = Record<"next" | "previous" | "accept" | "handBack" | "help" | "leave", () => void>;

/** Every frequent act has a key; typing in a field is never disturbed. */
export function useKeys(handlers: Handlers) {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      const name = event.altKey
        ? { ArrowDown: "next", ArrowUp: "previous", KeyA: "accept", KeyB: "handBack" }[event.code]
        : typing
          ? undefined
          : { "?": "help", Escape: "leave" }[event.key];
      if (!name) return;
      event.preventDefault();
      latest.current[name as keyof Handlers]();
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}
