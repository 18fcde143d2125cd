import { App as AntApp, Badge, Modal, Tabs } from "antd";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAlerts } from "./alerts";
import { desk as api, type Agent } from "./api";
import { CASE_TABS, CasePane, type CaseTab } from "./CasePane";
import { ConversationList } from "./ConversationList";
import { LISTED, useKeys } from "./keys";
import { inOrder, waitsSince, type Tab } from "./lists";
import { Offers } from "./Offers";
import { ThreadPane } from "./ThreadPane";
import { TicketsPage } from "./TicketsPage";
import { TopBar } from "./TopBar";
import { useDesk, type Alarm } from "./useDesk";

/** With their charts and tables pages of their own weight: fetched when somebody opens them. */
const MerchantsPage = lazy(() => import("./MerchantsPage"));
const BoardPage = lazy(() => import("./BoardPage"));
const ReportsPage = lazy(() => import("./ReportsPage"));
const HoursPage = lazy(() => import("./HoursPage"));
const AuditPage = lazy(() => import("./AuditPage"));
const ArchivePage = lazy(() => import("./ArchivePage"));
const CannedPage = lazy(() => import("./CannedPage"));

const TrainingPage = lazy(() => import("./training/TrainingPage"));

/** On a phone one pane is shown at a time. */
export type Pane = "list" | "thread" | "case";
type Page = "desk" | "tickets" | "archive" | "canned" | "board" | "reports" | "hours" | "audit" | "merchants" | "training";

/** The agent's page: conversations, the thread, the case; or one of the other pages. */
export function Shell({ agent, leave }: { agent: Agent; leave: () => void }) {
  const { message } = AntApp.useApp();
  const tell = useCallback((text: string) => void message.warning(text), [message]);
  const alerts = useAlerts(tell);
  const [page, setPage] = useState<Page>("desk");
  const [tab, setTab] = useState<Tab>("mine");
  const [caseTab, setCaseTab] = useState<CaseTab>("brief");
  const [help, setHelp] = useState(false);
  const [pane, setPane] = useState<Pane>("list");
  const [pointed, setPointed] = useState<{ seq: number; n: number } | null>(null);

  const show = useRef((_id: string) => {});
  const alarm = useCallback(
    (what: Alarm) => {
      switch (what.type) {
        case "offer":
          return alerts.call("派给您一个会话", what.offer.conversation.queue?.reason_label ?? "请接入", what.offer.conversation.id, true);
        case "message":
          return alerts.call("消费者有新消息", what.text, what.id, false, () => show.current(what.id));
        case "whisper":
          void message.info(`主管提示：${what.note.text}`, 6);
          return alerts.call("主管提示", what.note.text, what.note.id, true, () => show.current(what.note.conversation_id));
        case "promise":
          void message.warning(`${what.why === "soon" ? "快到期的承诺" : "承诺已逾期"}：${what.promise.text}`, 8);
          return alerts.call(what.why === "soon" ? "承诺快到期了" : "承诺已逾期", what.promise.text, what.promise.id, true, () => show.current(what.promise.conversation_id));
        case "callback": {
          const { callback, why } = what;
          const title = `${callback.kind === "callback" ? "回电" : "留言"}${why === "soon" ? "快到约定时间了" : "已过约定时间"}`;
          const text = [callback.consumer_name || "消费者", callback.phone, callback.wish].filter(Boolean).join(" · ");
          void message.warning(`${title}：${text}`, 8);
          return alerts.call(title, text, callback.id, true, () => show.current(callback.conversation_id));
        }
      }
    },
    [alerts.call, message],
  );
  const { state, desk } = useDesk(agent, tell, alarm);
  const supervises = agent.role === "supervisor" || agent.role === "admin";

  const lists = useMemo(() => {
    const all = Object.values(state.summaries).sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    return {
      mine: inOrder(all.filter((one) => one.owner === "agent" && one.agent?.id === agent.id)),
      waiting: state.waiting.map((id) => state.summaries[id]).filter((one) => one?.owner === "queued"),
      all,
    };
  }, [state.summaries, state.waiting, agent.id]);

  const open = useCallback(
    (id: string) => {
      setPage("desk");
      setPane("thread");
      void desk.open(id);
    },
    [desk.open],
  );
  show.current = open;

  const accept = useCallback(
    async (id: string) => {
      await desk.accept(id);
      setPage("desk");
      setTab("mine");
      setPane("thread");
    },
    [desk.accept],
  );
  const take = useCallback((id: string) => void accept(id), [accept]);
  const goTo = useCallback(
    (seq: number, conversation?: string) => {
      setPane("thread");
      if (conversation && conversation !== state.open) {
        setPage("desk");
        void desk.open(conversation).then(() => setTimeout(() => setPointed({ seq, n: Date.now() }), 100));
      } else setPointed({ seq, n: Date.now() });
    },
    [desk.open, state.open],
  );

  // The first look is at one's own conversations, or at those who wait when there are none.
  const looked = useRef(false);
  useEffect(() => {
    if (looked.current || !state.listed) return;
    looked.current = true;
    setTab(lists.mine.length === 0 && lists.waiting.length > 0 ? "waiting" : "mine");
  }, [state.listed, lists]);

  useNewcomers(lists.waiting.map((one) => one.id), alerts.call);
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
  const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();
  useKeys({
    next: () => step(1),
    previous: () => step(-1),
    urgent: () => {
      const next = lists.mine.find((one) => waitsSince(one) && one.id !== state.open) ?? lists.mine.find((one) => one.unread);
      if (next) open(next.id);
    },
    accept: () => {
      const next = state.offers[0]?.conversation ?? lists.waiting[0];
      if (next) void accept(next.id);
    },
    decline: () => state.offers[0] && void desk.decline(state.offers[0].conversation.id),
    search: () => focus("input[data-key=search], [data-key=search] input"),
    reply: () => focus("textarea.answer"),
    canned: () => document.querySelector<HTMLElement>("[data-key=canned]")?.click(),
    pane: () => setCaseTab(CASE_TABS[(CASE_TABS.indexOf(caseTab) + 1) % CASE_TABS.length]),
    presence: () => state.presence && void desk.setPresence(state.presence === "online" ? "busy" : "online"),
    help: () => setHelp(true),
    leave: () => (help ? setHelp(false) : setPane("list")),
  });

  // Everybody's conversations are followed only while somebody looks at them.
  const everybodys = page === "desk" && tab === "all";
  useEffect(() => {
    if (!everybodys) return;
    void desk.refresh().catch(() => undefined);
    return desk.watch("all");
  }, [everybodys, desk.refresh, desk.watch]);

  const find = useCallback(
    (text: string) => void api.conversations("all", { q: text }).then(({ conversations }) => desk.listed(conversations), () => undefined),
    [desk.listed],
  );
  const asked = useRef("");
  const more = useCallback(() => {
    const oldest = lists.all.at(-1)?.updated_at;
    if (!oldest || asked.current === oldest) return;
    asked.current = oldest;
    void api.conversations("all", { before: oldest }).then(({ conversations }) => desk.listed(conversations), () => undefined);
  }, [lists.all, desk.listed]);

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
            ...(agent.role === "trainer" ? [] : [{ key: "archive", label: "档案" }]),
            { key: "canned", label: "常用语" },
            ...(supervises ? [{ key: "board", label: "实时看板" }] : []),
            ...(supervises ? [{ key: "reports", label: "报表" }, { key: "hours", label: "工作时间" }, { key: "audit", label: "审计" }] : []),
            { key: "merchants", label: agent.party === "platform" ? "商家" : "店铺评价" },
            ...(agent.party === "platform" && (agent.role === "supervisor" || agent.role === "admin") ? [{ key: "training", label: "训练" }] : []),
          ]}
        />
        <TopBar agent={agent} state={state} desk={desk} alerts={alerts} help={() => setHelp(true)} leave={leave} goTo={goTo} />
      </header>
      {page !== "desk" ? (
        <Suspense fallback={<div className="nothing">正在打开…</div>}>
          {page === "merchants" && <MerchantsPage agent={agent} attempt={desk.attempt} />}
          {page === "tickets" && <TicketsPage attempt={desk.attempt} openTalk={open} />}
          {page === "archive" && <ArchivePage agent={agent} attempt={desk.attempt} />}
          {page === "canned" && <CannedPage agent={agent} attempt={desk.attempt} />}
          {page === "board" && <BoardPage state={state} desk={desk} open={open} />}
          {page === "reports" && <ReportsPage attempt={desk.attempt} />}
          {page === "hours" && <HoursPage agent={agent} attempt={desk.attempt} />}
          {page === "training" && <TrainingPage agent={agent} attempt={desk.attempt} />}
          {page === "audit" && <AuditPage attempt={desk.attempt} open={open} />}
        </Suspense>
      ) : (
        <div className={`panes show-${pane}`}>
          <ConversationList lists={lists} tab={tab} setTab={setTab} open={state.open} choose={open} accept={take} find={find} more={more} />
          {current && state.threads[current.id]?.loaded ? (
            <>
              <ThreadPane
                key={current.id}
                me={agent}
                summary={current}
                thread={state.threads[current.id]}
                draft={state.drafts[current.id] ?? ""}
                desk={desk}
                accept={take}
                show={setPane}
                goTo={pointed}
              />
              <CasePane summary={current} thread={state.threads[current.id]} desk={desk} show={setPane} tab={caseTab} setTab={setCaseTab} goTo={goTo} />
            </>
          ) : (
            <div className="nothing">{state.open ? "正在打开…" : lists.waiting.length ? "从左边接入一位正在等待的消费者（Alt A）" : "现在没有人排队，歇一会儿吧"}</div>
          )}
        </div>
      )}
      <Offers offers={state.offers} accept={take} decline={(id) => void desk.decline(id)} />
      <Modal open={help} footer={null} title="快捷键" width={640} onCancel={() => setHelp(false)}>
        <div className="keys">
          {[...new Set(LISTED.map((key) => key.group))].map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {LISTED.filter((key) => key.group === group).map(({ shown, does }) => (
                  <div key={shown}><dt><kbd>{shown}</kbd></dt><dd>{does}</dd></div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </Modal>
    </div>
  );
}

/** A call for everybody who joins the queue. */
function useNewcomers(waiting: string[], call: ReturnType<typeof useAlerts>["call"]) {
  const known = useRef<Set<string> | null>(null);
  const key = waiting.join();
  useEffect(() => {
    const fresh = waiting.filter((id) => known.current && !known.current.has(id));
    known.current = new Set(waiting);
    if (fresh.length) call("有消费者在等人工", `${waiting.length} 位正在排队`, "anxin-queue");
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` is the list by value
  }, [key]);
}
