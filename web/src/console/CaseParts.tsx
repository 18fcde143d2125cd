import { Button, Input } from "antd";
import { useState } from "react";
import { money, moment } from "../shared/format";
import type { Ticket } from "../shared/wire";

const REFUND_STATES: Record<string, string> = { pending: "办理中", partial: "部分到账", done: "已到账", failed: "没有成功" };

/** What was decided and carried out: rulings, a decision that waits for a second person, a quote, parcels, money. */
export function CaseDecisions({ ticket, countersign }: { ticket: Ticket; countersign: (agrees: boolean) => Promise<void> }) {
  const waiting = ticket.pending_decision;
  return (
    <>
      {ticket.adjudication && (
        <p className="proposal">
          判定：{ticket.adjudication.outcome === "supported" ? "支持" : "不支持"}，责任方 {ticket.adjudication.liability_label}
          <small>{ticket.adjudication.reason}</small>
          <small>依据：{ticket.adjudication.clause}</small>
        </p>
      )}
      {waiting && (
        <div className="proposal" role="status">
          {waiting.by_name} 提出「{waiting.trigger_label}」：{waiting.remedy_label} {money(waiting.amount_fen)}，超过限额，等另一位同事复核
          <small>{waiting.reason}</small>
          {!waiting.mine && (
            <div className="buttons">
              <Button size="small" type="primary" onClick={() => void countersign(true)}>复核同意</Button>
              <Button size="small" onClick={() => void countersign(false)}>退回</Button>
            </div>
          )}
        </div>
      )}
      {ticket.quote && (
        <p>
          维修报价 {money(ticket.quote.amount_fen)}：{{ asked: "等消费者确认", accepted: "消费者已同意", refused: "消费者不同意" }[ticket.quote.state]}
        </p>
      )}
      {ticket.parcels?.map((parcel) => (
        <p key={parcel.waybill_no}>
          {parcel.kind_label} {parcel.carrier} {parcel.waybill_no} <small>{parcel.signed_at ? `${moment(parcel.signed_at)} 签收` : parcel.traces.at(-1)?.text ?? "等待揽收"}</small>
        </p>
      ))}
      {ticket.refunds?.map((refund) => (
        <p key={refund.started_at}>
          退款 {money(refund.amount_fen)} <small>{REFUND_STATES[refund.state] ?? refund.state}</small>
        </p>
      ))}
    </>
  );
}

/** What the sides have stated, and a line to add one's own. */
export function Statements({ ticket, add }: { ticket: Ticket; add: (text: string) => Promise<boolean> }) {
  const [text, setText] = useState("");
  const over = ["closed", "withdrawn", "archived"].includes(ticket.status);
  if (over && !ticket.statements?.length) return null;
  return (
    <details open={ticket.status === "evidence_period" || ticket.status === "adjudicating"}>
      <summary>双方说明{ticket.statements?.length ? `（${ticket.statements.length}）` : ""}</summary>
      {ticket.statements?.map((one) => (
        <p key={one.at + one.text}>
          <b>{one.side_label}{one.name && ` ${one.name}`}</b> <small>{moment(one.at)}</small>
          <br />
          {one.text}
          {one.files.map((file) => (
            <a key={file.file_id} href={file.url} target="_blank" rel="noreferrer"> 查看文件</a>
          ))}
        </p>
      ))}
      {!over && (
        <Input.Search
          aria-label="补充说明"
          placeholder="写下己方说明或凭证"
          enterButton="提交"
          maxLength={2000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onSearch={() => text.trim() && void add(text).then((kept) => kept && setText(""))}
        />
      )}
    </details>
  );
}
