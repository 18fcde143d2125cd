import { SearchOutlined } from "@ant-design/icons";
import { Badge, Button, Empty, Input, Segmented, Select, Tag } from "antd";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { VList, type VListHandle } from "virtua";
import { moment, since } from "../shared/format";
import type { Summary } from "../shared/wire";
import { matching, ONLY, urgency, waitsSince, type Only, type Tab } from "./lists";

/** The left pane: one line a conversation, who waits longest first. */
export const ConversationList = memo(function ConversationList({ lists, tab, setTab, open, choose, accept, find, more }: {
  lists: Record<Tab, Summary[]>;
  tab: Tab;
  setTab: (tab: Tab) => void;
  open: string | null;
  choose: (id: string) => void;
  accept: (id: string) => void;
  find: (text: string) => void; // asks the service, beyond what the page holds
  more: () => void;
}) {
  const [now, setNow] = useState(Date.now());
  const [search, setSearch] = useState("");
  const [only, setOnly] = useState<Only>("all");
  const list = useRef<VListHandle>(null);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (tab !== "all" || search.trim().length < 2) return;
    const timer = setTimeout(() => find(search.trim()), 400);
    return () => clearTimeout(timer);
  }, [tab, search, find]);
  const unread = lists.mine.reduce((sum, one) => sum + one.unread, 0);
  const minute = Math.floor(now / 5000);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the filter by waiting time is looked at every five seconds
  const shown = useMemo(() => matching(lists[tab], only, search, now), [lists, tab, only, search, minute]);
  const place = shown.findIndex((one) => one.id === open);
  useEffect(() => {
    if (place >= 0) list.current?.scrollToIndex(place, { align: "nearest" });
  }, [open]); // eslint-disable-line react-hooks/exhaustive-deps -- only when another one is opened
  const narrowed = search !== "" || only !== "all";

  return (
    <aside className="list" aria-label="会话列表">
      <Segmented<Tab>
        block
        value={tab}
        onChange={setTab}
        options={[
          { value: "mine", label: <>我的 {lists.mine.length}{unread > 0 && <span className="pill" title={`${unread} 条未读`}>{unread}</span>}</> },
          { value: "waiting", label: `排队中 ${lists.waiting.length}` },
          { value: "all", label: "全部" },
        ]}
      />
      <div className="search">
        <Input size="small" allowClear prefix={<SearchOutlined />} placeholder="名字、内容、商品、工单" aria-label="查找会话" data-key="search"
          value={search} onChange={(event) => setSearch(event.target.value)} onKeyDown={(event) => {
            if (event.key === "Enter" && shown[0]) choose(shown[0].id);
            if (event.key === "Escape") { setSearch(""); event.currentTarget.blur(); }
          }} />
        <Select<Only> size="small" aria-label="筛选" value={only} onChange={setOnly} options={ONLY} popupMatchSelectWidth={false} variant={only === "all" ? "borderless" : "filled"} />
      </div>
      {shown.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={narrowed ? "没有符合的会话" : { mine: "还没有接待中的会话", waiting: "没有人在排队", all: "还没有会话" }[tab]} />
      ) : (
        <VList ref={list} className="rows" onScroll={(offset) => {
          const handle = list.current;
          if (tab === "all" && !narrowed && handle && offset > 0 && offset + handle.viewportSize > handle.scrollSize - 200) more();
        }}>
          {shown.map((one) => (
            <Row key={one.id} one={one} waited={waitsSince(one) ? since(waitsSince(one)!, now) : ""} urgency={urgency(one, now)} isOpen={one.id === open} mine={tab === "mine"} choose={choose} accept={accept} />
          ))}
        </VList>
      )}
    </aside>
  );
});

const Row = memo(function Row({ one, waited, urgency, isOpen, mine, choose, accept }: {
  one: Summary;
  waited: string;
  urgency: string;
  isOpen: boolean;
  mine: boolean;
  choose: (id: string) => void;
  accept: (id: string) => void;
}) {
  const draft = one.last_message?.sender === "agent" ? "我：" : one.last_message?.sender === "bot" ? "智能助手：" : "";
  return (
    <div className={`row ${isOpen ? "open" : ""} ${urgency}`} role="group" aria-label={one.consumer.name || "匿名消费者"} tabIndex={0} onClick={() => choose(one.id)}
      onKeyDown={(event) => event.key === "Enter" && choose(one.id)}>
      <div className="first">
        <strong>{one.consumer.name || "匿名消费者"}</strong>
        <small>{one.party_name}</small>
        {waited ? <span className="waited">{one.queue ? "等了 " : "待回 "}{waited}</span> : <time>{moment(one.updated_at)}</time>}
      </div>
      <div className="second">
        <span>{draft}{one.last_message?.text ?? ""}</span>
        <Badge count={one.unread} size="small" />
      </div>
      {(!mine || one.tickets.length > 0) && (
        <div className="third">
          {one.queue && <Tag color={one.queue.priority >= 2 ? "red" : "orange"}>{one.queue.reason_label}</Tag>}
          {one.owner === "bot" && <Tag>智能助手</Tag>}
          {!mine && one.owner === "agent" && <Tag color="blue">{one.agent?.name}</Tag>}
          {one.owner === "closed" && <Tag>已结束</Tag>}
          {one.tickets.slice(-2).map((ticket) => (
            <Tag key={ticket.id} color={ticket.status === "closed" ? "green" : "geekblue"}>{ticket.status_label}</Tag>
          ))}
          {one.queue && (
            <Button size="small" type="primary" onClick={(event) => { event.stopPropagation(); accept(one.id); }}>
              接入
            </Button>
          )}
        </div>
      )}
    </div>
  );
});
