import { Alert, Button, Card, Empty, Input, Modal, Select, Tag } from "antd";
import dayjs from "dayjs";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { filled, TOPICS, wording as api, type Hit, type Reply, type Variant, type Version } from "./figures";
import "./promotion.css";
import type { PanelProps } from "./TrainingPage";

/** What the bot says: found, edited with a preview, checked against the wording rules, released, rolled back. */
export function WordingPanel({ attempt }: PanelProps) {
  const [replies, setReplies] = useState<Reply[]>([]);
  const [examples, setExamples] = useState<Record<string, string>>({});
  const [topic, setTopic] = useState<string>();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string>();
  const load = useCallback(async () => {
    const found = await attempt(() => api.all());
    if (found) {
      setReplies(found.replies);
      setExamples(found.examples);
    }
  }, [attempt]);
  useEffect(() => void load(), [load]);
  const shown = useMemo(
    () => replies.filter((one) => (!topic || one.topic === topic) && (!query || one.variants.some((variant) => variant.text.includes(query)) || one.name.includes(query))),
    [replies, topic, query],
  );
  const reply = replies.find((one) => one.name === chosen);
  return (
    <section className="promotion wording">
      <div className="filters">
        <Select allowClear placeholder="全部话题" value={topic} onChange={setTopic} style={{ width: 150 }} options={[...new Set(replies.map((one) => one.topic))].map((value) => ({ value, label: TOPICS[value] ?? value }))} />
        <Input.Search allowClear placeholder="找一句话" value={query} onChange={(event) => setQuery(event.target.value)} style={{ width: 220 }} />
        <span className="muted">发布后下一句就这么说，不用训练；每一版都留着。</span>
      </div>
      <div className={`wording-panes ${reply ? "chosen" : ""}`}>
        <ul className="wording-list">
          {shown.map((one) => (
            <li key={one.name} className={one.name === chosen ? "open" : undefined}>
              <button type="button" onClick={() => setChosen(one.name)}>
                <span>{one.variants[0].text}</span>
                <small>{TOPICS[one.topic] ?? one.topic} · {one.variants.length} 种说法{one.edited && <Tag color="blue">改过</Tag>}</small>
              </button>
            </li>
          ))}
          {!shown.length && <Empty description="没有这样的回复" />}
        </ul>
        {reply ? (
          <Editor key={`${reply.name}/${reply.number}`} reply={reply} examples={examples} attempt={attempt} done={load} back={() => setChosen(undefined)} />
        ) : (
          <div className="nothing">从左边选一条回复</div>
        )}
      </div>
    </section>
  );
}

function Editor({ reply, examples, attempt, done, back }: { reply: Reply; examples: Record<string, string>; attempt: PanelProps["attempt"]; done: () => Promise<void>; back: () => void }) {
  const [variants, setVariants] = useState<Variant[]>(reply.variants);
  const [marks, setMarks] = useState(reply.marks);
  const [reason, setReason] = useState("");
  const [versions, setVersions] = useState<Version[] | null>(null);
  const changed = JSON.stringify(variants) !== JSON.stringify(reply.variants);
  const set = (place: number, next: Partial<Variant>) => setVariants(variants.map((one, at) => (at === place ? { ...one, ...next } : one)));

  useEffect(() => {
    if (!changed || variants.some((one) => !one.text.trim())) return;
    const timer = setTimeout(() => void api.check(reply.name, variants).then((said) => setMarks(said.marks), () => undefined), 400);
    return () => clearTimeout(timer);
  }, [variants, changed, reply.name]);

  const release = async () => {
    if (await attempt(() => api.release(reply.name, variants, reason.trim()))) await done();
  };
  const goBack = async (number: number) => {
    if (await attempt(() => api.back(reply.name, number, reason.trim() || `回到第 ${number} 版`))) {
      setVersions(null);
      await done();
    }
  };
  return (
    <div className="wording-editor">
      <header>
        <Button size="small" className="phone-only" onClick={back}>返回</Button>
        <code>{reply.name}</code>
        <small>{reply.edited ? `第 ${reply.number} 版 · ${reply.by} · ${dayjs(reply.at).format("M月D日 HH:mm")}` : "软件自带的说法"}</small>
        <Button size="small" onClick={() => void attempt(() => api.versions(reply.name)).then((said) => said && setVersions(said.versions))}>历史版本</Button>
      </header>
      {reply.names.length > 0 && <p className="muted">要保留的内容：{reply.names.map((name) => <Tag key={name}>{`{${name}}`}</Tag>)}</p>}
      {variants.map((variant, place) => (
        <Card size="small" key={place} title={`说法 ${place + 1}`} extra={variants.length > 1 && <Button type="text" size="small" danger onClick={() => setVariants(variants.filter((_, at) => at !== place))}>去掉</Button>}>
          <div className="two">
            <div>
              <Input.TextArea aria-label={`说法 ${place + 1}`} value={variant.text} autoSize={{ minRows: 3 }} maxLength={500} onChange={(event) => set(place, { text: event.target.value })} />
              {variant.buttons?.map((button, at) => (
                <Input key={button.payload} size="small" addonBefore="按钮" value={button.title} maxLength={20} onChange={(event) => set(place, { buttons: variant.buttons?.map((one, number) => (number === at ? { ...one, title: event.target.value } : one)) })} />
              ))}
              <Marks hits={(marks.find((one) => one.text === variant.text.trim()) ?? { hits: [] }).hits} />
            </div>
            <Preview variant={variant} examples={examples} />
          </div>
        </Card>
      ))}
      <div className="filters">
        <Button size="small" onClick={() => setVariants([...variants, { ...variants[0], text: "" }])}>加一种说法</Button>
        <Input value={reason} maxLength={300} placeholder="为什么改" onChange={(event) => setReason(event.target.value)} style={{ flex: 1, minWidth: 160 }} />
        <Button type="primary" disabled={!changed || reason.trim().length < 2} onClick={() => void release()}>发布</Button>
      </div>
      <Modal open={Boolean(versions)} title="历史版本" footer={null} onCancel={() => setVersions(null)} width={640}>
        {versions?.map((one) => (
          <Card key={one.number} size="small" style={{ marginBottom: 8 }} title={<>{one.number ? `第 ${one.number} 版` : "软件自带"} {one.is_current && <Tag color="success">现在说的</Tag>}</>}
            extra={!one.is_current && <Button size="small" onClick={() => void goBack(one.number)}>回到这一版</Button>}>
            {one.variants.map((variant) => <p key={variant.text}>{variant.text}</p>)}
            <small>{one.by}{one.at && ` · ${dayjs(one.at).format("M月D日 HH:mm")}`}{one.reason && ` · ${one.reason}`}</small>
          </Card>
        ))}
      </Modal>
    </div>
  );
}

function Marks({ hits }: { hits: Hit[] }) {
  return hits.map((hit) => (
    <Alert key={`${hit.start}-${hit.found}`} type={hit.violation ? "error" : "warning"} title={`「${hit.found}」${hit.why}`} description={`可以说：${hit.better}`} />
  ));
}

/** The widget itself, with this reply in it. */
function Preview({ variant, examples }: { variant: Variant; examples: Record<string, string> }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const show = useRef(() => undefined as void);
  show.current = () =>
    frame.current?.contentWindow?.postMessage(
      { anxin: "v1", type: "preview", draft: { text: filled(variant.text, examples) || "……", buttons: variant.buttons ?? [] } },
      location.origin,
    );
  useEffect(() => show.current(), [variant, examples]);
  useEffect(() => {
    const hear = (event: MessageEvent) => {
      if (event.source === frame.current?.contentWindow && event.data?.type === "ready") show.current();
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);
  return <iframe ref={frame} className="widget-preview" src="/widget/" title="预览" />;
}
