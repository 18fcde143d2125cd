import { DownloadOutlined } from "@ant-design/icons";
import { Card, Empty, Segmented, Table, Tabs } from "antd";
import dayjs from "dayjs";
import { useEffect, useState } from "react";
import { Bar, BarChart, CartesianGrid, Legend, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { figures as api, type Complaints, type Counted, type Understanding, type Unknown } from "./figures";
import { LABELS, percent } from "./runs";
import "./promotion.css";
import type { PanelProps } from "./TrainingPage";

const COLORS = ["#1f5f8b", "#d98324", "#4b8b3b", "#b0413e", "#7c5cad", "#2a9d8f", "#8a6d3b", "#c2558b", "#5b7a99", "#a3a02a", "#9aa5b1"];
const SPANS = [{ value: 7, label: "7 天" }, { value: 30, label: "30 天" }, { value: 90, label: "90 天" }];

/** What consumers ask and how well it is understood; what is new; where complaints come from. */
export function DashboardPanel({ attempt }: PanelProps) {
  const [days, setDays] = useState(30);
  const [said, setSaid] = useState<Understanding | null>(null);
  const [fresh, setFresh] = useState<Unknown | null>(null);
  const [causes, setCauses] = useState<Complaints | null>(null);
  useEffect(() => {
    void attempt(() => api.understanding(days)).then(setSaid);
    void attempt(() => api.unknown(days)).then(setFresh);
    void attempt(() => api.complaints(days)).then(setCauses);
  }, [attempt, days]);
  return (
    <section className="promotion">
      <div className="filters"><Segmented value={days} options={SPANS} onChange={(value) => setDays(value as number)} /></div>
      <Tabs
        items={[
          { key: "said", label: "听懂得怎么样", children: said ? <Said said={said} days={days} /> : null },
          { key: "fresh", label: "新说法", children: fresh ? <Fresh fresh={fresh} days={days} /> : null },
          { key: "causes", label: "预防为主", children: causes ? <Causes causes={causes} days={days} /> : null },
        ]}
      />
    </section>
  );
}

const Csv = ({ table, days }: { table: string; days: number }) => <a href={api.csv(table, days)} download><DownloadOutlined /> 导出 CSV</a>;

function Said({ said, days }: { said: Understanding; days: number }) {
  if (!said.total.turns) return <Empty description="这段时间还没有消费者说过话" />;
  const shown = Object.keys(LABELS).filter((label) => said.days.some((day) => day.by_label[label]));
  const data = said.days.map((day) => ({ ...day, day: day.day.slice(5), ...day.by_label }));
  const promoted = said.promotions.map((one) => ({ ...one, day: dayjs(one.at).format("MM-DD") }));
  const marks = promoted.map((one) => <ReferenceLine key={one.id} x={one.day} stroke="#d98324" strokeDasharray="4 4" label={{ value: "上线", fontSize: 12, position: "insideTop" }} />);
  return (
    <>
      <div className="figures">
        {([["消费者说的话", said.total.turns.toLocaleString()], ["会话", said.total.conversations.toLocaleString()], ["平均把握", percent(said.total.confidence, 0)], ["没听懂", percent(said.total.fallback_rate)], ["转人工", percent(said.total.handoff_rate)], ["一次说清", percent(said.total.one_pass_rate)]] as const).map(([name, value]) => (
          <Card size="small" key={name}><small>{name}</small><b>{value}</b></Card>
        ))}
      </div>
      <h3>每天在问什么</h3>
      <div className="chart">
        <ResponsiveContainer width="100%" height={260}>
          <BarChart data={data} margin={{ top: 8, right: 16, bottom: 0, left: 0 }}>
            <CartesianGrid stroke="#e3e7eb" vertical={false} />
            <XAxis dataKey="day" tick={{ fontSize: 12 }} minTickGap={24} />
            <YAxis tick={{ fontSize: 12 }} width={40} allowDecimals={false} />
            <Tooltip />
            <Legend wrapperStyle={{ fontSize: 12 }} />
            {marks}
            {shown.map((label) => {
              const color = COLORS[Object.keys(LABELS).indexOf(label)];
              return <Bar key={label} dataKey={label} name={LABELS[label]} stackId="said" fill={color} isAnimationActive={false} />;
            })}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <div className="two">
        <Card size="small" title="没听懂、转人工、一次说清" extra={<Csv table="days" days={days} />}>
          <ResponsiveContainer width="100%" height={220}>
            <LineChart data={data} margin={{ top: 8, right: 16, bottom: 0, left: 0 }}>
              <CartesianGrid stroke="#e3e7eb" vertical={false} />
              <XAxis dataKey="day" tick={{ fontSize: 12 }} minTickGap={24} />
              <YAxis tick={{ fontSize: 12 }} width={48} domain={[0, 1]} tickFormatter={(value) => percent(value, 0)} />
              <Tooltip formatter={(value) => percent(Number(value))} />
              <Legend wrapperStyle={{ fontSize: 12 }} />
              {marks}
              <Line dataKey="fallback_rate" name="没听懂" stroke="#b0413e" strokeWidth={2} connectNulls isAnimationActive={false} dot={{ r: 2 }} />
              <Line dataKey="handoff_rate" name="转人工" stroke="#d98324" strokeWidth={2} connectNulls isAnimationActive={false} dot={{ r: 2 }} />
              <Line dataKey="one_pass_rate" name="一次说清" stroke="#4b8b3b" strokeWidth={2} connectNulls isAnimationActive={false} dot={{ r: 2 }} />
            </LineChart>
          </ResponsiveContainer>
        </Card>
        <Card size="small" title="说话时有几成把握">
          <ResponsiveContainer width="100%" height={220}>
            <BarChart data={said.confidence.map((one) => ({ ...one, name: `${Math.round(one.from * 100)}%` }))} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
              <CartesianGrid stroke="#e3e7eb" vertical={false} />
              <XAxis dataKey="name" tick={{ fontSize: 12 }} />
              <YAxis tick={{ fontSize: 12 }} width={40} allowDecimals={false} />
              <Tooltip labelFormatter={(value) => `${value} 起`} />
              <Bar dataKey="turns" name="句数" fill="#1f5f8b" isAnimationActive={false} />
            </BarChart>
          </ResponsiveContainer>
        </Card>
      </div>
      <h3>各类问题</h3>
      <Table<Counted & { label: string; name: string }> rowKey="label" size="small" pagination={false} scroll={{ x: 620 }} title={() => <Csv table="labels" days={days} />}
        dataSource={said.labels.filter((one) => one.turns)}
        columns={[
          { title: "类别", dataIndex: "name" },
          { title: "句数", dataIndex: "turns", sorter: (a, b) => a.turns - b.turns, defaultSortOrder: "descend" },
          { title: "平均把握", render: (_, one) => percent(one.confidence, 0) },
          { title: "没听懂", render: (_, one) => percent(one.fallback_rate), sorter: (a, b) => (a.fallback_rate ?? 0) - (b.fallback_rate ?? 0) },
          { title: "转人工", render: (_, one) => percent(one.handoff_rate), sorter: (a, b) => (a.handoff_rate ?? 0) - (b.handoff_rate ?? 0) },
          { title: "一次说清", render: (_, one) => percent(one.one_pass_rate) },
        ]} />
      {promoted.length > 0 && (
        <>
          <h3>每次上线的效果</h3>
          <Table rowKey="id" size="small" pagination={false} dataSource={promoted} scroll={{ x: 620 }}
            columns={[
              { title: "上线", render: (_, one) => <>{dayjs(one.at).format("M月D日 HH:mm")} <code>{one.model.slice(0, 8)}</code><br /><small>{one.reason}</small></> },
              { title: "没听懂", render: (_, one) => `${percent(one.before.fallback_rate)} → ${percent(one.after.fallback_rate)}` },
              { title: "转人工", render: (_, one) => `${percent(one.before.handoff_rate)} → ${percent(one.after.handoff_rate)}` },
              { title: "一次说清", render: (_, one) => `${percent(one.before.one_pass_rate)} → ${percent(one.after.one_pass_rate)}` },
            ]} />
        </>
      )}
    </>
  );
}

function Fresh({ fresh, days }: { fresh: Unknown; days: number }) {
  return (
    <div className="two">
      <Card size="small" title="训练数据里没有的词" extra={<Csv table="words" days={days} />}>
        <Table rowKey="word" size="small" dataSource={fresh.words} pagination={{ pageSize: 12, hideOnSinglePage: true }} locale={{ emptyText: <Empty description="没有新词" /> }}
          columns={[{ title: "词", dataIndex: "word", width: 110, render: (word: string) => <b>{word}</b> }, { title: "会话", dataIndex: "conversations", width: 60 }, { title: "例句", dataIndex: "example" }]} />
      </Card>
      <Card size="small" title="没有意图能装的说法，可能是新话题">
        <Table rowKey="id" size="small" dataSource={fresh.clusters} pagination={{ pageSize: 12, hideOnSinglePage: true }} locale={{ emptyText: <Empty description="没有成群的新说法" /> }}
          columns={[{ title: "说法", dataIndex: "text" }, { title: "相似句", dataIndex: "size", width: 70 }, { title: "模型猜", width: 110, render: (_, one) => `${LABELS[one.predicted ?? ""] ?? one.predicted ?? "—"} ${percent(one.confidence, 0)}` }]} />
      </Card>
    </div>
  );
}

const BY: [keyof Complaints["by"], string][] = [["cause", "原因"], ["goods", "商品"], ["merchant", "商家"], ["category", "类目"]];

function Causes({ causes, days }: { causes: Complaints; days: number }) {
  if (!causes.tickets) return <Empty description="这段时间没有工单" />;
  return (
    <>
      <div className="filters"><span>这段时间 <b>{causes.tickets}</b> 张工单从哪里来：</span><Csv table="complaints" days={days} /></div>
      <div className="two">
        {BY.map(([by, title]) => (
          <Card size="small" key={by} title={`${title}最多的`}>
            <ResponsiveContainer width="100%" height={Math.max(90, causes.by[by].length * 30 + 20)}>
              <BarChart data={causes.by[by]} layout="vertical" margin={{ top: 0, right: 28, bottom: 0, left: 0 }}>
                <XAxis type="number" hide allowDecimals={false} />
                <YAxis type="category" dataKey="name" width={150} tick={{ fontSize: 12 }} tickFormatter={(name: string) => (name.length > 12 ? `${name.slice(0, 11)}…` : name)} />
                <Tooltip />
                <Bar dataKey="tickets" name="工单" fill="#1f5f8b" barSize={16} isAnimationActive={false} label={{ position: "right", fontSize: 12 }} />
              </BarChart>
            </ResponsiveContainer>
          </Card>
        ))}
      </div>
    </>
  );
}
