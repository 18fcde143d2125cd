import { Button, Empty, Input, Table, Tag, type RefSelectProps } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { workbench, type Item, type Kappa, type Meaning } from "./api";
import { LabelPad } from "./LabelPad";
import type { Choice } from "./pad";
import type { PanelProps } from "./TrainingPage";

const NOTHING: Choice = { intent: null, detail: null, facts: [] };
const share = (value: number) => `${Math.round(value * 100)}%`;
const kappa = (one: Kappa) => (one.kappa === null ? "—" : one.kappa.toFixed(2));

/** What two trainers saw differently, for a reviewer's last word; and how far the trainers agree. */
export function ReviewPanel({ attempt, agent }: PanelProps) {
  const [items, setItems] = useState<Item[] | null>(null);
  const [meanings, setMeanings] = useState<Meaning[]>([]);
  const [agreement, setAgreement] = useState<Awaited<ReturnType<typeof workbench.agreement>>["agreement"] | null>(null);
  const [choice, setChoice] = useState<Choice>(NOTHING);
  const [reason, setReason] = useState("");
  const finder = useRef<RefSelectProps>(null);
  const reviews = agent.role === "supervisor" || agent.role === "admin";

  const load = useCallback(async () => {
    const [waiting, labels, agreed] = await Promise.all([
      reviews ? attempt(() => workbench.disputed()) : Promise.resolve({ items: [] }),
      attempt(() => workbench.labels()),
      attempt(() => workbench.agreement()),
    ]);
    setItems(waiting?.items ?? []);
    setMeanings(labels?.labels ?? []);
    setAgreement(agreed?.agreement ?? null);
    setChoice(NOTHING);
    setReason("");
  }, [attempt, reviews]);
  useEffect(() => void load(), [load]);

  const name = (intent: string | null, detail: string | null) => {
    const meaning = meanings.find((one) => one.intent === intent);
    if (!intent || intent === "exclude") return "不用于训练";
    const sub = meaning?.details.find((one) => one.detail === detail);
    return `${meaning?.name ?? intent}${sub ? ` / ${sub.name}` : ""}`;
  };
  const current = items?.[0];
  const settle = async (verdict: "label" | "exclude") => {
    if (!current) return;
    const said = { verdict, reason, move: true, ...(verdict === "label" && choice.intent ? { intent: choice.intent, detail: choice.detail ?? undefined } : {}) };
    if (await attempt(() => workbench.settle(current.id, said))) await load();
  };

  return (
    <div className="review">
      {reviews && (
        <section>
          <h3>待裁定 {items?.length ? `${items.length} 句` : ""}</h3>
          {current ? (
            <>
              <p className="sentence">{current.text}</p>
              {current.labels?.map((one) => (
                <p key={one.at}>
                  <b>{one.trainer_name}</b>　<Tag color="orange">{name(one.intent, one.detail)}</Tag>
                  {one.reason && <span className="muted">{one.reason}</span>}
                  {one.verdict === "label" && (
                    <Button type="link" size="small" onClick={() => setChoice({ intent: one.intent, detail: one.detail, facts: [] })}>用这个</Button>
                  )}
                </p>
              ))}
              <LabelPad meanings={meanings} choice={choice} ranking={[]} finder={finder} choose={(intent, detail) => setChoice({ intent, detail, facts: [] })} />
              <Input.TextArea rows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} placeholder="理由（必填，会写进标注规范，以后照此标）" />
              <div className="acts">
                <Button type="primary" disabled={!choice.intent || !reason.trim()} onClick={() => void settle("label")}>裁定</Button>
                <Button disabled={!reason.trim()} onClick={() => void settle("exclude")}>不用于训练</Button>
              </div>
            </>
          ) : (
            <Empty description={items ? "没有分歧" : "正在打开…"} />
          )}
        </section>
      )}
      <section>
        <h3>一致程度</h3>
        {agreement && agreement.intent.count > 0 ? (
          <>
            <p>
              两人都标过 <b>{agreement.intent.count}</b> 句：意图一致 <b>{share(agreement.intent.share)}</b>，kappa <b>{kappa(agreement.intent)}</b>；
              连细类也一致 <b>{share(agreement.detail.share)}</b>，kappa <b>{kappa(agreement.detail)}</b>
            </p>
            <p className="muted">kappa 是去掉碰巧相同之后的一致程度，0.8 以上可以放心，0.6 以下要一起读一遍规范。</p>
            <Table size="small" pagination={false} rowKey={(row) => row.trainers.join()} dataSource={agreement.pairs} columns={[
              { title: "训练师", dataIndex: "trainers", render: (names: string[]) => names.join(" 与 ") },
              { title: "句数", dataIndex: "count" },
              { title: "一致", dataIndex: "share", render: share },
              { title: "kappa", render: (_, row) => kappa(row) },
            ]} />
            {agreement.confusions.length > 0 && <h3>最常标得不同的</h3>}
            {agreement.confusions.map((one) => (
              <p key={one.labels.join()}>{one.labels.map((label) => name(label, null)).join(" / ")}　<b>{one.count}</b> 句</p>
            ))}
          </>
        ) : (
          <Empty description="还没有两个人都标过的句子" />
        )}
      </section>
    </div>
  );
}
