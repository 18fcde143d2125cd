import { Badge, Button, Card, Drawer, Dropdown, Progress, Space, Table, Tag } from "antd";
import { useEffect, useState } from "react";
import { moment, since } from "../shared/format";
import type { Summary } from "../shared/wire";
import { desk as api } from "./api";
import { urgency, waitsSince } from "./lists";
import type { State } from "./store";
import { BargeIn, Reassign, Whisper } from "./ThreadDialogs";
import type { Desk } from "./useDesk";
import type { BoardAgent } from "./writing";

const PRESENT: Record<BoardAgent["presence"], ["success" | "warning" | "default" | "error", string]> = {
  online: ["success", "在线"], busy: ["warning", "忙碌"], away: ["error", "离开"], offline: ["default", "不在线"],
};
const ORDER = ["online", "busy", "away", "offline"];
const SLA: Record<string, { label: string; unit: "share" | "seconds" | "count"; goal?: number }> = {
  answered_within_60s: { label: "60 秒内接起", unit: "share", goal: 0.85 },
  first_response_seconds: { label: "首次响应", unit: "seconds", goal: 60 },
  callbacks_overdue: { label: "逾期未回电", unit: "count", goal: 0 },
  median_wait_seconds: { label: "排队等待中位数", unit: "seconds", goal: 60 },
  unanswered_over_180s: { label: "等回复超 3 分钟", unit: "count", goal: 0 },
  waiting_over_180s: { label: "排队超 3 分钟", unit: "count", goal: 0 },
};
const EVERY = 5_000;

const length = (seconds: number | null | undefined) => (seconds == null ? "—" : since(new Date(Date.now() - seconds * 1000).toISOString()));
const shown = (value: number | null, unit: string) => (value == null ? "—" : unit === "share" ? `${Math.round(value * 100)}%` : unit === "seconds" ? length(value) : String(value));

/** What goes on at this moment: who waits, who works, where it is late; from here into any conversation. */
export default function BoardPage({ state, desk, open }: { state: State; desk: Desk; open: (id: string) => void }) {
  const { board, summaries, online } = state;
  const [chosen, setChosen] = useState<BoardAgent | null>(null);
  const [acting, setActing] = useState<{ what: What; summary: Summary } | null>(null);
  useEffect(() => {
    const leave = [desk.watch("board"), desk.watch("all")];
    void desk.refresh().catch(() => undefined);
    const read = () => void api.board().then(desk.gotBoard, () => undefined);
    read();
    const timer = setInterval(read, EVERY); // the board's own frames come as well; this is for a service that sends none
    return () => {
      clearInterval(timer);
      for (const off of leave) off();
    };
  }, [desk.watch, desk.refresh, desk.gotBoard, online]);

  const all = Object.values(summaries);
  const waiting = all.filter((one) => one.owner === "queued").sort((a, b) => (a.queue?.since ?? "").localeCompare(b.queue?.since ?? ""));
  const busy = all.filter((one) => one.owner === "agent");
  const late = busy.filter((one) => urgency(one, Date.now()) === "late").sort((a, b) => waitsSince(a)!.localeCompare(waitsSince(b)!));
  if (!board) return <div className="nothing">正在读取看板…</div>;
  const agents = [...board.agents].sort((a, b) => ORDER.indexOf(a.presence) - ORDER.indexOf(b.presence) || b.load / (b.capacity || 1) - a.load / (a.capacity || 1));
  const here = agents.filter((one) => one.presence === "online" || one.presence === "busy");
  return (
    <main className="page board">
      <div className="figures">
        <Figure label="正在排队" value={String(board.waiting)} bad={board.waiting > 0 && (board.oldest_seconds ?? 0) > 60} />
        <Figure label="等得最久" value={length(board.oldest_seconds)} bad={(board.oldest_seconds ?? 0) > 180} />
        <Figure label="接待中" value={String(agents.reduce((sum, one) => sum + one.load, 0))} of={`在线容量 ${here.reduce((sum, one) => sum + one.capacity, 0)}`} />
        <Figure label="在线坐席" value={String(agents.filter((one) => one.presence === "online").length)} of={`忙碌 ${agents.filter((one) => one.presence === "busy").length}`} />
        {Object.entries(board.sla).filter(([key]) => SLA[key]).map(([key, value]) => {
          const { label, unit, goal } = SLA[key];
          const bad = value != null && goal !== undefined && (unit === "share" ? value < goal : value > goal);
          return <Figure key={key} label={label} value={shown(value, unit)} of={goal === undefined ? undefined : `目标 ${shown(goal, unit)}`} bad={bad} />;
        })}
      </div>
      <div className="columns">
        <section>
          <h3>坐席</h3>
          <Table<BoardAgent>
            rowKey="id" size="small" pagination={false} dataSource={agents} scroll={{ x: 420, y: 520 }} onRow={(one) => ({ onClick: () => setChosen(one) })}
            columns={[
              { title: "坐席", render: (_, one) => <>{one.name} <small>{one.party_name}</small></> },
              { title: "状态", width: 80, render: (_, one) => <Badge status={PRESENT[one.presence][0]} text={PRESENT[one.presence][1]} /> },
              { title: "负载", width: 170, render: (_, one) => <div className="load"><Progress percent={(100 * one.load) / (one.capacity || 1)} showInfo={false} size="small" strokeColor={one.load >= one.capacity ? "#cf3b2f" : undefined} /><span>{one.load}/{one.capacity}</span></div> },
              { title: "技能", responsive: ["lg"], render: (_, one) => one.skills?.map((skill) => <Tag key={skill}>{skill}</Tag>) },
            ]}
          />
        </section>
        <section>
          <h3>排队中 {waiting.length}</h3>
          <Conversations list={waiting} open={open} act={setActing} empty="没有人在排队" />
          <h3>消费者等回复超过 3 分钟 {late.length}</h3>
          <Conversations list={late} open={open} act={setActing} empty="都回复了" />
          <h3>各队列</h3>
          <Table rowKey="id" size="small" pagination={false} dataSource={board.parties} columns={[
            { title: "队列", dataIndex: "name" },
            { title: "排队", dataIndex: "waiting", width: 70 },
            { title: "最久", width: 100, render: (_, one) => length(one.oldest_seconds) },
            { title: "在线", width: 70, render: (_, one) => one.online ?? "—" },
          ]} />
        </section>
      </div>
      <Drawer open={Boolean(chosen)} onClose={() => setChosen(null)} title={chosen && `${chosen.name} 的会话`} size={460}>
        {chosen && <Conversations list={busy.filter((one) => one.agent?.id === chosen.id)} open={open} act={setActing} empty="现在没有接待中的会话" />}
      </Drawer>
      {acting?.what === "whisper" && <Whisper close={() => setActing(null)} summary={acting.summary} desk={desk} />}
      {acting?.what === "barge-in" && <BargeIn close={() => setActing(null)} summary={acting.summary} desk={desk} />}
      {acting?.what === "reassign" && <Reassign close={() => setActing(null)} summary={acting.summary} desk={desk} />}
    </main>
  );
}

function Figure({ label, value, of, bad }: { label: string; value: string; of?: string; bad?: boolean }) {
  return <Card size="small"><small>{label}</small><b className={bad ? "missed" : undefined}>{value}</b><small>{of ?? " "}</small></Card>;
}

type What = "whisper" | "barge-in" | "reassign";

function Conversations({ list, open, act, empty }: {
  list: Summary[];
  open: (id: string) => void;
  act: (acting: { what: What; summary: Summary }) => void;
  empty: string;
}) {
  if (!list.length) return <p className="muted">{empty}</p>;
  return (
    <ul className="brief-rows">
      {list.slice(0, 50).map((one) => (
        <li key={one.id}>
          <div>
            <strong>{one.consumer.name || "匿名消费者"}</strong> <small>{one.party_name}{one.agent && ` · ${one.agent.name}`}{one.queue && ` · ${one.queue.reason_label}`}</small>
            <p>{one.last_message?.text}</p>
          </div>
          <span className={urgency(one, Date.now())}>{waitsSince(one) ? since(waitsSince(one)!) : moment(one.updated_at)}</span>
          <Space.Compact size="small">
            <Button size="small" onClick={() => open(one.id)}>查看</Button>
            <Dropdown trigger={["click"]} menu={{
              items: [...(one.owner === "agent" ? [{ key: "whisper", label: "悄悄提示" }] : []), { key: "barge-in", label: "插话接管" }, { key: "reassign", label: "改派" }],
              onClick: ({ key }) => act({ what: key as What, summary: one }),
            }}>
              <Button size="small" aria-label={`${one.consumer.name || "匿名消费者"}：更多`}>⋯</Button>
            </Dropdown>
          </Space.Compact>
        </li>
      ))}
    </ul>
  );
}
