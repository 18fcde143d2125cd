import { Button, DatePicker, Empty, Input, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../shared/format";
import { desk as api } from "./api";
import type { Desk } from "./useDesk";
import type { AuditEntry } from "./writing";

const NAMES: Record<string, string> = { note: "备注", to: "转给", epoch: "轮次", current: "当时轮次", agent: "坐席", promise: "承诺", seq: "第几条", reason: "原因" };

/** Who looked at what and did what, newest first; nobody can alter a line of it. */
export default function AuditPage({ attempt, open }: { attempt: Desk["attempt"]; open: (id: string) => void }) {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [conversation, setConversation] = useState("");
  const [actor, setActor] = useState("");
  const [period, setPeriod] = useState<[Dayjs, Dayjs] | null>(null);
  const read = useCallback(
    async (before?: string) => {
      const found = await attempt(() =>
        api.audit({
          conversation_id: conversation.trim() || undefined, actor: actor.trim() || undefined, before, limit: "100",
          from: period?.[0].startOf("day").toISOString(), to: period?.[1].endOf("day").toISOString(),
        }),
      );
      if (!found) return setEntries((kept) => kept ?? []);
      setEntries((kept) => (before ? [...(kept ?? []), ...found.entries] : found.entries));
      setNext(found.next === null || found.next === undefined ? null : String(found.next));
    },
    [attempt, conversation, actor, period],
  );
  useEffect(() => {
    const timer = setTimeout(() => void read(), 300);
    return () => clearTimeout(timer);
  }, [read]);
  return (
    <main className="page">
      <div className="filters">
        <Input allowClear placeholder="会话编号" style={{ maxWidth: 240 }} value={conversation} onChange={(event) => setConversation(event.target.value)} />
        <Input allowClear placeholder="坐席编号" style={{ maxWidth: 200 }} value={actor} onChange={(event) => setActor(event.target.value)} />
        <DatePicker.RangePicker value={period} onChange={(days) => setPeriod(days?.[0] && days[1] ? [days[0], days[1]] : null)} />
      </div>
      <Table<AuditEntry>
        rowKey="id" size="small" dataSource={entries ?? []} loading={entries === null} pagination={false} scroll={{ x: 760 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="没有符合的记录" /> }}
        columns={[
          { title: "时间", width: 150, render: (_, one) => moment(one.at) },
          { title: "谁", width: 130, render: (_, one) => one.actor_name || one.actor },
          { title: "做了什么", width: 170, render: (_, one) => one.kind_label ?? one.kind },
          { title: "详情", render: (_, one) => <small>{details(one.data)}</small> },
          { title: "会话", width: 90, render: (_, one) => one.conversation_id && <Button type="link" size="small" onClick={() => open(one.conversation_id!)}>打开</Button> },
        ]}
      />
      {next && <p className="more"><Button onClick={() => void read(next)}>更早的记录</Button></p>}
    </main>
  );
}

const details = (data: Record<string, unknown>) =>
  Object.entries(data ?? {}).filter(([, value]) => value !== "" && value != null).map(([name, value]) => `${NAMES[name] ?? name}：${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join("，");
