import { DownloadOutlined } from "@ant-design/icons";
import { Button, Card, DatePicker, Empty, Segmented, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useEffect, useState } from "react";
import { Area, Bar, CartesianGrid, ComposedChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { desk as api } from "./api";
import { said } from "./figures";
import { shanghai } from "./shanghai";
import type { Desk } from "./useDesk";
import type { Metric, Report, ReportTable } from "./writing";

const BY = [
  { value: "day", label: "按天" },
  { value: "agent", label: "按坐席" },
  { value: "merchant", label: "按商家" },
  { value: "reason", label: "按转人工原因" },
];
const BLUE = "#1f5f8b";

/** Any period in figures and charts: first response, handling, handoffs by reason, resolution, satisfaction, wording. */
export default function ReportsPage({ attempt }: { attempt: Desk["attempt"] }) {
  const [period, setPeriod] = useState<[Dayjs, Dayjs]>([shanghai().subtract(6, "day").startOf("day"), shanghai().endOf("day")]);
  const [by, setBy] = useState("day");
  const [report, setReport] = useState<Report | null>(null);
  const [chosen, setChosen] = useState<string>();
  const [from, to] = [period[0].format("YYYY-MM-DD"), period[1].format("YYYY-MM-DD")];
  useEffect(() => {
    let current = true;
    void attempt(() => api.report({ from, to, by })).then((found) => found && current && setReport(found));
    return () => {
      current = false;
    };
  }, [attempt, from, to, by]);
  const metric = report?.metrics.find((one) => one.key === chosen) ?? report?.metrics[0];
  return (
    <main className="page reports">
      <div className="filters">
        <DatePicker.RangePicker
          allowClear={false} value={period} onChange={(days) => days?.[0] && days[1] && setPeriod([days[0].startOf("day"), days[1].endOf("day")])} disabledDate={(day) => day.isAfter(shanghai(), "day")}
          presets={[
            { label: "今天", value: [shanghai().startOf("day"), shanghai().endOf("day")] },
            { label: "近 7 天", value: [shanghai().subtract(6, "day"), shanghai()] },
            { label: "近 30 天", value: [shanghai().subtract(29, "day"), shanghai()] },
            { label: "本月", value: [shanghai().startOf("month"), shanghai()] },
          ]}
        />
        <Segmented options={BY} value={by} onChange={setBy} />
        <Button icon={<DownloadOutlined />} href={api.reportCsv({ from, to, by })} download={`安心售后报表-${from}-${to}.csv`}>下载 CSV</Button>
      </div>
      {!report ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="正在统计" />
      ) : (
        <>
          <div className="figures">
            {report.metrics.map((one) => (
              <Card key={one.key} size="small" hoverable className={one.key === metric?.key ? "chosen" : undefined} onClick={() => setChosen(one.key)} role="button" tabIndex={0} onKeyDown={(event) => event.key === "Enter" && setChosen(one.key)}>
                <small>{one.label}</small>
                <b>{said(one.total, one.unit)}</b>
              </Card>
            ))}
          </div>
          {metric && <Course metric={metric} />}
          {report.tables.map((table) => <Rows key={table.key ?? table.title} table={table} />)}
        </>
      )}
    </main>
  );
}

function Course({ metric }: { metric: Metric }) {
  const data = metric.series.map(({ at, value }) => ({ at: at.slice(5, 10), value }));
  if (!data.some((one) => one.value !== null)) return <p className="muted">「{metric.label}」在这段时间没有数据</p>;
  return (
    <section className="trend" aria-label={`${metric.label}的走势`}>
      <h3>{metric.label}</h3>
      <ResponsiveContainer width="100%" height={240}>
        <ComposedChart data={data} margin={{ top: 8, right: 20, bottom: 0, left: 8 }}>
          <CartesianGrid stroke="#e3e7eb" vertical={false} />
          <XAxis dataKey="at" tick={{ fontSize: 12 }} minTickGap={24} />
          <YAxis width={72} tick={{ fontSize: 12 }} domain={[0, "auto"]} tickFormatter={(value) => said(Number(value), metric.unit)} />
          <Tooltip separator="" formatter={(value) => [said(Number(value), metric.unit), ""]} />
          {data.length < 4 ? (
            <Bar dataKey="value" fill={BLUE} maxBarSize={56} isAnimationActive={false} />
          ) : (
            <Area type="monotone" dataKey="value" stroke={BLUE} fill="#dcebf6" strokeWidth={2} dot={data.length < 15} connectNulls={false} isAnimationActive={false} />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </section>
  );
}

function Rows({ table }: { table: ReportTable }) {
  return (
    <section>
      <h3>{table.title}</h3>
      <Table
        rowKey={(row) => table.columns.map((column) => String(row[column.key])).join("|")} size="small" dataSource={table.rows} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: "max-content" }}
        locale={{ emptyText: "这段时间没有数据" }}
        columns={table.columns.map((column, place) => ({
          title: column.label,
          align: place ? ("right" as const) : undefined,
          render: (_: unknown, row: Record<string, unknown>) => {
            const value = row[column.key];
            if (column.unit === "share" && typeof value === "number" && table.columns.length <= 4) {
              return <span className="share" style={{ "--share": `${Math.min(100, 100 * value)}%` } as React.CSSProperties}>{said(value, "share")}</span>;
            }
            return typeof value === "number" || value == null ? said((value as number | null | undefined) ?? null, column.unit ?? "count") : String(value);
          },
        }))}
      />
    </section>
  );
}
