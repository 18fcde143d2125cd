import { ArrowLeftOutlined } from "@ant-design/icons";
import { Alert, Button, Card, Input, Modal, Segmented, Slider, Table, Tabs } from "antd";
import { useEffect, useState } from "react";
import { Calibration, Confusions, Coverage, Matrix } from "./ReportCharts";
import { change, duration, LABELS, models, percent, runs, type Figures, type Gate, type Judged, type Report, type Run, type Turned } from "./runs";
import { labelled } from "./stack";
import type { Attempt } from "./TrainingPage";

/** What a run found: gates first, then the gain, then everything behind them; and the way to going live. */
export function ReportView({ id, back, attempt }: { id: string; back: () => void; attempt: Attempt }) {
  const [found, setFound] = useState<{ run: Run & { report: Report | null }; gates: Gate[] } | null>(null);
  const [part, setPart] = useState<"held_out" | "rows">("held_out");
  useEffect(() => {
    void attempt(() => runs.one(id)).then((said) => said && setFound(said));
  }, [attempt, id]);
  const report = found?.run.report;
  if (!found || !report) return <div className="nothing">正在打开…</div>;
  const judged = report[part] ?? report.held_out;
  return (
    <section className="promotion report">
      <header>
        <Button type="text" icon={<ArrowLeftOutlined />} onClick={back} aria-label="返回训练列表" />
        <h2>{found.run.reason}</h2>
        <small>模型 {found.run.model?.slice(0, 12)} 对比在用的 {found.run.against?.slice(0, 12)}</small>
        <Promote run={found.run} gates={found.gates} attempt={attempt} done={back} />
      </header>
      <Gates gates={found.gates} />
      <Summary report={report} judged={judged} />
      {report.fresh.n > 0 && <Fresh fresh={report.fresh} />}
      {report.rows && (
        <Segmented value={part} onChange={(value) => setPart(value as typeof part)} options={[{ value: "held_out", label: "交叉验证" }, { value: "rows", label: "固定评测集" }]} />
      )}
      <h3>各类问题</h3>
      <Labels judged={judged} />
      <h3>混淆矩阵</h3>
      <p className="muted">每行是真实类别，每列是判断结果；颜色越深，这一行里越多句子落在这里。</p>
      <Matrix side={judged.after} />
      <div className="two">
        <Card size="small" title="直接处理的比例与出错"><Coverage side={judged.after} /></Card>
        <Card size="small" title="把握说得准不准"><Calibration side={judged.after} /></Card>
      </div>
      <Tabs
        items={[
          { key: "better", label: `变好的句子 ${judged.better}`, children: <Turns list={judged.sentences_better} /> },
          { key: "worse", label: `变差的句子 ${judged.worse}`, children: <Turns list={judged.sentences_worse} /> },
          { key: "confused", label: "最常混淆的", children: <Confusions side={judged.after} /> },
          { key: "dialogues", label: `对话测试 ${report.dialogues.passed}/${report.dialogues.total}`, children: report.dialogues.failed.length ? <ul>{report.dialogues.failed.map((name) => <li key={name}>{name}</li>)}</ul> : <p>全部通过。</p> },
          { key: "took", label: "用时与体积", children: <Costs report={report} run={found.run} /> },
        ]}
      />
    </section>
  );
}

function Gates({ gates }: { gates: Gate[] }) {
  const closed = gates.filter((gate) => !gate.open);
  if (!closed.length) return <Alert type="success" showIcon title={`${gates.length} 道上线门槛全部通过`} description="每类的底线、钱款和转人工类不变差、对话测试全过。" />;
  return <Alert type="error" showIcon title={`有 ${closed.length} 道门槛没有过，不能上线`} description={<ul>{closed.map((gate) => <li key={gate.name}>{gate.reason}</li>)}</ul>} />;
}

function Summary({ report, judged }: { report: Report; judged: Judged }) {
  const { after, before } = judged;
  const figures: [string, string, number, number, boolean][] = [
    ["宏平均 F1", after.macro_f1.toFixed(3), after.macro_f1, before.macro_f1, true],
    ["判断可接受", percent(after.lenient), after.lenient, before.lenient, true],
    ["直接处理", percent(after.acted), after.acted, before.acted, true],
    ["直接处理但判断错", percent(after.acted_wrongly), after.acted_wrongly, before.acted_wrongly, false],
  ];
  return (
    <div className="figures">
      {figures.map(([name, value, now, then, more]) => (
        <Card size="small" key={name}><small>{name}</small><b>{value}</b><Change now={now} before={then} more={more} /></Card>
      ))}
      <Card size="small"><small>对话测试</small><b>{report.dialogues.passed}/{report.dialogues.total}</b><small>{report.dialogues.passed === report.dialogues.total ? "全部通过" : "有没通过的"}</small></Card>
      <Card size="small"><small>理解一句</small><b>{report.latency.after.p50.toFixed(1)} 毫秒</b><small>在用的 {report.latency.before.p50.toFixed(1)} 毫秒</small></Card>
    </div>
  );
}

export function Change({ now, before, more = true }: { now: number; before: number; more?: boolean }) {
  const said = change(now, before);
  const better = now > before === more;
  return <small className={said === "持平" ? undefined : better ? "up" : "down"}>{said}</small>;
}

function Fresh({ fresh }: { fresh: Report["fresh"] }) {
  return (
    <Card size="small" className="fresh" title={`这次新增的 ${fresh.n} 句`}>
      <p>
        在用的模型说对 <b>{fresh.right_before}</b> 句、直接处理 {fresh.acted_before} 句；新模型在没见过这些句子时说对 <b className="up">{fresh.right_after}</b> 句、直接处理 {fresh.acted_after} 句。
        上线以后消费者再这么说：
      </p>
      <Turns list={fresh.learnt} />
    </Card>
  );
}

function Turns({ list }: { list: Turned[] }) {
  const said = (one: Turned["before"], gold: string) => (
    <span className={`said ${one.said === gold ? "up" : "down"}`}>{LABELS[one.said] ?? one.said} {percent(one.confidence, 0)}{one.decision !== "act" && <small>（{one.decision === "ask" ? "先问一句" : "没听懂"}）</small>}</span>
  );
  return (
    <Table<Turned> className="stack" rowKey={(one) => one.text} size="small" dataSource={list} pagination={{ pageSize: 10, hideOnSinglePage: true }} scroll={{ x: 620 }} locale={{ emptyText: "没有" }}
      columns={[
        { title: "句子", dataIndex: "text" },
        { title: "应为", width: 130, onCell: labelled("应为"), render: (_, one) => LABELS[one.gold] ?? one.gold },
        { title: "在用的模型", width: 250, onCell: labelled("在用的模型"), render: (_, one) => said(one.before, one.gold) },
        { title: "新模型", width: 250, onCell: labelled("新模型"), render: (_, one) => said(one.after, one.gold) },
      ]} />
  );
}

function Labels({ judged }: { judged: Judged }) {
  const rows = Object.entries(judged.after.labels).map(([label, now]) => ({ label, now, before: judged.before.labels[label] }));
  const column = (title: string, key: keyof Figures) => ({
    title, width: 130,
    render: (_: unknown, row: (typeof rows)[number]) => <>{row.now[key].toFixed(3)} {row.before && <Change now={row.now[key]} before={row.before[key]} />}</>,
  });
  return (
    <Table rowKey="label" size="small" pagination={false} dataSource={rows} scroll={{ x: 620 }}
      columns={[{ title: "类别", fixed: "left", width: 130, render: (_, row) => LABELS[row.label] ?? row.label }, column("精确率", "precision"), column("召回率", "recall"), column("F1", "f1"), { title: "句数", width: 80, render: (_, row) => row.now.n }]} />
  );
}

function Costs({ report, run }: { report: Report; run: Run }) {
  const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return (
    <ul>
      <li>理解一句：中位 {report.latency.after.p50} 毫秒、95 分位 {report.latency.after.p95} 毫秒（在用的 {report.latency.before.p50} / {report.latency.before.p95} 毫秒，同一进程轮流测）</li>
      <li>模型文件：{size(report.size.after)}（在用的 {size(report.size.before)}）</li>
      <li>训练用时：{duration(Object.values(run.took).reduce((sum, one) => sum + one, 0))}</li>
      <li>sha256：<code>{run.model}</code></li>
    </ul>
  );
}

const SHARES = { 5: "5%", 20: "20%", 50: "50%", 100: "全部" };

function Promote({ run, gates, attempt, done }: { run: Run; gates: Gate[]; attempt: Attempt; done: () => void }) {
  const [open, setOpen] = useState(false);
  const [share, setShare] = useState(20);
  const [reason, setReason] = useState("");
  const closed = gates.some((gate) => !gate.open);
  const go = async () => {
    if (run.model && (await attempt(() => models.promote(run.model as string, share, reason.trim())))) {
      setOpen(false);
      done();
    }
  };
  return (
    <>
      <Button type="primary" disabled={closed} onClick={() => setOpen(true)}>上线…</Button>
      <Modal open={open} title="上线这个模型" okText="确认上线" cancelText="先不了" onCancel={() => setOpen(false)} onOk={() => void go()} okButtonProps={{ disabled: reason.trim().length < 2 }}>
        <p className="muted">先启动一个装着新模型的进程，准备好了才把会话交给它，不会丢消息。没听懂或转人工的比例明显升高时自动退回。</p>
        <label>先给多少新会话用<Slider min={1} max={100} marks={SHARES} value={share} onChange={setShare} tooltip={{ formatter: (value) => (value === 100 ? "全部会话，马上" : `${value}% 的新会话`) }} /></label>
        <label>为什么上线<Input.TextArea value={reason} onChange={(event) => setReason(event.target.value)} rows={2} maxLength={300} placeholder="会和时间、您的名字、模型指纹一起留下" /></label>
      </Modal>
    </>
  );
}
