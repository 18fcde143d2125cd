import { Button, DatePicker, Empty, Input, Select, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../shared/format";
import { desk as api, type Agent } from "./api";
import { told } from "./audit";
import type { Desk } from "./useDesk";
import type { AuditEntry } from "./writing";

const KINDS: [string, string][] = [
  ["conversation.viewed", "查看会话"], ["brief.viewed", "看接手摘要"], ["queue.accepted", "接入"], ["conversation.transferred", "转接"], ["conversation.stepped_in", "主管接管"],
  ["conversation.reassigned", "主管改派"], ["handoff.requested", "转人工"], ["reply.refused", "回复被拒"], ["note.written", "写备注"], ["whisper.written", "主管悄悄提示"],
  ["promise.made", "作出承诺"], ["promise.broken", "承诺逾期"], ["talk.entered", "登记通话"], ["record.copied", "消费者取副本"], ["presence.changed", "改状态"],
  ["hours.changed", "改工作时间"], ["callback.overdue", "约定逾期"],
];

/** Who looked at what and did what, newest first; nobody can alter a line of it. */
export default function AuditPage({ attempt, open }: { attempt: Desk["attempt"]; open: (id: string) => void }) {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [people, setPeople] = useState<Agent[]>([]);
  const [conversation, setConversation] = useState("");
  const [actor, setActor] = useState<string>();
  const [kind, setKind] = useState<string>();
  const [period, setPeriod] = useState<[Dayjs, Dayjs] | null>(null);
  useEffect(() => {
    void api.agents().then((found) => setPeople(found.agents), () => undefined);
  }, []);
  const read = useCallback(
    async (before?: string) => {
      const found = await attempt(() =>
        api.audit({
          conversation_id: conversation.trim() || undefined, actor, kind, before, limit: "100", from: period?.[0].format("YYYY-MM-DD"), to: period?.[1].format("YYYY-MM-DD"),
        }),
      );
      if (!found) return setEntries((kept) => kept ?? []);
      setEntries((kept) => (before ? [...(kept ?? []), ...found.entries] : found.entries));
      setNext(found.next === null || found.next === undefined ? null : String(found.next));
    },
    [attempt, conversation, actor, kind, period],
  );
  useEffect(() => {
    const timer = setTimeout(() => void read(), 300);
    return () => clearTimeout(timer);
  }, [read]);
  const names = Object.fromEntries(people.flatMap((one) => [[one.id, one.name], [one.party, one.party_name]]));
  return (
    <main className="page">
      <div className="filters">
        <Select allowClear showSearch optionFilterProp="label" placeholder="谁" style={{ width: 180 }} value={actor} onChange={setActor} options={people.map((one) => ({ value: one.id, label: `${one.name} · ${one.party_name}` }))} />
        <Select allowClear showSearch optionFilterProp="label" placeholder="做了什么" style={{ width: 160 }} value={kind} onChange={setKind} options={KINDS.map(([value, label]) => ({ value, label }))} />
        <DatePicker.RangePicker value={period} onChange={(days) => setPeriod(days?.[0] && days[1] ? [days[0], days[1]] : null)} />
        <Input allowClear placeholder="会话编号" style={{ maxWidth: 220 }} value={conversation} onChange={(event) => setConversation(event.target.value)} />
      </div>
      <Table<AuditEntry>
        rowKey="id" size="small" dataSource={entries ?? []} loading={entries === null} pagination={false} scroll={{ x: 760 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="没有符合的记录" /> }}
        columns={[
          { title: "时间", width: 130, render: (_, one) => moment(one.at) },
          { title: "谁", width: 120, render: (_, one) => one.actor_name || one.actor },
          { title: "做了什么", width: 170, render: (_, one) => one.kind_label ?? one.kind },
          { title: "详情", render: (_, one) => <small>{told(one.data, names)}</small> },
          { title: "会话", width: 190, render: (_, one) => one.conversation_id && (
            <span className="buttons">
              <Button type="link" size="small" onClick={() => open(one.conversation_id!)}>打开</Button>
              <Button type="link" size="small" onClick={() => setConversation(one.conversation_id!)}>只看这个会话</Button>
            </span>
          ) },
        ]}
      />
      {next && <p className="more"><Button onClick={() => void read(next)}>更早的记录</Button></p>}
    </main>
  );
}
