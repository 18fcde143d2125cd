import { Button, Collapse, Empty, Image } from "antd";
import { money, moment, ORDER_STATUS, spec } from "../shared/format";
import type { OrderLine, Summary } from "../shared/wire";
import type { Thread } from "./store";
import { TicketPanel } from "./TicketPanel";
import type { Desk } from "./useDesk";

/** The right pane: the ticket with its evidence and next steps, and the consumer's orders. */
export function CasePane({ summary, thread, desk, back }: { summary: Summary; thread: Thread; desk: Desk; back: () => void }) {
  const ofTicket = new Set(thread.tickets.map((ticket) => ticket.order?.line_id));
  const orders = [...thread.orders].sort((a, b) => Number(ofTicket.has(b.line_id)) - Number(ofTicket.has(a.line_id)));
  const tickets = [...thread.tickets].sort((a, b) => b.opened_at.localeCompare(a.opened_at));
  return (
    <aside className="case" aria-label="订单和工单">
      <Button className="phone-only" type="text" onClick={back}>‹ 返回会话</Button>
      <h3>工单</h3>
      {tickets.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="还没有工单" />}
      {tickets.map((ticket) => (
        <TicketPanel key={ticket.id} id={ticket.id} version={ticket.version} attempt={desk.attempt} changed={desk.gotTicket} />
      ))}
      <h3>订单</h3>
      {orders.length === 0 && <p className="muted">{summary.consumer.anonymous ? "匿名消费者，看不到订单" : "没有查到订单"}</p>}
      <Collapse
        size="small"
        defaultActiveKey={orders[0] && ofTicket.has(orders[0].line_id) ? [orders[0].line_id] : []}
        items={orders.map((order) => ({ key: order.line_id, label: order.title, children: <Order order={order} /> }))}
      />
    </aside>
  );
}

function Order({ order }: { order: OrderLine }) {
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
    <div className="order">
      <Image src={order.image_url} alt="" width={64} preview={false} />
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
    </div>
  );
}
