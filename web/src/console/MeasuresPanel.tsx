import { Button, Card, Empty, Input, Modal, Tag, Timeline } from "antd";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../shared/format";
import { merchants as api, type Measure } from "./merchants";
import type { Desk } from "./useDesk";

/** Rewards and penalties with facts, reason, clause and names; what this person may do with each. */
export function MeasuresPanel({ id, attempt }: { id: string; attempt: Desk["attempt"] }) {
  const [measures, setMeasures] = useState<Measure[] | null>(null);
  const [step, setStep] = useState<{ measure: Measure; trigger: string; label: string } | null>(null);
  const [reason, setReason] = useState("");

  const load = useCallback(async () => {
    const found = await attempt(() => api.measures(id));
    if (found) setMeasures(found.measures);
  }, [attempt, id]);
  useEffect(() => void load(), [load]);

  const decide = async () => {
    if (!step) return;
    const done = await attempt(() => api.decide(step.measure.id, step.trigger, reason.trim()));
    if (done) {
      setStep(null);
      setReason("");
      await load();
    }
  };

  if (!measures) return null;
  if (!measures.length) return <Empty description="没有表彰或处理" />;
  return (
    <>
      {measures.map((one) => (
        <Card key={one.id} size="small" className="measure"
          title={<>{one.kind_label} <Tag color={one.in_force ? "red" : "default"}>{one.state_label}</Tag></>}
          extra={one.next.map((next) => (
            <Button key={next.trigger} size="small" onClick={() => setStep({ measure: one, ...next })}>{next.label}</Button>
          ))}>
          <dl>
            <div><dt>事实</dt><dd>{one.facts}</dd></div>
            <div><dt>理由</dt><dd>{one.reason}</dd></div>
            <div><dt>依据</dt><dd>{one.clause}</dd></div>
            {Boolean(one.evidence.tickets?.length) && <div><dt>工单</dt><dd>{one.evidence.tickets?.join("、")}</dd></div>}
            {one.rectify_until && <div><dt>整改</dt><dd>{moment(one.rectify_until)} 前</dd></div>}
            {one.state === "notified" && one.appeal_until && <div><dt>申诉</dt><dd>{moment(one.appeal_until)} 前可以申诉，由签发人以外的人复核</dd></div>}
          </dl>
          <Timeline items={one.steps.map((taken, place) => ({
            key: place,
            content: <>{moment(taken.at)} {taken.actor_name}：{taken.to_label}{taken.reason && `，${taken.reason}`}{taken.signature && <small>（{taken.signature.name} 签名）</small>}</>,
          }))} />
        </Card>
      ))}
      <Modal open={Boolean(step)} title={step?.label} okText="确定" okButtonProps={{ disabled: !reason.trim() }} onOk={() => void decide()} onCancel={() => setStep(null)}>
        <Input.TextArea rows={4} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} placeholder="请写明理由，会通知对方并留存" />
      </Modal>
    </>
  );
}
