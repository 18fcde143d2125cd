import { Alert, Button, Card, Drawer, Empty, Select, Table, Tabs, Tag } from "antd";
import { useCallback, useEffect, useState } from "react";
import { CartesianGrid, Line as Curve, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Agent } from "./api";
import { CoursePanel } from "./CoursePanel";
import { MeasuresPanel } from "./MeasuresPanel";
import { amount, merchants as api, series, type Behind, type Day, type Line, type Metric } from "./merchants";
import { TicketPanel } from "./TicketPanel";
import type { Desk } from "./useDesk";

const TIERS: Record<string, string> = { gold: "gold", standard: "green", warning: "orange", restricted: "red" };
const BLUE = "#1f5f8b";

/** How merchants are doing: score, each metric against its goal and over time, the tickets behind it, measures, course. */
export default function MerchantsPage({ agent, attempt }: { agent: Agent; attempt: Desk["attempt"] }) {
  const [lines, setLines] = useState<Line[] | null>(null);
  const [chosen, setChosen] = useState<string>();
  const platform = agent.party === "platform";

  useEffect(() => {
    void attempt(() => api.all()).then((found) => {
      setLines(found?.merchants ?? []);
      setChosen((before) => before ?? found?.merchants[0]?.merchant_id);
    });
  }, [attempt]);

  const id = chosen ?? (platform ? undefined : agent.party);
  return (
    <main className="tickets merchants">
      {platform && lines && lines.length > 0 && (
        <div className="filters">
          <Select value={id} onChange={setChosen} style={{ minWidth: 280 }} showSearch optionFilterProp="label"
            options={lines.map((one) => ({ value: one.merchant_id, label: `${one.merchant_name}　${one.score ?? "—"} 分　${one.tier_label ?? "样本不足"}` }))} />
        </div>
      )}
      <Tabs
        items={[
          { key: "score", label: "评分与指标", children: id && lines?.length ? <Score key={id} id={id} attempt={attempt} /> : <Empty description="还没有评分，每天凌晨计算前一天" /> },
          { key: "measures", label: "表彰与处理", children: id ? <MeasuresPanel key={id} id={id} attempt={attempt} /> : <Empty description="没有记录" /> },
          { key: "course", label: "规则学习", children: <CoursePanel id={id} platform={platform} attempt={attempt} /> },
        ]}
      />
    </main>
  );
}

function Score({ id, attempt }: { id: string; attempt: Desk["attempt"] }) {
  const [history, setHistory] = useState<Day[]>([]);
  const [metric, setMetric] = useState<string>();
  const [behind, setBehind] = useState<Behind | null>(null);
  const [ticket, setTicket] = useState<string | null>(null);

  useEffect(() => {
    void attempt(() => api.one(id)).then((found) => found && setHistory(found.history));
  }, [attempt, id]);

  const now = history.at(-1);
  const drill = useCallback(
    async (name: string) => {
      const found = now && (await attempt(() => api.behind(id, name, now.day)));
      if (found) setBehind(found);
    },
    [attempt, id, now],
  );
  if (!now) return null;
  const shown = now.report.metrics.find((one) => one.name === metric);

  return (
    <>
      <div className="score">
        <Card size="small" className="total">
          <b>{now.score ?? "—"}</b> 分
          <div>{now.tier_label ? <Tag color={TIERS[now.tier ?? ""]}>{now.tier_label}</Tag> : <Tag>样本不足，只展示</Tag>}</div>
          <small>截至 {now.day} 的 30 天，{now.cases} 单（平台、承运责任已剔除）</small>
        </Card>
        {now.report.groups.map((group) => (
          <Card key={group.name} size="small"><small>{group.label} {group.weight}%</small><b>{group.points === null ? "—" : Math.round(group.points)}</b></Card>
        ))}
      </div>
      <h3>{shown ? `${shown.label}的走势` : "评分的走势"}{shown && <Button type="link" size="small" onClick={() => setMetric(undefined)}>看评分</Button>}</h3>
      <Trend data={shown ? series(history, shown.name) : history.map((day) => ({ day: day.day.slice(5), value: day.score }))}
        goal={shown ? shown.goal : 90} said={(value) => (shown ? amount(value, shown.unit) : `${value} 分`)} top={shown ? undefined : 100} />
      <Table<Metric>
        rowKey="name" size="small" pagination={false} scroll={{ x: 680 }} dataSource={now.report.metrics}
        onRow={(one) => ({ onClick: () => setMetric(one.name) })}
        columns={[
          { title: "指标", dataIndex: "label" },
          { title: "现在", render: (_, one) => <b className={one.meets === false ? "missed" : undefined}>{amount(one.value, one.unit)}</b> },
          { title: "目标", render: (_, one) => `${one.more_is_better ? "≥" : "≤"} ${amount(one.goal, one.unit)}` },
          { title: "样本", render: (_, one) => <>{one.count}{one.value !== null && one.points === null && <Tag>少于 20，只展示</Tag>}</> },
          { title: "得分", render: (_, one) => (one.points === null ? "—" : Math.round(one.points)) },
          { title: "", render: (_, one) => one.value !== null && <Button type="link" size="small" onClick={(event) => { event.stopPropagation(); void drill(one.name); }}>由哪些单得出</Button> },
        ]}
      />
      <Drawer open={Boolean(behind)} onClose={() => setBehind(null)} size={480} title={behind && `${behind.label}：${behind.from} 至 ${behind.to}`}>
        {behind && (
          <Table rowKey="id" size="small" dataSource={behind.items} pagination={{ pageSize: 50, hideOnSinglePage: true }}
            locale={{ emptyText: behind.of === "conversations" ? "由会话统计得出" : "没有工单" }}
            columns={[
              { title: behind.of === "tickets" ? "工单" : "会话", dataIndex: "id",
                render: (name: string) => (behind.of === "tickets" ? <Button type="link" size="small" onClick={() => setTicket(name)}>{name}</Button> : name) },
              { title: "计入", dataIndex: "value", render: (value: number) => (behind.unit === "share" ? (value ? "是" : "否") : amount(value, behind.unit)) },
            ]} />
        )}
      </Drawer>
      <Drawer open={Boolean(ticket)} onClose={() => setTicket(null)} size={460} title="工单详情">
        {ticket && <TicketPanel id={ticket} version={0} attempt={attempt} changed={() => undefined} />}
      </Drawer>
    </>
  );
}

function Trend({ data, goal, said, top }: { data: { day: string; value: number | null }[]; goal: number; said: (value: number) => string; top?: number }) {
  if (data.length < 2) return <Alert type="info" title="只有一天的数据，明天起可以看到走势" />;
  return (
    <div className="trend">
      <ResponsiveContainer width="100%" height={220}>
        <LineChart data={data} margin={{ top: 8, right: 24, bottom: 0, left: 8 }}>
          <CartesianGrid stroke="#e3e7eb" vertical={false} />
          <XAxis dataKey="day" tick={{ fontSize: 12 }} minTickGap={24} />
          <YAxis tick={{ fontSize: 12 }} width={72} domain={[0, top ?? "auto"]} tickFormatter={said} />
          <Tooltip formatter={(value) => [said(Number(value)), ""]} separator="" />
          <ReferenceLine y={goal} stroke="#1e7b3a" strokeDasharray="4 4" label={{ value: "目标", fontSize: 12, position: "insideTopRight" }} ifOverflow="extendDomain" />
          <Curve type="monotone" dataKey="value" stroke={BLUE} strokeWidth={2} dot={data.length < 15} connectNulls={false} isAnimationActive={false} />
        </LineChart>
      </ResponsiveContainer>
    </div>
  );
}
