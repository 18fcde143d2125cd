import { Button, Empty, Input, Modal, Progress, Table, Tag } from "antd";
import dayjs from "dayjs";
import { useCallback, useEffect, useState } from "react";
import { ReportView } from "./ReportView";
import { duration, RUN_STATES, runs as api, STEPS, type Run } from "./runs";
import { labelled } from "./stack";
import "./promotion.css";
import type { PanelProps } from "./TrainingPage";

const EVERY = 2000;

/** Training runs: ask for one, see it go on, read what came of it. */
export function RunsPanel({ attempt }: PanelProps) {
  const [list, setList] = useState<Run[] | null>(null);
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [log, setLog] = useState<{ run: Run; text: string } | null>(null);
  const [report, setReport] = useState<string | null>(null);

  const load = useCallback(async () => {
    const found = await attempt(() => api.all());
    if (found) setList(found.runs);
  }, [attempt]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), EVERY);
    return () => clearInterval(timer);
  }, [load]);

  const ask = async () => {
    if (await attempt(() => api.ask(reason.trim()))) {
      setAsking(false);
      setReason("");
      await load();
    }
  };

  if (report) return <ReportView id={report} back={() => setReport(null)} attempt={attempt} />;
  return (
    <section className="promotion">
      <div className="filters">
        <Button type="primary" onClick={() => setAsking(true)}>开始训练</Button>
        <span className="muted">用训练数据现在的样子训练，和在用的模型比较；不影响正在进行的会话。</span>
      </div>
      <Table<Run>
        className="stack" rowKey="id" size="middle" loading={list === null} dataSource={list ?? []} scroll={{ x: 760 }}
        pagination={{ pageSize: 20, hideOnSinglePage: true }} locale={{ emptyText: <Empty description="还没有训练过" /> }}
        columns={[
          { title: "训练", render: (_, run) => <><b>{run.reason}</b><br /><small>{run.asked_by} · {dayjs(run.asked_at).format("M月D日 HH:mm")} · 数据 {run.data_version?.slice(0, 8)}</small></> },
          { title: "进展", width: 300, render: (_, run) => <State run={run} /> },
          { title: "用时", width: 110, onCell: labelled("用时"), render: (_, run) => { const took = Object.values(run.took).reduce((sum, one) => sum + one, 0); return took ? duration(took) : "—"; } },
          { title: "", width: 220, render: (_, run) => (
            <div className="buttons">
              {run.state === "done" && <Button size="small" type="primary" onClick={() => setReport(run.id)}>看报告</Button>}
              {run.state !== "queued" && <Button size="small" onClick={() => void attempt(() => api.log(run.id)).then((text) => text !== null && setLog({ run, text }))}>日志</Button>}
              {(run.state === "queued" || run.state === "running") && <Button size="small" danger onClick={() => void attempt(() => api.cancel(run.id)).then(load)}>取消</Button>}
            </div>
          ) },
        ]}
      />
      <Modal open={asking} title="开始一次训练" okText="排队训练" cancelText="先不了" onCancel={() => setAsking(false)} onOk={() => void ask()} okButtonProps={{ disabled: reason.trim().length < 2 }}>
        <label>
          为什么训练
          <Input.TextArea value={reason} onChange={(event) => setReason(event.target.value)} rows={2} maxLength={300} placeholder="例如：补了一批「卡在半路」的物流说法" autoFocus />
        </label>
      </Modal>
      <Modal open={Boolean(log)} footer={null} width={860} title="训练日志" onCancel={() => setLog(null)}>
        <pre className="run-log">{log?.text || "还没有内容"}</pre>
      </Modal>
    </section>
  );
}

function State({ run }: { run: Run }) {
  const [label, color] = RUN_STATES[run.state];
  if (run.state === "running") {
    const progress = run.progress;
    return (
      <>
        <Progress percent={Math.round((progress?.share ?? 0) * 100)} size="small" status="active" />
        <small>{progress?.current ? STEPS[progress.current] : "准备中"}{progress && ` · 大约还要 ${duration(progress.seconds_left)}`}</small>
      </>
    );
  }
  return (
    <>
      <Tag color={color}>{label}</Tag>
      {run.error && <small className="missed">{run.error}</small>}
      {run.ended_by && <small>{run.ended_by}取消</small>}
    </>
  );
}
