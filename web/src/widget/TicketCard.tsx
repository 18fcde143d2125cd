import { useEffect, useState, type FormEvent } from "react";
import { money } from "../shared/format";
import type { NextStep, Ticket } from "../shared/wire";
import { FilePicker, Frame, Goods, RateForm } from "./Parts";

// What helps the consumer on comes first; giving up comes last.
const LAST = ["intervene", "appeal", "withdraw"];
const PLACEHOLDERS: Record<string, string> = { reason: "说说您的想法", text: "说说情况", amount_fen: "元", carrier: "例如 顺丰速运", waybill_no: "面单上的单号" };

const WITH_FILES = ["supply_evidence", "state"];
const DISPUTED = ["platform_intervention", "evidence_period", "adjudicating"];
/** No move of the ticket: what both sides may say and show while the platform looks at it. */
const STATE: NextStep = { trigger: "state", label: "补充说明和照片", due_label: null, basis: "", needs: [{ name: "text", label: "说明", type: "text", required: false }] };

/** A ticket as its consumer sees it: where it stands, what was decided, and what he can do now. */
export function TicketCard({ ticket: shown, call, keep }: {
  ticket: Ticket;
  call: <T>(path: string, json?: unknown) => Promise<T>;
  keep: (file: File) => Promise<string>;
}) {
  const [ticket, setTicket] = useState(shown);
  // What comes later from elsewhere is newer; an answer to a step of one's own may be newer still.
  useEffect(() => setTicket((known) => (shown.version >= known.version ? shown : known)), [shown]);
  const [problem, setProblem] = useState("");
  const [step, setStep] = useState<NextStep | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const act = async (verb: string, json: object, files: File[] = []) => {
    setBusy(true);
    try {
      setProblem("");
      const ids = files.length ? { files: await Promise.all(files.map(keep)) } : {};
      const answer = await call<{ ticket?: Ticket }>(`/api/v1/tickets/${ticket.id}/${verb}`, { ...json, ...ids });
      if (answer.ticket) setTicket(answer.ticket);
      else setSaid("已经提交，平台判定时会看到");
      setStep(null);
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const take = (chosen: NextStep, values: Record<string, string | number> = {}, files: File[] = []) =>
    chosen === STATE
      ? act("statements", values, files)
      : chosen.trigger === "intervene"
        ? act("intervene", { version: ticket.version, reason: values.reason })
        : act("transitions", { trigger: chosen.trigger, version: ticket.version, ...values }, files);
  const steps = [...(DISPUTED.includes(ticket.status) ? [STATE] : []), ...(ticket.steps ?? [])].sort((a, b) => LAST.indexOf(a.trigger) - LAST.indexOf(b.trigger));
  const ruling = ticket.adjudication;
  return (
    <Frame
      title={ticket.issue_label}
      aside={<span className={`status ${ticket.status}`}>{ticket.phase_label ?? ticket.status_label}</span>}
    >
      <small>工单 {ticket.id}</small>
      {ticket.order && <Goods order={ticket.order} />}
      {ticket.proposal && ruling?.outcome !== "rejected" && (
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
      {ticket.phase === "awaiting_return" && ticket.return_to && (
        <p className="address">
          <b>寄回地址</b> {ticket.return_to}
        </p>
      )}
      <p>
        {ticket.next_step}
        {ticket.due_label && <small>{ticket.due_label}</small>}
      </p>
      {step ? (
        <StepForm step={step} busy={busy} done={(values, files) => void take(step, values, files)} cancel={() => setStep(null)} />
      ) : (
        steps.length > 0 && (
          <div className="actions">
            {steps.map((one, place) => (
              <button
                key={one.trigger}
                type="button"
                disabled={busy}
                className={place === 0 && (!LAST.includes(one.trigger) || ticket.status === "rejected_claim") ? "primary" : ""}
                onClick={() => (one.needs.length || one.trigger === "withdraw" ? setStep(one) : void take(one))}
              >
                {one.label}
              </button>
            ))}
          </div>
        )
      )}
      {said && <p role="status">{said}</p>}
      {ticket.status === "closed" && !ticket.rating && <RateForm rate={(given) => void act("rate", given)} />}
      {ticket.rating && (
        <small>
          您的评价：结果 {"★".repeat(ticket.rating.score)}
          {ticket.rating.service && `，服务 ${"★".repeat(ticket.rating.service)}`}
          {ticket.rating.note && `，${ticket.rating.note}`}
        </small>
      )}
      {problem && <p role="alert">{problem}</p>}
    </Frame>
  );
}

function StepForm({ step, busy, done, cancel }: {
  step: NextStep;
  busy: boolean;
  done: (values: Record<string, string | number>, files: File[]) => void;
  cancel: () => void;
}) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [files, setFiles] = useState<File[]>([]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given: [string, string | number][] = Object.entries(values).filter(([, value]) => value.trim());
    done(Object.fromEntries(given.map(([name, value]) => (name === "amount_fen" ? [name, Math.round(Number(value) * 100)] : [name, value]))), files);
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
      {WITH_FILES.includes(step.trigger) && <FilePicker chosen={files} choose={setFiles} />}
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
