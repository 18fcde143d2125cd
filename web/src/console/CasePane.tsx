import { Badge, Button, Collapse, Empty, Image, Tabs } from "antd";
import { memo } from "react";
import { money, moment, ORDER_STATUS, spec } from "../shared/format";
import type { OrderLine, Summary } from "../shared/wire";
import { Brief } from "./Brief";
import { Entitlements } from "./Entitlements";
import { PromiseList } from "./Promises";
import type { Pane } from "./Shell";
import type { Thread } from "./store";
import { TicketPanel } from "./TicketPanel";
import type { Desk } from "./useDesk";

export type CaseTab = "brief" | "tickets" | "orders" | "promises";
export const CASE_TABS: CaseTab[] = ["brief", "tickets", "orders", "promises"];

/** The right pane: the brief, the ticket with its evidence and next steps, the orders, what was promised. */
export const CasePane = memo(function CasePane({ summary, thread, desk, show, tab, setTab, goTo }: {
  summary: Summary;
  thread: Thread;
  desk: Desk;
  show: (pane: Pane) => void;
  tab: CaseTab;
  setTab: (tab: CaseTab) => void;
  goTo: (seq: number) => void;
}) {
  const ofTicket = new Set(thread.tickets.map((ticket) => ticket.order?.line_id));
  const orders = [...thread.orders].sort((a, b) => Number(ofTicket.has(b.line_id)) - Number(ofTicket.has(a.line_id)));
  const tickets = [...thread.tickets].sort((a, b) => b.opened_at.localeCompare(a.opened_at));
  const open = thread.promises.filter((one) => one.state === "open").length;
  const broken = thread.promises.some((one) => one.state === "broken" && !one.note);
  return (
    <aside className="case" aria-label="订单和工单">
      <Button className="phone-only" type="text" onClick={() => show("thread")}>‹ 返回会话</Button>
      <Tabs
        size="small"
        activeKey={tab}
        onChange={(key) => setTab(key as CaseTab)}
        items={[
          { key: "brief", label: "摘要", children: <Brief summary={summary} thread={thread} goTo={goTo} /> },
          {
            key: "tickets",
            forceRender: true, // steps are taken by key and from suggestions, whatever is shown
            label: <>工单{tickets.length > 0 && ` ${tickets.length}`}</>,
            children: tickets.length === 0 ? (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="还没有工单" />
            ) : (
              tickets.map((ticket) => <TicketPanel key={ticket.id} id={ticket.id} version={ticket.version} attempt={desk.attempt} changed={desk.gotTicket} />)
            ),
          },
          {
            key: "orders",
            label: <>订单{orders.length > 0 && ` ${orders.length}`}</>,
            children: orders.length === 0 ? (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={summary.consumer.anonymous ? "匿名消费者，看不到订单" : "没有查到订单"} />
            ) : (
              <Collapse
                size="small"
                defaultActiveKey={[orders[0].line_id]}
                items={orders.map((order) => ({
                  key: order.line_id,
                  label: <span className="goods">{order.title}<small>{ORDER_STATUS[order.status]} · {money(order.paid_fen)}</small></span>,
                  children: <Order order={order} desk={desk} />,
                }))}
              />
            ),
          },
          { key: "promises", label: <Badge dot={broken} offset={[4, 0]}>承诺{open > 0 && ` ${open}`}</Badge>, children: <PromiseList promises={thread.promises} desk={desk} goTo={goTo} /> },
        ]}
      />
    </aside>
  );
});

function Order({ order, desk }: { order: OrderLine; desk: Desk }) {
  const facts: [string, string][] = [
    ["订单号", order.order_no],
    ["规格", spec(order.spec)],
    ["实付", `${money(order.paid_fen)} ×${order.quantity}`],
    ["状态", ORDER_STATUS[order.status]],
    ["下单", moment(order.ordered_at)],
    ["签收", moment(order.signed_at) || "未签收"],
    ["物流", order.waybill_no ? `${order.carrier} ${order.waybill_no}` : "未发货"],
    ["商家", order.merchant_name],
  ];
  return (
    <>
      <div className="order">
        <Image src={order.image_url} alt="" width={56} preview={false} />
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
          ))}
        </dl>
      </div>
      <Entitlements lineId={order.line_id} subType={null} attempt={desk.attempt} />
    </>
  );
}
