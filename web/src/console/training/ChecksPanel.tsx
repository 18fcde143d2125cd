import { Alert, Button, Empty, List, Tabs } from "antd";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../../shared/format";
import { checks, workbench, type Check, type Finding, type Meaning } from "./api";
import { LineEditor } from "./LineEditor";
import type { PanelProps } from "./TrainingPage";

const LOOK_AGAIN = 3000; // ms, while a check runs

/** What to look at before a training: every finding opens its sentence, to be mended or found right. */
export function ChecksPanel({ attempt }: PanelProps) {
  const [check, setCheck] = useState<Check | null>(null);
  const [last, setLast] = useState<Check | null>(null);
  const [kinds, setKinds] = useState<Record<string, string>>({});
  const [kind, setKind] = useState("");
  const [found, setFound] = useState<Finding[]>([]);
  const [meanings, setMeanings] = useState<Meaning[]>([]);

  const load = useCallback(async () => {
    const answer = await attempt(() => checks.all());
    if (!answer) return;
    setKinds(answer.kinds);
    setCheck(answer.checks[0] ?? null);
    setLast(answer.checks.find((one) => one.state === "done") ?? null);
  }, [attempt]);
  useEffect(() => {
    void load();
    void attempt(() => workbench.labels()).then((labels) => labels && setMeanings(labels.labels));
  }, [load, attempt]);
  const running = check?.state === "queued" || check?.state === "running";
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => void load(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [running, load]);

  const chosen = kind || Object.keys(kinds).find((one) => last?.counts[one]) || "clash";
  const refresh = useCallback(async () => {
    if (last) setFound((await attempt(() => checks.findings(last.id, chosen)))?.findings ?? []);
  }, [attempt, last, chosen]);
  useEffect(() => void refresh(), [refresh]);

  /** The sentence with the intents as people call them. */
  const named = (text: string) => meanings.reduce((said, one) => said.replaceAll(new RegExp(`(?<![a-z_])${one.intent}(?![a-z_])`, "g"), one.name), text);
  const settled = (one: Finding) => setFound((before) => before.filter((other) => other.id !== one.id));
  return (
    <div className="checks">
      <section>
        <h3>训练前检查</h3>
        <p className="muted">查同一句话标了两样、很可能标错的、句子太少的、和评测集太像的，并做一次 Rasa 自己的校验。一般要几分钟，可以先去做别的。</p>
        <div className="tools-row">
          <Button type="primary" loading={running} onClick={() => void attempt(() => checks.ask()).then(load)}>{running ? "正在检查" : "检查现在的数据"}</Button>
          {check && <span className="muted">{check.asked_by} 于 {moment(check.at)} 发起{check.done_at ? `，${moment(check.done_at)} 完成` : ""}</span>}
        </div>
        {check?.state === "failed" && <Alert type="error" showIcon title="这次检查没有完成" description={check.problem} style={{ marginTop: 12 }} />}
        {last?.problem && <Alert type="warning" showIcon title={last.problem} style={{ marginTop: 12 }} />}
      </section>
      {last && (
        <section>
          <Tabs activeKey={chosen} onChange={setKind} items={Object.entries(kinds).map(([key, label]) => ({ key, label: `${label} ${last.counts[key] ?? 0}` }))} />
          {found.length === 0 ? <Empty description="没有发现" /> : (
            <List size="small" dataSource={found} rowKey="id" pagination={found.length > 10 ? { pageSize: 10, size: "small" } : false} renderItem={(one) =>
              one.text ? (
                <LineEditor line={{ text: one.text, ...one.place }} meanings={meanings} attempt={attempt} says={named(one.says)} done={() => settled(one)}
                  suggest={chosen === "likely_error" || chosen === "astray" ? one.other.intent : undefined}
                  extra={one.waved ? <small>{one.waved}</small> : (
                    <Button size="small" onClick={() => void attempt(() => checks.wave(one.id, "")).then((done) => done && settled(one))}>没问题</Button>
                  )} />
              ) : (
                <List.Item>{named(one.says)}</List.Item>
              )} />
          )}
        </section>
      )}
    </div>
  );
}
