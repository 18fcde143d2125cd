import { Button, Image, Input, Upload } from "antd";
import { useState } from "react";
import { money, moment, spec } from "../shared/format";
import type { Snapshot, Ticket } from "../shared/wire";

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

/** What the sides have stated and shown, with each file's hash, and a place to add one's own. */
export function Statements({ ticket, add }: { ticket: Ticket; add: (text: string, files: File[]) => Promise<boolean> }) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<File[]>([]);
  const [busy, setBusy] = useState(false);
  const over = ["closed", "withdrawn", "archived"].includes(ticket.status);
  if (over && !ticket.statements?.length) return null;
  const submit = async () => {
    setBusy(true);
    if (await add(text.trim(), files)) {
      setText("");
      setFiles([]);
    }
    setBusy(false);
  };
  return (
    <details open={ticket.status === "evidence_period" || ticket.status === "adjudicating"}>
      <summary>双方说明和凭证{ticket.statements?.length ? `（${ticket.statements.length}）` : ""}</summary>
      {ticket.statements?.map((one) => (
        <div className="statement" key={one.at + one.text}>
          <b>{one.side_label}{one.name && ` ${one.name}`}</b> <small>{moment(one.at)}</small>
          <p>{one.text}</p>
          <Image.PreviewGroup>
            {one.files.map((file) =>
              file.kind === "image" ? <Image key={file.file_id} src={file.url} alt="凭证" width={56} height={56} />
                : <a key={file.file_id} href={file.url} target="_blank" rel="noreferrer">{file.kind === "video" ? "视频" : "文件"}</a>)}
          </Image.PreviewGroup>
          {one.files.map((file) => file.sha256 && <code key={file.file_id} title={file.sha256}>sha256 {file.sha256.slice(0, 12)}…</code>)}
        </div>
      ))}
      {!over && (
        <>
          <Input.TextArea aria-label="补充说明" placeholder="写下己方的说明" maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} value={text} onChange={(event) => setText(event.target.value)} />
          <div className="buttons">
            <Upload multiple accept="image/jpeg,image/png,image/webp,video/mp4,video/quicktime,application/pdf" maxCount={9} beforeUpload={() => false}
              fileList={files.map((file, place) => ({ uid: String(place), name: file.name }))}
              onChange={(change) => setFiles(change.fileList.map((one) => (one.originFileObj as File | undefined) ?? files[Number(one.uid)]).filter(Boolean))}>
              <Button size="small">添加照片或文件</Button>
            </Upload>
            <Button size="small" type="primary" loading={busy} disabled={!text.trim() && files.length === 0} onClick={() => void submit()}>提交说明</Button>
          </div>
        </>
      )}
    </details>
  );
}

/** The order as it was when the ticket was opened: what those who decide hold a description against. */
export function OrderThen({ snapshot }: { snapshot: Snapshot }) {
  const facts: [string, string | null][] = [
    ["订单号", snapshot.order_no],
    ["规格", `${spec(snapshot.spec)} ×${snapshot.quantity}`],
    ["实付", `${money(snapshot.paid_fen)}${snapshot.payment.length > 1 ? `（${snapshot.payment.map((part) => `${part.method} ${money(part.paid_fen)}`).join("、")}）` : ""}`],
    ["下单", moment(snapshot.ordered_at)],
    ["签收", snapshot.signed_at ? moment(snapshot.signed_at) : "当时还没有签收"],
    ["物流", snapshot.waybill_no && `${snapshot.carrier} ${snapshot.waybill_no}`],
    ["赠品", snapshot.gifts.join("、")],
    ["承诺", snapshot.promises.map((one) => one.text).join("、")],
    ["除外", snapshot.no_reason_exclusion && `${snapshot.no_reason_exclusion}，${snapshot.consent_at ? `${moment(snapshot.consent_at)} 下单时确认过` : "下单时没有确认记录"}`],
  ];
  return (
    <details>
      <summary>申请时的交易快照</summary>
      <dl className="facts">
        {facts.map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </details>
  );
}
