import { Drawer, Input, Tag } from "antd";
import { useEffect, useState } from "react";
import { moment } from "../../shared/format";
import { workbench, type Guideline } from "./api";
import type { Attempt } from "./TrainingPage";

/** The annotation guideline with its settled cases; what is searched for is looked up in all of it. */
export function GuidelineDrawer({ open, close, attempt, focus }: { open: boolean; close: () => void; attempt: Attempt; focus: string | null }) {
  const [found, setFound] = useState<Guideline | null>(null);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (open) void attempt(() => workbench.guideline()).then((answer) => answer && setFound(answer.guideline));
  }, [open, attempt]);
  const has = (...texts: (string | null)[]) => !words || texts.some((text) => text?.includes(words));
  const names = new Map(found?.labels.map((one) => [one.label, one.name]));
  return (
    <Drawer open={open} onClose={close} size={560} title="标注规范" className="guideline">
      <Input.Search allowClear placeholder="在规范里查找" value={words} onChange={(event) => setWords(event.target.value)} />
      {found && (
        <>
          {found.labels.filter((one) => has(one.name, one.when, one.not_when, ...one.examples)).map((one) => (
            <section key={one.label} className={one.label === focus ? "focus" : undefined}>
              <h4>{one.key && <kbd>{one.key.toUpperCase()}</kbd>} {one.name}</h4>
              <p>{one.when}</p>
              <p className="muted">不是：{one.not_when}</p>
              <p>{one.examples.map((text) => <q key={text}>{text}</q>)}</p>
            </section>
          ))}
          <h3>容易混的地方</h3>
          <ul>{found.boundaries.filter((one) => has(one)).map((one) => <li key={one}>{one}</li>)}</ul>
          <h3>裁定过的例子</h3>
          {found.cases.length === 0 && <p className="muted">还没有。主管裁定的分歧会出现在这里。</p>}
          {found.cases.filter((one) => has(one.text, one.why)).map((one) => (
            <section key={one.id}>
              <p><q>{one.text}</q> <Tag color="blue">{one.intent ? (names.get(one.intent) ?? one.intent) : "不用于训练"}</Tag></p>
              <p>{one.why} <small>{one.settled_by} · {moment(one.at)}</small></p>
            </section>
          ))}
        </>
      )}
    </Drawer>
  );
}
