import { Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import type { IssueChoice, Ticket } from "../shared/wire";

interface Values {
  issue_type: string;
  sub_type: string | null;
  reason: string;
  version: number;
}

/** Says what a ticket is really about; not there for those who may not. */
export function Retype({ ticket, save }: { ticket: Ticket; save: (values: Values) => Promise<boolean> }) {
  const [form] = Form.useForm<{ type: string; reason: string }>();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const types = ticket.types ?? [];
  if (!types.length) return null;
  const submit = async ({ type, reason }: { type: string; reason: string }) => {
    const chosen = types.find((one) => keyOf(one) === type);
    if (!chosen) return;
    setBusy(true);
    if (await save({ issue_type: chosen.issue_type, sub_type: chosen.sub_type, reason: reason.trim(), version: ticket.version })) setOpen(false);
    setBusy(false);
  };
  return (
    <>
      <Button type="link" size="small" onClick={() => setOpen(true)}>更改类型</Button>
      <Modal open={open} title="更改问题类型" okText="确认更改" cancelText="先不改" confirmLoading={busy} onOk={() => form.submit()} onCancel={() => setOpen(false)} destroyOnHidden>
        <p>现在是「{ticket.issue_label}」。凭证清单会换成新类型的，消费者已经给过的都保留；他会收到一条说明。</p>
        <Form form={form} layout="vertical" onFinish={submit}>
          <Form.Item name="type" label="实际是什么问题" rules={[{ required: true, message: "请选择问题类型" }]}>
            <Select showSearch={{ optionFilterProp: "label" }} placeholder="选择或输入几个字查找" options={grouped(types)} />
          </Form.Item>
          <Form.Item name="reason" label="为什么改（记入经过）" rules={[{ required: true, whitespace: true, message: "请填写为什么改" }]}>
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 5 }} maxLength={500} placeholder="例如：照片里是发错了颜色，不是质量问题" />
          </Form.Item>
        </Form>
      </Modal>
    </>
  );
}

const keyOf = (one: IssueChoice) => `${one.issue_type}/${one.sub_type ?? ""}`;

/** The choices under the names of their groups; one that is its own group stands alone. */
function grouped(types: IssueChoice[]) {
  const groups = new Map<string, IssueChoice[]>();
  for (const one of types) groups.set(one.issue_type, [...(groups.get(one.issue_type) ?? []), one]);
  return [...groups.values()].map((own) => ({
    label: own[0].group,
    options: own.map((one) => ({ value: keyOf(one), label: one.sub_type === null ? `${one.label}（没有细分）` : one.label })),
  }));
}
