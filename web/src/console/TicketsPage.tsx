import { Button, Checkbox, Drawer, Input, Select, Table, Tag } from "antd";
import { useCallback, useEffect, useState } from "react";
import { money, moment } from "../shared/format";
import type { Ticket } from "../shared/wire";
import { desk as api } from "./api";
import { TicketPanel } from "./TicketPanel";
import type { Desk } from "./useDesk";

const STATUSES = {
  submitted: "已申请", pending_evidence: "待补充", accepted: "已受理", negotiating: "协商中", verifying: "核实中",
  proposal_pending: "方案待确认", platform_intervention: "平台介入", evidence_period: "举证中", adjudicating: "判定中",
  suspended: "已中止", executing: "执行中", rejected_claim: "未支持", appeal_review: "申诉复核", closed: "完结",
  withdrawn: "已撤销", archived: "已归档",
};

/** Every ticket this agent may see: filter, search, open, move. */
export function TicketsPage({ attempt, openTalk }: { attempt: Desk["attempt"]; openTalk: (conversationId: string) => void }) {
  const [status, setStatus] = useState<string>();
  const [late, setLate] = useState(false);
  const [query, setQuery] = useState("");
  const [tickets, setTickets] = useState<Ticket[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [open, setOpen] = useState<Ticket | null>(null);
  const [busy, setBusy] = useState(true);

  const load = useCallback(
    async (from?: string) => {
      setBusy(true);
      const page = await attempt(() => api.tickets({ status, q: query.trim(), cursor: from, escalated: late ? "1" : undefined }));
      setBusy(false);
      if (!page) return;
      setTickets((before) => (from ? [...before, ...page.tickets] : page.tickets));
      setCursor(page.next_cursor);
    },
    [attempt, status, query, late],
  );
  useEffect(() => void load(), [load]);

  return (
    <main className="tickets">
      <div className="filters">
        <Select allowClear placeholder="全部状态" value={status} onChange={setStatus} style={{ width: 140 }}
          options={Object.entries(STATUSES).map(([value, label]) => ({ value, label }))} />
        <Input.Search allowClear placeholder="工单号、订单号、消费者" onSearch={setQuery} style={{ maxWidth: 320 }} />
        <Checkbox checked={late} onChange={(event) => setLate(event.target.checked)}>只看超时升级</Checkbox>
      </div>
      <Table<Ticket>
        rowKey="id"
        size="small"
        loading={busy}
        dataSource={tickets}
        pagination={false}
        scroll={{ x: 760 }}
        locale={{ emptyText: "没有符合条件的工单" }}
        onRow={(ticket) => ({ onClick: () => setOpen(ticket) })}
        columns={[
          { title: "工单号", dataIndex: "id" },
          { title: "问题", dataIndex: "issue_label" },
          { title: "商品", render: (_, ticket) => ticket.order?.title ?? "—" },
          { title: "实付", render: (_, ticket) => money(ticket.order?.paid_fen) },
          { title: "消费者", render: (_, ticket) => ticket.consumer.name || "匿名" },
          { title: "状态", render: (_, ticket) => <Tag color={ticket.escalated ? "red" : ticket.status === "closed" ? "green" : "blue"}>{ticket.phase_label ?? ticket.status_label}</Tag> },
          { title: "下一个时限", render: (_, ticket) => ticket.due_label ?? "" },
          { title: "提交", render: (_, ticket) => moment(ticket.opened_at) },
        ]}
      />
      {cursor && <Button block type="text" onClick={() => void load(cursor)}>更多</Button>}
      <Drawer open={Boolean(open)} onClose={() => { setOpen(null); void load(); }} title="工单详情" size={520}
        extra={open && <Button size="small" onClick={() => openTalk(open.conversation_id)}>看沟通记录</Button>}>
        {open && <TicketPanel id={open.id} version={open.version} attempt={attempt} changed={() => undefined} />}
      </Drawer>
    </main>
  );
}
