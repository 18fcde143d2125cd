import { Badge, Button, Empty, Segmented, Tag } from "antd";
import { useEffect, useState } from "react";
import { VList } from "virtua";
import { moment, since } from "../shared/format";
import type { Summary } from "../shared/wire";

export type Tab = "mine" | "waiting" | "all";

const LATE = 60; // seconds of waiting after which a row turns amber, and red at three times that

/** The left pane: one line a conversation, the longest waiting first. */
export function ConversationList({ lists, tab, setTab, open, choose, accept }: {
  lists: Record<Tab, Summary[]>;
  tab: Tab;
  setTab: (tab: Tab) => void;
  open: string | null;
  choose: (id: string) => void;
  accept: (id: string) => void;
}) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const unread = lists.mine.reduce((sum, one) => sum + one.unread, 0);
  return (
    <aside className="list" aria-label="会话列表">
      <Segmented<Tab>
        block
        value={tab}
        onChange={setTab}
        options={[
          { value: "mine", label: <Badge count={unread} size="small" offset={[10, -2]}>我的 {lists.mine.length}</Badge> },
          { value: "waiting", label: `排队中 ${lists.waiting.length}` },
          { value: "all", label: "全部" },
        ]}
      />
      {lists[tab].length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={{ mine: "还没有接待中的会话", waiting: "没有人在排队", all: "还没有会话" }[tab]} />
      ) : (
        <VList className="rows">
          {lists[tab].map((one) => (
            <Row key={one.id} one={one} now={now} isOpen={one.id === open} choose={choose} accept={accept} />
          ))}
        </VList>
      )}
    </aside>
  );
}

function Row({ one, now, isOpen, choose, accept }: {
  one: Summary;
  now: number;
  isOpen: boolean;
  choose: (id: string) => void;
  accept: (id: string) => void;
}) {
  const waited = one.queue ? (now - new Date(one.queue.since).getTime()) / 1000 : 0;
  const urgency = one.queue ? (waited > 3 * LATE ? "late" : waited > LATE ? "soon" : "") : "";
  return (
    <div className={`row ${isOpen ? "open" : ""} ${urgency}`} role="group" aria-label={one.consumer.name || "匿名消费者"} tabIndex={0} onClick={() => choose(one.id)}
      onKeyDown={(event) => event.key === "Enter" && choose(one.id)}>
      <div className="first">
        <strong>{one.consumer.name || "匿名消费者"}</strong>
        {one.queue ? <span className="waited">等了 {since(one.queue.since, now)}</span> : <time>{moment(one.updated_at)}</time>}
      </div>
      <div className="second">
        <span>{one.last_message?.text ?? ""}</span>
        <Badge count={one.unread} size="small" />
      </div>
      <div className="third">
        {one.queue && <Tag color={one.queue.priority >= 2 ? "red" : "orange"}>{one.queue.reason_label}</Tag>}
        {one.owner === "bot" && <Tag>智能助手</Tag>}
        {one.owner === "agent" && <Tag color="blue">{one.agent?.name}</Tag>}
        {one.owner === "closed" && <Tag>已结束</Tag>}
        <Tag variant="filled">{one.party_name}</Tag>
        {one.tickets.map((ticket) => (
          <Tag key={ticket.id} color={ticket.status === "closed" ? "green" : "geekblue"}>
            {ticket.status_label}
          </Tag>
        ))}
        {one.queue && (
          <Button size="small" type="primary" onClick={(event) => { event.stopPropagation(); accept(one.id); }}>
            接入
          </Button>
        )}
      </div>
    </div>
  );
}
