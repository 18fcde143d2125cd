import { useState, type FormEvent } from "react";
import { money } from "../shared/format";
import type { NextStep, Ticket } from "../shared/wire";
import { Frame, Goods, Stars } from "./Parts";

// What helps the consumer on comes first; giving up comes last.
const LAST = ["intervene", "withdraw"];
const PLACEHOLDERS: Record<string, string> = { reason: "说说您的想法", text: "补充说明；照片请直接发在聊天里", amount_fen: "元", carrier: "例如 顺丰速运", waybill_no: "面单上的单号" };

/** A ticket as its consumer sees it: where it stands, what was decided, and what he can do now. */
export function TicketCard({ ticket: shown, call }: { ticket: Ticket; call: <T>(path: string, json?: unknown) => Promise<T> }) {
  const [ticket, setTicket] = useState(shown);
  const [problem, setProblem] = useState("");
  const [step, setStep] = useState<NextStep | null>(null);
  const [busy, setBusy] = useState(false);
  const act = async (verb: string, json: unknown) => {
    setBusy(true);
    try {
      setProblem("");
      setTicket((await call<{ ticket: Ticket }>(`/api/v1/tickets/${ticket.id}/${verb}`, json)).ticket);
      setStep(null);
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const take = (chosen: NextStep, values: Record<string, string | number> = {}) =>
    chosen.trigger === "intervene"
      ? act("intervene", { version: ticket.version, reason: values.reason })
      : act("transitions", { trigger: chosen.trigger, version: ticket.version, ...values });
  const steps = [...(ticket.steps ?? [])].sort((a, b) => LAST.indexOf(a.trigger) - LAST.indexOf(b.trigger));
  const ruling = ticket.adjudication;
  return (
    <Frame
      title={ticket.issue_label}
      aside={<span className={`status ${ticket.status}`}>{ticket.phase_label ?? ticket.status_label}</span>}
    >
      <small>工单 {ticket.id}</small>
      {ticket.order && <Goods order={ticket.order} />}
      {ticket.proposal && (
        <p className="proposal">
          {ticket.proposal.remedy_label} {money(ticket.proposal.amount_fen)}
          {ticket.proposal.freight_payer !== "none" && `，运费${ticket.proposal.freight_label}`}
          {ticket.proposal.note && <small>{ticket.proposal.note}</small>}
          {ticket.proposal.clause && <small>依据：{ticket.proposal.clause}</small>}
        </p>
      )}
      {ruling && (
        <p className="proposal">
          平台判定：{ruling.outcome === "supported" ? "支持您的诉求" : "暂不支持"}（责任方：{ruling.liability_label}）
          <small>{ruling.reason}</small>
          <small>依据：{ruling.clause}</small>
        </p>
      )}
      {ticket.quote?.state === "asked" && (
        <p className="proposal">
          维修报价 {money(ticket.quote.amount_fen)}
          <small>{ticket.quote.reason}</small>
        </p>
      )}
      <p>
        {ticket.next_step}
        {ticket.due_label && <small>{ticket.due_label}</small>}
      </p>
      {step ? (
        <StepForm step={step} busy={busy} done={(values) => void take(step, values)} cancel={() => setStep(null)} />
      ) : (
        steps.length > 0 && (
          <div className="actions">
            {steps.map((one, place) => (
              <button
                key={one.trigger}
                type="button"
                disabled={busy}
                className={place === 0 && !LAST.includes(one.trigger) ? "primary" : ""}
                onClick={() => (one.needs.length || one.trigger === "withdraw" ? setStep(one) : void take(one))}
              >
                {one.label}
              </button>
            ))}
          </div>
        )
      )}
      {ticket.status === "closed" && !ticket.rating && <Stars rate={(score) => void act("rate", { score })} />}
      {ticket.rating && <small>您的评价：{"★".repeat(ticket.rating.score)}</small>}
      {ticket.status === "closed" && ticket.rating && !ticket.rating.service && (
        <div>
          <small>客服的服务呢？</small>
          <Stars label="评价服务" rate={(service) => void act("rate", { score: ticket.rating?.score, service })} />
        </div>
      )}
      {problem && <p role="alert">{problem}</p>}
    </Frame>
  );
}

function StepForm({ step, busy, done, cancel }: {
  step: NextStep;
  busy: boolean;
  done: (values: Record<string, string | number>) => void;
  cancel: () => void;
}) {
  const [values, setValues] = useState<Record<string, string>>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given: [string, string | number][] = Object.entries(values).filter(([, value]) => value.trim());
    done(Object.fromEntries(given.map(([name, value]) => (name === "amount_fen" ? [name, Math.round(Number(value) * 100)] : [name, value]))));
  };
  return (
    <form className="step" aria-label={step.label} onSubmit={submit}>
      {step.needs.map((need) => (
        <label key={need.name}>
          {need.label}
          {need.options ? (
            <select required={need.required} value={values[need.name] ?? ""} onChange={(event) => setValues({ ...values, [need.name]: event.target.value })}>
              <option value="">{need.required ? "请选择" : "还没想好"}</option>
              {need.options.map((option) => (
                <option key={option.value} value={option.value}>{option.label}</option>
              ))}
            </select>
          ) : (
          <input
            required={need.required}
            inputMode={need.type === "money" ? "decimal" : undefined}
            pattern={need.type === "money" ? "\\d{1,7}(\\.\\d{1,2})?" : undefined}
            maxLength={need.name === "waybill_no" ? 60 : 500}
            placeholder={PLACEHOLDERS[need.name] ?? ""}
            value={values[need.name] ?? ""}
            onChange={(event) => setValues({ ...values, [need.name]: event.target.value })}
          />
          )}
        </label>
      ))}
      <div className="actions">
        <button type="submit" className="primary" disabled={busy}>
          {step.needs.length ? "提交" : `确认${step.label}`}
        </button>
        <button type="button" onClick={cancel}>
          先不了
        </button>
      </div>
    </form>
  );
}
