import { Alert, Button, Card, Empty, Input, Modal, Table, Tag, Timeline } from "antd";
import dayjs from "dayjs";
import { useCallback, useEffect, useState } from "react";
import { models as api, percent, PROMOTION_STATES, type Model, type Promotion, type Rates, type Serving } from "./runs";
import { labelled } from "./stack";
import "./promotion.css";
import type { PanelProps } from "./TrainingPage";

const EVERY = 2000;
type Asking = { title: string; note: string; ok: string; act: (reason: string) => Promise<unknown> };

/** Which model answers, what is being tried out, and the way back to any earlier one. */
export function ModelsPanel({ attempt }: PanelProps) {
  const [found, setFound] = useState<{ models: Model[]; serving: Serving; promotions: Promotion[] } | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const load = useCallback(async () => {
    const said = await attempt(() => api.all());
    if (said) setFound(said);
  }, [attempt]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), EVERY);
    return () => clearInterval(timer);
  }, [load]);
  if (!found) return <div className="nothing">正在打开…</div>;
  const current = found.promotions.find((one) => one.state === "starting" || one.state === "canary");
  const newest = current ?? found.promotions.find((one) => one.state === "live" && one.kind === "promote");
  return (
    <section className="promotion">
      {found.serving.model === null && <Alert type="warning" showIcon title="Rasa 进程不是由 anxin up 启动的，不能在这里切换模型" />}
      {newest && <Current one={newest} attempt={attempt} load={load} ask={setAsking} />}
      <h3>所有模型</h3>
      <Table<Model>
        className="stack" rowKey="sha256" size="small" dataSource={found.models} pagination={{ pageSize: 10, hideOnSinglePage: true }} scroll={{ x: 760 }}
        locale={{ emptyText: <Empty description="还没有模型" /> }}
        columns={[
          { title: "模型", render: (_, one) => <><code>{one.sha256.slice(0, 12)}</code> {one.is_live ? <Tag color="success">在用</Tag> : one.has_served && <Tag>用过</Tag>}<br /><small>{one.reason ?? "随安装自带"}{one.by && ` · ${one.by}`}</small></> },
          { title: "训练于", width: 130, onCell: labelled("训练于"), render: (_, one) => dayjs(one.trained_at).format("M月D日 HH:mm") },
          { title: "句子", width: 90, onCell: labelled("句子"), render: (_, one) => one.examples.toLocaleString() },
          { title: "体积", width: 90, onCell: labelled("体积"), render: (_, one) => `${(one.size / 1e6).toFixed(1)} MB` },
          { title: "", width: 120, render: (_, one) => one.has_served && !one.is_live && (
            <Button size="small" onClick={() => setAsking({ title: `回到模型 ${one.sha256.slice(0, 12)}`, note: "所有会话都会由这个模型来答，切换时不丢消息。", ok: "确认回到这个模型", act: (reason) => api.rollBack(one.sha256, reason) })}>回到这个</Button>
          ) },
        ]}
      />
      <h3>上线记录</h3>
      {found.promotions.length ? (
        <Timeline items={found.promotions.map((one) => ({ color: one.state === "live" ? "green" : one.state === "returned" || one.state === "failed" ? "red" : "blue", content: <Entry one={one} /> }))} />
      ) : (
        <Empty description="还没有上线过新模型" />
      )}
      <Ask asking={asking} close={() => setAsking(null)} attempt={attempt} load={load} />
    </section>
  );
}

function Current({ one, attempt, load, ask }: { one: Promotion; attempt: PanelProps["attempt"]; load: () => Promise<void>; ask: (asking: Asking) => void }) {
  const [label, color] = PROMOTION_STATES[one.state];
  const back: Asking = { title: "退回到之前的模型", note: "之前的模型继续服务所有会话。", ok: "确认退回", act: (reason) => api.takeBack(one.id, reason) };
  return (
    <Card size="small" className="current" title={<><Tag color={color}>{label}</Tag> 模型 <code>{one.model.slice(0, 12)}</code></>}
      extra={<Button danger size="small" onClick={() => ask(back)}>退回</Button>}>
      <p>{one.by}：{one.reason}</p>
      {one.state === "starting" && <p className="muted">正在启动装着新模型的进程，准备好之前会话仍由在用的模型来答。</p>}
      {one.state === "canary" && (
        <p>
          {one.share}% 的新会话由它来答。放大到{" "}
          {[20, 50, 100].filter((share) => share > one.share).map((share) => (
            <Button key={share} size="small" type={share === 100 ? "primary" : "default"} onClick={() => void attempt(() => api.widen(one.id, share)).then(load)}>{share === 100 ? "全部" : `${share}%`}</Button>
          ))}
        </p>
      )}
      {one.seen && <Seen before={one.seen.before} after={one.seen.after} />}
    </Card>
  );
}

function Seen({ before, after }: { before: Rates; after: Rates }) {
  const rows = [
    { name: "没听懂", before: before.fallback_rate, after: after.fallback_rate },
    { name: "转人工", before: before.handoff_rate, after: after.handoff_rate },
    { name: "一次说清", before: before.one_pass_rate, after: after.one_pass_rate },
  ];
  return (
    <Table rowKey="name" size="small" pagination={false} dataSource={rows}
      columns={[
        { title: "", dataIndex: "name", width: 90 },
        { title: `之前的模型（${before.conversations} 个会话）`, render: (_, row) => percent(row.before) },
        { title: `新模型（${after.conversations} 个会话）`, render: (_, row) => percent(row.after) },
      ]} />
  );
}

const KINDS = { promote: "上线", rollback: "回到", install: "随安装更新为" };

function Entry({ one }: { one: Promotion }) {
  const [label, color] = PROMOTION_STATES[one.state];
  return (
    <div>
      <b>{one.by}</b> {KINDS[one.kind]} <code title={one.model}>{one.model.slice(0, 12)}</code> <Tag color={color}>{label}</Tag>
      <small>{dayjs(one.asked_at).format("M月D日 HH:mm")}</small>
      <div>{one.reason}</div>
      {one.end_reason && <small>{one.ended_by}：{one.end_reason}</small>}
    </div>
  );
}

function Ask({ asking, close, attempt, load }: { asking: Asking | null; close: () => void; attempt: PanelProps["attempt"]; load: () => Promise<void> }) {
  const [reason, setReason] = useState("");
  const go = async () => {
    if (asking && (await attempt(() => asking.act(reason.trim())))) {
      setReason("");
      close();
      await load();
    }
  };
  return (
    <Modal open={Boolean(asking)} title={asking?.title} okText={asking?.ok} cancelText="先不了" onCancel={close} onOk={() => void go()} okButtonProps={{ disabled: reason.trim().length < 2, danger: true }}>
      <p className="muted">{asking?.note}</p>
      <label>理由<Input.TextArea value={reason} onChange={(event) => setReason(event.target.value)} rows={2} maxLength={300} /></label>
    </Modal>
  );
}
