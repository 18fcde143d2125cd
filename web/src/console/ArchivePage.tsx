import { Button, DatePicker, Drawer, Input, Modal, Select, Table, Tabs, Tag } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { dateOf } from "../shared/format";
import type { Agent } from "./api";
import { archive as api, type Access, type Dossier, type Wanted } from "./archive";
import type { Desk } from "./useDesk";

const TYPES: Record<string, string> = {
  quality: "质量", wrong_item: "发错少发", size: "尺码", no_reason: "七天无理由", not_as_described: "描述不符", logistics: "物流",
  refund_status: "退款", after_sales_question: "售后咨询", service_complaint: "服务投诉",
};
const ACTS: Record<string, string> = { search: "查找", view: "查看", export: "导出", hold: "设置保全", lift_hold: "解除保全" };
/** What has to be explained before it is done. */
type Asked = { title: string; hint: string; done: (reason: string) => Promise<unknown> };

/** What is over: find a dossier, read it, export it, hold it; the platform also sees who looked. */
export default function ArchivePage({ agent, attempt }: { agent: Agent; attempt: Desk["attempt"] }) {
  const platform = agent.party === "platform";
  const items = [{ key: "dossiers", label: "档案", children: <Dossiers platform={platform} attempt={attempt} /> }];
  if (platform) items.push({ key: "access", label: "访问记录", children: <AccessLog attempt={attempt} /> });
  return (
    <main className="tickets">
      <Tabs items={items} destroyOnHidden />
    </main>
  );
}

function Dossiers({ platform, attempt }: { platform: boolean; attempt: Desk["attempt"] }) {
  const [wanted, setWanted] = useState<Wanted>({});
  const [why, setWhy] = useState("");
  const [found, setFound] = useState<Dossier[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<{ dossier: Dossier; reason: string } | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const narrow = (part: Wanted) => setWanted((before) => ({ ...before, ...part }));

  const load = useCallback(
    async (from?: string) => {
      setBusy(true);
      const page = await attempt(() => api.search(wanted, why, from));
      setBusy(false);
      if (!page) return;
      setFound((before) => (from ? [...before, ...page.dossiers] : page.dossiers));
      setCursor(page.next_cursor);
    },
    [attempt, wanted, why],
  );
  const first = useRef(load);
  useEffect(() => void first.current(), []);

  const show = (dossier: Dossier) =>
    dossier.restricted_at
      ? setAsked({ title: "查看限制存储的档案", hint: "这份档案已限制存储，请写明查看的原因，会留存", done: async (reason) => setOpen({ dossier, reason }) })
      : setOpen({ dossier, reason: "" });
  const download = (format: "json" | "html") =>
    setAsked({
      title: format === "html" ? "导出为网页" : "导出为数据（JSON）",
      hint: "导出当前条件下的全部档案，请写明原因，会留存",
      done: async (reason) => window.location.assign(api.exportAddress(wanted, format, reason)),
    });
  const hold = (dossier: Dossier) =>
    setAsked({
      title: dossier.held ? "解除法定保全" : "设置法定保全",
      hint: dossier.held ? "解除后，保存期满会清除内容" : "保全期间，保存期满也不清除",
      done: async (reason) => {
        await attempt(() => api.hold(dossier.ticket_id, dossier.held, reason));
        await load();
      },
    });
  const forget = (dossier: Dossier) =>
    setAsked({
      title: "代消费者删除个人信息",
      hint: "依法须保存的档案转入限制存储，其余内容删除；在办的工单先办完。请写明消费者在哪里、怎样提出",
      done: (reason) => attempt(() => api.forget(dossier.consumer_id ?? "", reason)),
    });

  return (
    <>
      <div className="filters">
        <Input allowClear aria-label="订单号" placeholder="订单号" style={{ width: 190 }} onChange={(event) => narrow({ order_no: event.target.value })} />
        <Input allowClear aria-label="消费者编号" placeholder="消费者编号" style={{ width: 150 }} onChange={(event) => narrow({ consumer_id: event.target.value })} />
        {platform && <Input allowClear aria-label="商家编号" placeholder="商家编号" style={{ width: 150 }} onChange={(event) => narrow({ merchant: event.target.value })} />}
        <Select allowClear aria-label="问题类型" placeholder="全部类型" style={{ width: 130 }} options={Object.entries(TYPES).map(([value, label]) => ({ value, label }))} onChange={(type) => narrow({ type })} />
        <DatePicker.RangePicker aria-label="完结时间" placeholder={["完结从", "到"]} onChange={(days) => narrow({
          since: days?.[0] ? `${days[0].format("YYYY-MM-DD")}T00:00:00+08:00` : undefined,
          until: days?.[1] ? `${days[1].add(1, "day").format("YYYY-MM-DD")}T00:00:00+08:00` : undefined,
        })} />
        {platform && (
          <Select aria-label="存储" value={wanted.restricted ?? ""} style={{ width: 130 }} options={[{ value: "", label: "一般档案" }, { value: "1", label: "限制存储的" }]}
            onChange={(value) => narrow({ restricted: value === "1" ? "1" : undefined })} />
        )}
        {wanted.restricted && <Input aria-label="查看的原因" placeholder="查看限制存储的原因（必填）" style={{ width: 240 }} value={why} onChange={(event) => setWhy(event.target.value)} />}
        <Button type="primary" loading={busy} onClick={() => void load()}>查找</Button>
        <Button onClick={() => download("html")} disabled={!found.length}>导出网页</Button>
        <Button onClick={() => download("json")} disabled={!found.length}>导出数据</Button>
      </div>
      <Table<Dossier>
        rowKey="ticket_id" size="small" loading={busy} dataSource={found} pagination={false} scroll={{ x: 860 }}
        locale={{ emptyText: "没有符合条件的档案；工单完结 7 天后自动归档" }}
        onRow={(one) => ({ onClick: () => show(one) })}
        columns={[
          { title: "工单号", dataIndex: "ticket_id" },
          { title: "类型", render: (_, one) => TYPES[one.issue_type] ?? one.issue_type },
          { title: "商家", render: (_, one) => one.merchant_name || "平台" },
          { title: "订单号", render: (_, one) => one.order_no ?? "—" },
          { title: "消费者", render: (_, one) => one.consumer_id ?? "已清除" },
          { title: "完结", render: (_, one) => dateOf(one.completed_at) },
          { title: "保存至", render: (_, one) => <>{dateOf(one.retain_until)} {one.held && <Tag color="red" title={one.hold_reason ?? ""}>法定保全</Tag>}{one.restricted_at && <Tag color="orange">限制存储</Tag>}{one.erased_at && <Tag>已清除</Tag>}</> },
          ...(platform ? [{
            title: "",
            render: (_: unknown, one: Dossier) => (
              <span className="buttons" onClick={(event) => event.stopPropagation()}>
                {!one.erased_at && <Button type="link" size="small" onClick={() => hold(one)}>{one.held ? "解除保全" : "法定保全"}</Button>}
                {one.consumer_id && !one.restricted_at && <Button type="link" size="small" onClick={() => forget(one)}>删除请求</Button>}
              </span>
            ),
          }] : []),
        ]}
      />
      {cursor && <Button block type="text" onClick={() => void load(cursor)}>更多</Button>}
      {open && <Reading {...open} attempt={attempt} close={() => setOpen(null)} />}
      {asked && <Why asked={asked} close={() => setAsked(null)} />}
    </>
  );
}

/** One dossier as people read it, in a frame without scripts; to keep or to print as PDF. */
function Reading({ dossier, reason, attempt, close }: { dossier: Dossier; reason: string; attempt: Desk["attempt"]; close: () => void }) {
  const [text, setText] = useState("");
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    let current = true;
    void attempt(() => api.page(dossier.ticket_id, reason)).then((page) => {
      if (!current) return;
      if (page) setText(page);
      else close();
    });
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- every look is logged: one for each opening
  }, [dossier.ticket_id, reason]);
  const keep = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
    link.download = `${dossier.ticket_id}.html`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Drawer open onClose={close} size={820} title="档案" styles={{ body: { padding: 0 } }}
      extra={text && <span className="buttons"><Button size="small" onClick={keep}>下载网页</Button><Button size="small" onClick={() => frame.current?.contentWindow?.print()}>打印或存为 PDF</Button></span>}>
      {text ? <iframe ref={frame} className="dossier" title={`档案 ${dossier.ticket_id}`} sandbox="allow-same-origin allow-modals" srcDoc={text} /> : <div className="nothing">正在打开…</div>}
    </Drawer>
  );
}

function Why({ asked, close }: { asked: Asked; close: () => void }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const done = async () => {
    setBusy(true);
    await asked.done(reason.trim());
    close();
  };
  return (
    <Modal open title={asked.title} okText="确定" confirmLoading={busy} okButtonProps={{ disabled: !reason.trim() }} onOk={() => void done()} onCancel={close}>
      <p>{asked.hint}</p>
      <Input.TextArea aria-label="原因" rows={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} placeholder="原因" />
    </Modal>
  );
}

/** Who looked at what, when and why, the newest first. */
function AccessLog({ attempt }: { attempt: Desk["attempt"] }) {
  const [lines, setLines] = useState<Access[]>([]);
  const [ticket, setTicket] = useState("");
  const load = useCallback(
    async (before?: number) => {
      const found = await attempt(() => api.access(ticket.trim() || undefined, before));
      if (found) setLines((known) => (before ? [...known, ...found.access] : found.access));
    },
    [attempt, ticket],
  );
  useEffect(() => void load(), [load]);
  return (
    <>
      <div className="filters"><Input.Search allowClear placeholder="只看这份：工单号" onSearch={setTicket} style={{ maxWidth: 280 }} /></div>
      <Table<Access> rowKey="id" size="small" dataSource={lines} pagination={false} scroll={{ x: 620 }} locale={{ emptyText: "还没有人看过档案" }}
        columns={[
          { title: "时间", render: (_, one) => dateOf(one.at, true) },
          { title: "谁", dataIndex: "actor_name" },
          { title: "做了什么", render: (_, one) => ACTS[one.act] ?? one.act },
          { title: "档案", render: (_, one) => one.ticket_id ?? "—" },
          { title: "原因", render: (_, one) => one.reason || "—" },
        ]} />
      {lines.length >= 50 && <Button block type="text" onClick={() => void load(lines.at(-1)?.id)}>更多</Button>}
    </>
  );
}
