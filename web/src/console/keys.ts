import { useEffect, useRef } from "react";

/** Every frequent act has a key. `press` names a button (`data-key`) or selects one, whose own rules then hold. */
export const KEYS: { group: string; code: string; shown: string; does: string; press?: string; name?: Act }[] = [
  { group: "会话", code: "ArrowDown", shown: "Alt ↓", does: "下一个会话", name: "next" },
  { group: "会话", code: "ArrowUp", shown: "Alt ↑", does: "上一个会话", name: "previous" },
  { group: "会话", code: "KeyU", shown: "Alt U", does: "跳到等得最久、还没回复的", name: "urgent" },
  { group: "会话", code: "KeyA", shown: "Alt A", does: "接入：先接派给我的，再接排在最前的", name: "accept" },
  { group: "会话", code: "KeyX", shown: "Alt X", does: "婉拒派给我的会话", name: "decline" },
  { group: "会话", code: "KeyK", shown: "Alt K", does: "查找会话", name: "search" },
  { group: "会话", code: "KeyT", shown: "Alt T", does: "转接", press: "transfer" },
  { group: "会话", code: "KeyB", shown: "Alt B", does: "转回智能助手", press: "hand-back" },
  { group: "会话", code: "KeyE", shown: "Alt E", does: "结束会话", press: "close" },
  { group: "会话", code: "KeyL", shown: "Alt L", does: "记一次电话或视频沟通", press: "record" },
  { group: "回复", code: "KeyR", shown: "Alt R", does: "把光标放进回复框", name: "reply" },
  { group: "回复", code: "Slash", shown: "/ 或 Alt /", does: "常用语，支持拼音和首字母", name: "canned" },
  { group: "回复", code: "KeyN", shown: "Alt N", does: "写备注（只有同事看得到）", press: "note" },
  { group: "回复", code: "Digit1", shown: "Alt 1~3", does: "采用第几条建议", press: "suggestion-1" },
  { group: "回复", code: "Digit2", shown: "", does: "", press: "suggestion-2" },
  { group: "回复", code: "Digit3", shown: "", does: "", press: "suggestion-3" },
  { group: "工单", code: "KeyP", shown: "Alt P", does: "提出处理方案", press: "[data-step=propose]" },
  { group: "工单", code: "KeyJ", shown: "Alt J", does: "工单的第一个下一步", press: ".case [data-step]" },
  { group: "工单", code: "KeyG", shown: "Alt G", does: "切换右边：摘要、工单、订单、承诺", name: "pane" },
  { group: "我", code: "KeyS", shown: "Alt S", does: "在线 / 忙碌", name: "presence" },
];
const PLAIN = [
  { group: "回复", shown: "Enter", does: "发送；Shift Enter 换行" },
  { group: "我", shown: "Esc", does: "关掉弹层；手机上回到列表" },
  { group: "我", shown: "?", does: "显示这张表" },
];
export const LISTED = [...KEYS.filter((key) => key.shown), ...PLAIN];

export type Act = "next" | "previous" | "urgent" | "accept" | "decline" | "search" | "reply" | "canned" | "pane" | "presence" | "help" | "leave";

const pressButton = (name: string) =>
  document.querySelector<HTMLElement>(/\W/.test(name.replaceAll("-", "")) ? name : `[data-key="${name}"]:not(:disabled)`)?.click();

/** Typing in a field is never disturbed: everything but `?` and Esc wants Alt. */
export function useKeys(handlers: Record<Act, () => void>) {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.altKey && !event.ctrlKey && !event.metaKey) {
        const key = KEYS.find((one) => one.code === event.code);
        if (!key) return;
        event.preventDefault();
        if (key.press) pressButton(key.press);
        if (key.name) latest.current[key.name]();
        return;
      }
      const name = typing ? undefined : ({ "?": "help", "？": "help", Escape: "leave" } as Record<string, Act>)[event.key];
      if (!name) return;
      event.preventDefault();
      latest.current[name]();
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}
