import { EyeInvisibleOutlined, PictureOutlined, ThunderboltOutlined } from "@ant-design/icons";
import { Button, Input, Tooltip } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useCallback, useEffect, useRef, useState } from "react";
import { moment } from "../shared/format";
import type { Summary } from "../shared/wire";
import { desk as api } from "./api";
import { CannedPalette } from "./CannedPalette";
import type { Thread } from "./store";
import { Suggestions } from "./Suggestions";
import { slashQuery, withCanned } from "./thread";
import type { Desk } from "./useDesk";
import type { Checked, Hit, Suggestion } from "./writing";

const ACCEPT = "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf";
const CHECK_AFTER = 350;
const CHECK_WAITS = 600; // ms that a message waits for its check at most
const NOTHING: Checked = { hits: [], promises: [] };

/** Where an agent answers or leaves a note: suggestions above, wording marks and promises below, canned replies by `/`. */
export function Composer({ summary, thread, draft, desk }: { summary: Summary; thread: Thread; draft: string; desk: Desk }) {
  const id = summary.id;
  const [noting, setNoting] = useState(false);
  const [found, setFound] = useState<{ text: string } & Checked>({ text: "", ...NOTHING });
  const [warned, setWarned] = useState(""); // the text whose marks have stopped one Enter already
  const [closed, setClosed] = useState(""); // the draft for which the palette was closed by Esc
  const box = useRef<TextAreaRef>(null);
  const picker = useRef<HTMLInputElement>(null);
  const lastTyped = useRef(0);
  const noteId = useRef("");
  const keysOfPalette = useRef<((key: string) => boolean) | null>(null);
  const slash = !noting && draft !== closed ? slashQuery(draft) : null;
  const marks = found.text === draft && !noting ? found : NOTHING;
  const violations = marks.hits.filter((hit) => hit.kind !== "vague").length;

  const check = useCallback(async (text: string): Promise<Checked> => {
    try {
      const answer = await api.check(text);
      setFound({ text, ...answer });
      return answer;
    } catch {
      return NOTHING; // a service that is away for a moment holds nobody up
    }
  }, []);
  useEffect(() => {
    if (noting || draft.trim().length < 2 || slash !== null) return;
    const timer = setTimeout(() => void check(draft), CHECK_AFTER);
    return () => clearTimeout(timer);
  }, [draft, noting, slash, check]);

  const put = useCallback(
    (text: string, select: [number, number] | null = null) => {
      desk.draft(id, text);
      requestAnimationFrame(() => {
        const area = box.current?.resizableTextArea?.textArea;
        area?.focus();
        if (area) area.setSelectionRange(...(select ?? [text.length, text.length]));
      });
    },
    [desk.draft, id],
  );

  const keepNote = async () => {
    noteId.current ||= crypto.randomUUID(); // the same note again, until it is kept
    if (await desk.note(id, draft, "note", noteId.current)) {
      noteId.current = "";
      desk.draft(id, "");
      setNoting(false);
    }
  };
  /** Marked words stop the first Enter. What is not checked yet leaves the box at once and comes back when it is marked. */
  const send = () => {
    const text = draft.trim();
    if (!text) return;
    if (noting) return void keepNote();
    const isMarked = (seen: Checked) => seen.hits.some((hit) => hit.kind !== "vague");
    let may: Promise<boolean> | undefined;
    if (warned !== text && found.text.trim() === text) {
      if (isMarked(found)) return setWarned(text);
    } else if (warned !== text) {
      const late = new Promise<Checked>((done) => setTimeout(() => done(NOTHING), CHECK_WAITS));
      may = Promise.race([check(text), late]).then((seen) => {
        if (isMarked(seen)) setWarned(text);
        return !isMarked(seen);
      });
    }
    desk.reply(id, text, { may });
    desk.draft(id, "");
    setWarned("");
  };
  const better = (hit: Hit) => {
    const text = draft.slice(0, hit.start) + hit.better + draft.slice(hit.end);
    const open = /\{[^{}]+\}/.exec(hit.better);
    put(text, open ? [hit.start + open.index, hit.start + open.index + open[0].length] : null);
  };
  const now = useRef(draft);
  now.current = draft;
  const take = useCallback((one: Suggestion) => {
    if (one.kind === "reply") {
      put(now.current.trim() ? `${now.current.trimEnd()}\n${one.text}` : one.text);
      if (one.ref.canned_id) void api.usedCanned(one.ref.canned_id).catch(() => undefined);
    } else {
      document.querySelector<HTMLElement>(`[data-ticket="${one.ref.ticket_id}"] [data-step="${one.ref.trigger}"]`)?.click();
    }
  }, [put]);

  return (
    <footer className={noting ? "composing note" : "composing"}>
      {!noting && slash === null && <Suggestions conversation={id} record={thread.record} take={take} />}
      {slash !== null && (
        <CannedPalette query={slash} conversation={id} keys={keysOfPalette} close={() => setClosed(draft)} choose={(one) => {
          const { text, select } = withCanned(draft, one.filled ?? one.text);
          put(text, select);
          void api.usedCanned(one.id).catch(() => undefined);
        }} />
      )}
      <Input.TextArea
        ref={box}
        aria-label={noting ? "备注" : "回复"}
        className="answer"
        value={draft}
        placeholder={noting ? "写给同事的备注，消费者看不到" : "回复消费者，Enter 发送，/ 找常用语"}
        autoSize={{ minRows: 2, maxRows: 8 }}
        maxLength={noting ? 1000 : 2000}
        autoFocus
        onChange={(event) => {
          desk.draft(id, event.target.value);
          if (!noting && Date.now() - lastTyped.current > 2000) {
            lastTyped.current = Date.now();
            desk.signal({ type: "typing", conversation_id: id });
          }
        }}
        onPaste={(event) => {
          const file = [...event.clipboardData.files][0];
          if (file && !noting) {
            event.preventDefault();
            void desk.sendFile(id, file);
          }
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (slash !== null && keysOfPalette.current?.(event.key)) return event.preventDefault();
          if (event.key === "Escape") {
            setNoting(false);
            event.currentTarget.blur();
          }
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            send();
          }
        }}
      />
      {(marks.hits.length > 0 || marks.promises.length > 0) && (
        <div className="marks" role="status">
          {marks.hits.map((hit) => (
            <span key={hit.start} className={`mark ${hit.kind}`}>
              <Tooltip title={hit.why}><b>{hit.kind_label}</b> <del>{hit.found}</del></Tooltip>
              {hit.better ? <Button type="link" size="small" onClick={() => better(hit)}>改成「{hit.better}」</Button> : <Button type="link" size="small" onClick={() => better(hit)}>删去</Button>}
            </span>
          ))}
          {marks.promises.map((one) => (
            <span key={one.text} className="mark promised"><b>承诺</b> {one.phrase}，{moment(one.due_at)} 到期，发出后记入工单</span>
          ))}
        </div>
      )}
      <div className="buttons">
        <div className="buttons">
          <Button type="text" size="small" icon={<PictureOutlined />} onClick={() => picker.current?.click()} aria-label="发送文件" />
          <Tooltip title="常用语（/）"><Button type="text" size="small" icon={<ThunderboltOutlined />} aria-label="常用语" data-key="canned" onClick={() => put(draft && !draft.endsWith("\n") ? `${draft}\n/` : `${draft}/`)} /></Tooltip>
          <Button type={noting ? "primary" : "text"} size="small" icon={<EyeInvisibleOutlined />} data-key="note" aria-pressed={noting} onClick={() => { setNoting(!noting); box.current?.focus(); }}>备注</Button>
          <input ref={picker} type="file" hidden accept={ACCEPT} onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) void desk.sendFile(id, file);
            event.target.value = "";
          }} />
        </div>
        <div className="buttons">
          {warned === draft.trim() && violations > 0 && <small className="warned">有 {violations} 处建议改一改，再按一次 Enter 照原样发送</small>}
          <Button type="primary" size="small" onClick={send} disabled={!draft.trim()}>{noting ? "保存备注" : "发送"}</Button>
        </div>
      </div>
    </footer>
  );
}
