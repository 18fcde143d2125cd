import { LogoutOutlined } from "@ant-design/icons";
import { App as AntApp, Badge, Button, Modal, Tabs, Tag } from "antd";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Agent } from "./api";
import { CasePane } from "./CasePane";
import { ConversationList, type Tab } from "./ConversationList";
import { KEYS, useKeys } from "./keys";
import { ThreadPane } from "./ThreadPane";
import { TicketsPage } from "./TicketsPage";
import { useDesk } from "./useDesk";

/** With its charts a page of its own weight: fetched when somebody opens it. */
const MerchantsPage = lazy(() => import("./MerchantsPage"));

const TrainingPage = lazy(() => import("./training/TrainingPage"));

type Page = "desk" | "tickets" | "merchants" | "training";

const ROLES: Record<string, string> = {
  merchant_agent: "商家坐席", platform_agent: "平台坐席", supervisor: "主管", trainer: "训练师", admin: "管理员",
};

/** The agent's page: conversations, the thread, the case; or the tickets. */
export function Shell({ agent, leave }: { agent: Agent; leave: () => void }) {
  const { message } = AntApp.useApp();
  const tell = useCallback((text: string) => void message.warning(text), [message]);
  const desk = useDesk(tell);
  const { state } = desk;
  const [page, setPage] = useState<Page>("desk");
  const [tab, setTab] = useState<Tab>("waiting");
  const [help, setHelp] = useState(false);
  const [pane, setPane] = useState<"list" | "thread" | "case">("list"); // on a phone one at a time

  const lists = useMemo(() => {
    const all = Object.values(state.summaries).sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    return {
      mine: all.filter((one) => one.owner === "agent" && one.agent?.id === agent.id),
      waiting: state.waiting.map((id) => state.summaries[id]).filter((one) => one?.owner === "queued"),
      all,
    };
  }, [state.summaries, state.waiting, agent.id]);

  const open = useCallback((id: string) => {
    setPane("thread");
    void desk.open(id);
  }, [desk.open]);

  const accept = useCallback(async (id: string) => {
    await desk.accept(id);
    setTab("mine");
    setPane("thread");
  }, [desk.accept]);

  useNewcomers(lists.waiting.map((one) => one.id));
  const unread = lists.mine.reduce((sum, one) => sum + one.unread, 0);
  useEffect(() => {
    const waiting = lists.waiting.length;
    document.title = `${waiting ? `(${waiting} 排队) ` : ""}${unread ? `${unread} 条未读 · ` : ""}安心售后工作台`;
  }, [lists.waiting.length, unread]);

  const step = (by: number) => {
    const list = lists[tab];
    const place = list.findIndex((one) => one.id === state.open);
    const next = list[Math.min(list.length - 1, Math.max(0, place + by))];
    if (next) open(next.id);
  };
  useKeys({
    next: () => step(1),
    previous: () => step(-1),
    accept: () => lists.waiting[0] && void accept(lists.waiting[0].id),
    handBack: () => document.querySelector<HTMLButtonElement>("[data-key=hand-back]")?.click(),
    help: () => setHelp(true),
    leave: () => setPane("list"),
  });

  const current = state.open ? state.summaries[state.open] : null;
  return (
    <div className="shell">
      <header className="top">
        <strong>安心售后</strong>
        <Tabs
          activeKey={page}
          onChange={(key) => setPage(key as Page)}
          items={[
            { key: "desk", label: <Badge count={lists.waiting.length} size="small" offset={[8, 0]}>接待</Badge> },
            { key: "tickets", label: "工单" },
            { key: "merchants", label: agent.party === "platform" ? "商家" : "店铺评价" },
            ...(agent.party === "platform" && (agent.role === "supervisor" || agent.role === "admin") ? [{ key: "training", label: "训练" }] : []),
          ]}
        />
        <span className="who">
          {!state.online && <Tag color="red">连接断开，正在重连</Tag>}
          {agent.name}
          <small>
            {agent.party_name} · {ROLES[agent.role] ?? agent.role}
          </small>
          <Button type="text" size="small" onClick={() => setHelp(true)} aria-label="快捷键">
            ?
          </Button>
          <Button type="text" size="small" icon={<LogoutOutlined />} onClick={leave} aria-label="退出登录" />
        </span>
      </header>
      {page === "merchants" ? (
        <Suspense fallback={<div className="nothing">正在打开…</div>}>
          <MerchantsPage agent={agent} attempt={desk.attempt} />
        </Suspense>
      ) : page === "training" ? (
        <Suspense fallback={<div className="nothing">正在打开…</div>}>
          <TrainingPage agent={agent} attempt={desk.attempt} />
        </Suspense>
      ) : page === "tickets" ? (
        <TicketsPage attempt={desk.attempt} />
      ) : (
        <div className={`panes show-${pane}`}>
          <ConversationList lists={lists} tab={tab} setTab={setTab} open={state.open} choose={open} accept={(id) => void accept(id)} />
          {current && state.threads[current.id]?.loaded ? (
            <>
              <ThreadPane
                key={current.id}
                me={agent}
                summary={current}
                thread={state.threads[current.id]}
                desk={desk}
                accept={() => void accept(current.id)}
                back={() => setPane("list")}
                showCase={() => setPane("case")}
              />
              <CasePane summary={current} thread={state.threads[current.id]} desk={desk} back={() => setPane("thread")} />
            </>
          ) : (
            <div className="nothing">{state.open ? "正在打开…" : lists.waiting.length ? "从左边接入一位正在等待的消费者" : "现在没有人排队，歇一会儿吧"}</div>
          )}
        </div>
      )}
      <Modal open={help} footer={null} title="快捷键" onCancel={() => setHelp(false)}>
        <dl className="keys">
          {KEYS.map(({ keys, does }) => (
            <div key={keys}>
              <dt>{keys}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </div>
  );
}

/** A desktop notification for everybody who joins the queue while the page is out of sight. */
function useNewcomers(waiting: string[]) {
  const known = useRef<Set<string> | null>(null);
  const key = waiting.join();
  useEffect(() => {
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  }, []);
  useEffect(() => {
    const fresh = waiting.filter((id) => known.current && !known.current.has(id));
    known.current = new Set(waiting);
    if (fresh.length && document.hidden && "Notification" in window && Notification.permission === "granted") {
      new Notification("有消费者在等人工", { body: `${waiting.length} 位正在排队`, tag: "anxin-queue" });
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` is the list by value
  }, [key]);
}
