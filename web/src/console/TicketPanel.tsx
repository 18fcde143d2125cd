import { Button, Form, Image, Input, InputNumber, Modal, Select, Tag, Timeline } from "antd";
import { useCallback, useEffect, useState } from "react";
import { money, moment } from "../shared/format";
import type { Need, NextStep, Ticket } from "../shared/wire";
import { desk as api } from "./api";
import { CaseDecisions, OrderThen, Statements } from "./CaseParts";
import { Rights } from "./Entitlements";
import { Retype } from "./Retype";
import type { Desk } from "./useDesk";

/** One ticket with its evidence, what this agent may do next, and its history. */
export function TicketPanel({ id, version, attempt, changed }: {
  id: string;
  version: number;
  attempt: Desk["attempt"];
  changed: (ticket: Ticket) => void;
}) {
  const [ticket, setTicket] = useState<Ticket | null>(null);
  const [step, setStep] = useState<NextStep | null>(null);

  useEffect(() => {
    let current = true;
    void attempt(() => api.ticket(id)).then((found) => found && current && setTicket(found.ticket));
    return () => {
      current = false;
    };
  }, [id, version, attempt]);

  const move = useCallback(
    async (trigger: string, values: Record<string, unknown>) => {
      const answer = await attempt(() => api.move(id, { trigger, version: ticket?.version, ...values }));
      if (answer) {
        setTicket(answer.ticket);
        changed(answer.ticket);
        setStep(null);
      }
    },
    [attempt, changed, id, ticket?.version],
  );

  const countersign = useCallback(
    async (agrees: boolean) => {
      const answer = await attempt(() => api.countersign(id, { agrees }));
      if (answer) {
        setTicket(answer.ticket);
        changed(answer.ticket);
      }
    },
    [attempt, changed, id],
  );
  const retype = useCallback(
    async (values: { issue_type: string; sub_type: string | null; reason: string; version: number }) => {
      const answer = await attempt(() => api.retype(id, values));
      if (!answer) return false;
      setTicket(answer.ticket);
      changed(answer.ticket);
      return true;
    },
    [attempt, changed, id],
  );
  const state = useCallback(
    async (text: string, chosen: File[]) => {
      const kept = await attempt(() => Promise.all(chosen.map((file) => api.evidence(id, file))));
      if (!kept || !(await attempt(() => api.state(id, { text, files: kept.map((file) => file.file_id) })))) return false;
      const found = await attempt(() => api.ticket(id));
      if (found) setTicket(found.ticket);
      return true;
    },
    [attempt, id],
  );

  if (!ticket) return <div className="ticket">正在读取…</div>;
  return (
    <section className="ticket" data-ticket={ticket.id}>
      <header>
        <span>
          <strong>{ticket.issue_label}</strong>
          <Retype ticket={ticket} save={retype} />
        </span>
        <span>
          {ticket.escalated && <Tag color="red">超时升级</Tag>}
          <Tag color={COLORS[ticket.status] ?? "blue"}>{ticket.status_label}{ticket.phase_label && ` · ${ticket.phase_label}`}</Tag>
        </span>
      </header>
      <small>{ticket.id} · {moment(ticket.opened_at)} 提交{ticket.due_label && <> · <b>{ticket.due_label}</b></>}</small>
      {ticket.order && <p>{ticket.order.title} · 实付 {money(ticket.order.paid_fen)}</p>}
      <ul className="evidence">
        {ticket.evidence.map((item) => (
          <li key={item.item_id} className={item.status}>
            <span>{item.status === "provided" ? "✓" : item.status === "waived" ? "—" : item.required ? "✗" : "○"} {item.label}
              {item.status === "waived" && "（消费者不便提供）"}{!item.required && item.status === "missing" && "（选备）"}</span>
            {item.text && <q>{item.text}</q>}
            {item.hints?.map((hint) => <small className="hint" key={hint}>提示：{hint}</small>)}
            <Image.PreviewGroup>
              {item.files.map((file) =>
                file.kind === "image" ? <Image key={file.file_id} src={file.url} alt={item.label} width={56} height={56} />
                  : <a key={file.file_id} href={file.url} target="_blank" rel="noreferrer">{file.kind === "video" ? "视频" : "文件"}</a>)}
            </Image.PreviewGroup>
            {item.files.map((file) => file.sha256 && <code key={file.file_id} title={file.sha256}>sha256 {file.sha256.slice(0, 12)}…</code>)}
          </li>
        ))}
      </ul>
      {ticket.proposal && (
        <p className="proposal">
          方案：{ticket.proposal.remedy_label} {money(ticket.proposal.amount_fen)}{ticket.proposal.freight_payer !== "none" && `，运费${ticket.proposal.freight_label}`}
          {ticket.return_to && ticket.phase === "awaiting_return" && <small>退货地址：{ticket.return_to}</small>}
          {ticket.proposal.note && <small>{ticket.proposal.note}</small>}
          {ticket.proposal.clause && <small>依据：{ticket.proposal.clause}</small>}
        </p>
      )}
      <CaseDecisions ticket={ticket} countersign={countersign} />
      {ticket.proof && <p className="proof">{ticket.proof}</p>}
      {ticket.rating && <p>消费者评价：{"★".repeat(ticket.rating.score)} {ticket.rating.note}</p>}
      <div className="buttons">
        {ticket.next?.map((one, place) => (
          <Button key={one.trigger} data-step={one.trigger} size="small" type={place === 0 && !["appeal", "intervene"].includes(one.trigger) ? "primary" : "default"} onClick={() => setStep(one)}>{one.label}</Button>
        ))}
        {ticket.next?.length === 0 && <small>这一步不由您来做，{ticket.due_label ? `对方 ${ticket.due_label}` : "等对方处理"}</small>}
      </div>
      {ticket.next?.[0]?.due_label && <small className="limit">时限 {ticket.next[0].due_label}（{ticket.next[0].basis}）</small>}
      {ticket.entitlements && <Rights found={ticket.entitlements} decision={ticket.decision} />}
      {ticket.snapshot && <OrderThen snapshot={ticket.snapshot} />}
      <Statements ticket={ticket} add={state} />
      <details>
        <summary>经过</summary>
        <Timeline items={ticket.history?.map((entry) => ({
          content: <><b>{entry.trigger_label}</b> <small>{moment(entry.at)} {entry.actor_name}</small>{entry.reason && <div>{entry.reason}</div>}</>,
        }))} />
      </details>
      {step && <StepForm step={step} ticket={ticket} done={move} cancel={() => setStep(null)} />}
    </section>
  );
}

const COLORS: Record<string, string> = {
  closed: "green", withdrawn: "default", proposal_pending: "orange", executing: "cyan", submitted: "blue", pending_evidence: "gold",
  platform_intervention: "magenta", evidence_period: "magenta", adjudicating: "magenta", appeal_review: "magenta", suspended: "default", rejected_claim: "volcano", archived: "default",
};

function StepForm({ step, ticket, done, cancel }: {
  step: NextStep;
  ticket: Ticket;
  done: (trigger: string, values: Record<string, unknown>) => Promise<void>;
  cancel: () => void;
}) {
  const [form] = Form.useForm();
  const [busy, setBusy] = useState(false);
  const sum = step.needs.find((need) => need.name === "amount_fen")?.suggested_fen ?? ticket.order?.paid_fen;
  const submit = async (values: Record<string, unknown>) => {
    setBusy(true);
    const sent = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
    for (const need of step.needs) {
      const value = sent[need.name];
      if (need.type === "money" && typeof value === "number") sent[need.name] = Math.round(value * 100);
    }
    await done(step.trigger, sent);
    setBusy(false);
  };
  return (
    <Modal open title={step.label} okText="确认" confirmLoading={busy} onOk={() => form.submit()} onCancel={cancel} destroyOnHidden>
      <Form form={form} layout="vertical" onFinish={submit} initialValues={{
        amount_fen: sum === undefined ? undefined : sum / 100,
        remedy: step.needs.find((need) => need.type === "remedy")?.options?.[0]?.value,
      }}>
        {step.needs.map((need) => (
          <Form.Item key={need.name} name={need.name} label={need.label} extra={need.hint} rules={need.required ? [{ required: true, message: `请填写${need.label}` }] : []}>
            <Field need={need} />
          </Form.Item>
        ))}
        {step.needs.length === 0 && <p>确认要「{step.label}」吗？</p>}
      </Form>
    </Modal>
  );
}

function Field({ need, ...rest }: { need: Need }) {
  if (need.type === "money") return <InputNumber {...rest} prefix="¥" min={0.01} precision={2} style={{ width: "100%" }} />;
  if (need.options) return <Select {...rest} options={need.options} allowClear={!need.required} />;
  return <Input.TextArea {...rest} autoSize={{ minRows: 1, maxRows: 5 }} maxLength={500} />;
}
