import "@chatui/core/dist/index.css";
import { useCallback, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { type Draft, Preview } from "./Preview";
import "./widget.css";

type Given = { token: string | null; order: { order_no: string; title: string } | null };

/** The page inside the frame: the loader hands it the token and the order by message, never in the address. */
function Frame() {
  const framed = window.parent !== window;
  const [given, setGiven] = useState<Given | null>(framed ? null : { token: null, order: null });
  const [draft, setDraft] = useState<Draft | null>(null);
  const parent = useRef("");
  const seen = useRef(0);
  const open = useRef(true);

  useEffect(() => {
    const hear = (event: MessageEvent) => {
      if (event.source !== window.parent || event.data?.anxin !== "v1") return;
      if (event.data.type === "begin") {
        parent.current = event.origin;
        setGiven({ token: event.data.token ?? null, order: event.data.order ?? null });
      } else if (event.data.type === "preview" && event.origin === location.origin) {
        setDraft(event.data.draft);
      } else if (event.data.type === "visible" && event.origin === parent.current) {
        open.current = event.data.visible;
        if (open.current) seen.current = Number.MAX_SAFE_INTEGER;
      }
    };
    addEventListener("message", hear);
    if (framed) window.parent.postMessage({ anxin: "v1", type: "ready" }, "*");
    return () => removeEventListener("message", hear);
  }, [framed]);

  const tell = useCallback((message: object) => {
    if (parent.current) window.parent.postMessage({ anxin: "v1", ...message }, parent.current);
  }, []);
  const onUnread = useCallback(
    (seq: number) => {
      if (open.current) seen.current = seq;
      tell({ type: "unread", count: open.current ? 0 : Math.max(0, seq - Math.min(seen.current, seq)) });
    },
    [tell],
  );

  if (draft) return <Preview draft={draft} />;
  if (!given) return <p className="empty">正在打开…</p>;
  return <App {...given} onUnread={onUnread} onClose={framed ? () => tell({ type: "close" }) : undefined} />;
}

createRoot(document.getElementById("root")!).render(<Frame />);
