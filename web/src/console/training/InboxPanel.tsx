import { Button, Empty, Input, Modal, Segmented, Tag, type InputRef, type RefSelectProps } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { moment } from "../../shared/format";
import { GuidelineDrawer } from "./GuidelineDrawer";
import { LabelPad } from "./LabelPad";
import { FACT_KEYS, KEYS, stepDetail, suggested, toggleCut, withFact, type Choice } from "./pad";
import { Sentence, type Cursor, type Mode } from "./Sentence";
import { Talk } from "./Talk";
import { workbench } from "./api";
import type { PanelProps } from "./TrainingPage";
import { useInbox } from "./useInbox";

const VIEWS = [
  { value: "", label: "待标注" },
  { value: "accepted", label: "已标注" },
  { value: "excluded", label: "不用于训练" },
];
const START: Cursor = { at: 0, to: 0 };

/** Sentences that wait for a label, the most instructive first; every act has a key. */
export function InboxPanel({ attempt }: PanelProps) {
  const [view, setView] = useState("");
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  const query = useMemo(() => ({ ...(view && { state: view }), ...(asked && { q: asked }) }), [view, asked]);
  const inbox = useInbox(attempt, query);
  const { detail, meanings } = inbox;
  const [choice, setChoice] = useState<Choice>({ intent: null, detail: null, facts: [] });
  const [mode, setMode] = useState<Mode>("read");
  const [cursor, setCursor] = useState<Cursor>(START);
  const [cuts, setCuts] = useState<number[]>([]);
  const [help, setHelp] = useState(false);
  const [rules, setRules] = useState(false);
  const [shown, setShown] = useState<"list" | "work">("list"); // on a phone one at a time
  const finder = useRef<RefSelectProps>(null);
  const search = useRef<InputRef>(null);
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    setMode("read");
    setCursor(START);
    setCuts([]);
    if (detail) setChoice(suggested(meanings, detail.label?.intent ?? detail.predicted, detail.label ? detail.label.detail : detail.sub_type, detail.facts));
  }, [detail, meanings]);
  useEffect(() => {
    list.current?.querySelector(".on")?.scrollIntoView({ block: "nearest" });
  }, [inbox.open]);

  const names = Object.fromEntries(inbox.facts.map((one) => [one.key, one.name]));
  const decided = detail ? !["open", "second"].includes(detail.state) : false;
  const accept = () => {
    if (!detail || decided || !choice.intent) return;
    void inbox.label(detail, { verdict: "label", intent: choice.intent, detail: choice.detail ?? undefined, facts: choice.facts });
  };
  const verdict = (said: "exclude" | "skip") => detail && !decided && void inbox.label(detail, { verdict: said });
  const markFact = (place: number) => {
    const kind = inbox.facts[place];
    if (!kind) return;
    const [start, end] = [Math.min(cursor.at, cursor.to), Math.max(cursor.at, cursor.to) + 1];
    setChoice((before) => ({ ...before, facts: withFact(before.facts, { key: kind.key, start, end }) }));
    setCursor({ at: Math.min(end, (detail?.text.length ?? 1) - 1), to: Math.min(end, (detail?.text.length ?? 1) - 1) });
  };
  const dropFact = () =>
    setChoice((before) => ({ ...before, facts: before.facts.filter((one) => cursor.at < one.start || one.end <= cursor.at) }));

  const hear = (event: KeyboardEvent) => {
    const field = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (field || event.ctrlKey || event.metaKey || event.altKey || help || document.querySelector(".ant-modal-wrap:not([style*='display: none']) .ant-modal")) return;
    const length = detail?.text.length ?? 0;
    const key = event.key;
    const move = (by: number) => setCursor(({ at, to }) => {
      const next = Math.min(length - 1, Math.max(0, (event.shiftKey ? to : at) + by));
      return event.shiftKey ? { at, to: next } : { at: next, to: next };
    });
    const within: Record<string, () => void> = {
      ArrowLeft: () => move(-1), ArrowRight: () => move(1), Escape: () => setMode("read"),
      ...(mode === "split" ? {
        " ": () => setCuts((before) => toggleCut(before, cursor.at, length)),
        Enter: () => detail && cuts.length && void inbox.split(detail.id, cuts),
      } : {
        Backspace: dropFact, Delete: dropFact, Enter: () => setMode("read"),
        ...Object.fromEntries([...FACT_KEYS].map((letter, place) => [letter, () => markFact(place)])),
      }),
    };
    const meaning = meanings.find((one) => one.intent === choice.intent);
    const turn = (by: 1 | -1) => setChoice((before) => ({ ...before, detail: stepDetail(meaning, before.detail, by) }));
    const plain: Record<string, () => void> = {
      ArrowDown: () => inbox.step(1), j: () => inbox.step(1), ArrowUp: () => inbox.step(-1), k: () => inbox.step(-1),
      ArrowLeft: () => turn(-1), ArrowRight: () => turn(1), Enter: accept, s: () => verdict("skip"), d: () => verdict("exclude"),
      f: () => setMode("facts"), b: () => setMode("split"), r: () => detail && void inbox.second(detail.id), u: () => void inbox.undo(),
      g: () => setRules((before) => !before), "/": () => search.current?.focus(), "?": () => setHelp(true), ";": () => finder.current?.focus(),
      Escape: () => (rules ? setRules(false) : setShown("list")),
      ...Object.fromEntries(meanings.filter((one) => one.key).map((one) => [one.key!, () =>
        setChoice((before) => ({ ...before, intent: one.intent, detail: one.details.length === 1 ? one.details[0].detail : null }))])),
    };
    const act = (mode === "read" || rules ? plain : within)[key.length === 1 ? key.toLowerCase() : key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => latest.current(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  const figures = inbox.me?.figures;
  return (
    <div className={`inbox show-${shown}`}>
      <aside>
        <div className="tools">
          <Segmented size="small" value={view} onChange={(value) => setView(String(value))} options={VIEWS} />
          <Input ref={search} size="small" allowClear placeholder="查找 /" value={words}
            onChange={(event) => {
              setWords(event.target.value);
              if (!event.target.value) setAsked("");
            }}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
            onPressEnter={(event) => {
              setAsked(words.trim());
              event.currentTarget.blur();
            }} />
        </div>
        <ul ref={list}>
          {inbox.items.map((one) => (
            <li key={one.id} className={one.id === inbox.open ? "on" : undefined} onClick={() => {
              inbox.setOpen(one.id);
              setShown("work");
            }}>
              <p>{one.text}</p>
              <div>
                {one.why.slice(0, 3).map((why) => <Tag key={why}>{why}</Tag>)}
                <small>{one.size > 1 ? `${one.size} 次 · ` : ""}{moment(one.last_at)}</small>
              </div>
            </li>
          ))}
          {!inbox.loading && inbox.items.length === 0 && <Empty description={view || asked ? "没有" : "都标完了，等消费者说新的话"} />}
        </ul>
        <footer>
          {inbox.total} 句{figures && <> · 今天标了 {figures.mine_today} · 一周 {figures.turns_week} 句里 {figures.missed_week} 句没接住</>}
        </footer>
      </aside>
      <section className="work">
        {detail ? (
          <>
            <header>
              <Button className="phone-only" size="small" onClick={() => setShown("list")}>返回</Button>
              {detail.why.map((why) => <Tag key={why} color="blue">{why}</Tag>)}
              <span className="grow" />
              <Button size="small" onClick={() => setRules(true)}>规范 <kbd>G</kbd></Button>
              <Button size="small" onClick={() => setHelp(true)}>快捷键 <kbd>?</kbd></Button>
            </header>
            <Sentence text={detail.text} facts={choice.facts} names={names} mode={mode} cursor={cursor} cuts={cuts}
              pick={(picked) => {
                if (decided) return;
                if (mode === "read") setMode("facts");
                setCursor(picked);
              }} />
            {mode === "facts" && (
              <div className="facts" role="toolbar" aria-label="事实">
                {inbox.facts.map((one, place) => (
                  <button key={one.key} type="button" onClick={() => markFact(place)}><kbd>{FACT_KEYS[place].toUpperCase()}</kbd>{one.name}</button>
                ))}
                <button type="button" onClick={dropFact}><kbd>退格</kbd>删除</button>
                <button type="button" onClick={() => setMode("read")}><kbd>Esc</kbd>完成</button>
              </div>
            )}
            {mode === "split" && (
              <div className="facts">
                <span>选好位置，</span>
                <button type="button" onClick={() => setCuts(toggleCut(cuts, cursor.at, detail.text.length))}><kbd>空格</kbd>在这里切开</button>
                <button type="button" disabled={!cuts.length} onClick={() => void inbox.split(detail.id, cuts)}><kbd>Enter</kbd>拆成 {cuts.length + 1} 句</button>
                <button type="button" onClick={() => setMode("read")}><kbd>Esc</kbd>不拆</button>
              </div>
            )}
            <LabelPad meanings={meanings} choice={choice} ranking={detail.ranking} finder={finder}
              choose={(intent, sub) => setChoice((before) => ({ ...before, intent, detail: sub }))} />
            {decided ? (
              <div className="acts">
                <span className="muted">{detail.state === "accepted" ? "已标注" : "不用于训练"}：{detail.labels.map((one) => one.trainer_name).join("、")}</span>
                <Button onClick={() => void attempt(() => workbench.undo(detail.id)).then(() => inbox.load())}>撤回</Button>
              </div>
            ) : (
              <div className="acts">
                <Button type="primary" disabled={!choice.intent} onClick={accept}>标注 <kbd>Enter</kbd></Button>
                <Button onClick={() => verdict("skip")}>跳过 <kbd>S</kbd></Button>
                <Button onClick={() => verdict("exclude")}>不用于训练 <kbd>D</kbd></Button>
                <Button onClick={() => setMode("split")}>拆分 <kbd>B</kbd></Button>
                <Button onClick={() => setMode("facts")}>标事实 <kbd>F</kbd></Button>
                <Button disabled={detail.wanted > 1} onClick={() => void inbox.second(detail.id)}>请人复标 <kbd>R</kbd></Button>
                <Button onClick={() => void inbox.undo()}>撤回 <kbd>U</kbd></Button>
              </div>
            )}
            {detail.wordings.length > 1 && (
              <div className="wordings">
                <h3>一起标的同类说法</h3>
                {detail.wordings.map((one) => (
                  <p key={one.turn_id}>
                    {one.text} {one.count > 1 && <small>×{one.count}</small>}
                    {!decided && detail.state === "open" && (
                      <Button type="link" size="small" onClick={() => void inbox.part(detail.id, one.turn_id)}>不是一个意思</Button>
                    )}
                  </p>
                ))}
              </div>
            )}
            <div className="around">
              <h3>前后的会话（已隐去个人信息）</h3>
              <Talk lines={detail.talk} />
            </div>
          </>
        ) : (
          <div className="nothing">{inbox.loading || inbox.open ? "正在打开…" : "没有待标注的句子"}</div>
        )}
      </section>
      <GuidelineDrawer open={rules} close={() => setRules(false)} attempt={attempt} focus={choice.intent} />
      <Modal open={help} footer={null} title="快捷键" onCancel={() => setHelp(false)}>
        <dl className="keys">
          {KEYS.map(({ keys, does }) => (
            <div key={keys}>
              <dt>{keys}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </div>
  );
}
