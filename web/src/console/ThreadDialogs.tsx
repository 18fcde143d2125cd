import { UploadOutlined } from "@ant-design/icons";
import { Button, DatePicker, Form, Input, InputNumber, Modal, Segmented, Select, Upload } from "antd";
import type { Dayjs } from "dayjs";
import { useEffect, useState } from "react";
import type { Summary } from "../shared/wire";
import { desk as api, type Agent } from "./api";
import { inShanghai, shanghai } from "./shanghai";
import type { Desk } from "./useDesk";
import type { Team } from "./writing";

interface Props {
  close: () => void;
  summary: Summary;
  desk: Desk;
}

const NOTE = "给接手同事的备注（消费者看不到）";

/** To a colleague, a team or the platform, with a note. */
export function Transfer({ close, summary, desk }: Props) {
  const colleagues = useColleagues(desk, summary);
  const [teams, setTeams] = useState<Team[]>([]);
  const [to, setTo] = useState<string>();
  const [note, setNote] = useState("");
  useEffect(() => {
    void api.teams().then((found) => setTeams(found.teams), () => undefined); // a service without teams has parties alone
  }, []);
  const pass = async () => {
    if (!to) return;
    const [kind, id] = [to.slice(0, to.indexOf(":")), to.slice(to.indexOf(":") + 1)];
    const target = { agent: { agent_id: id }, team: { team: id }, party: { party: id } }[kind];
    if (await desk.moved(api.transfer(summary.id, { epoch: summary.epoch, note, ...target }))) close();
  };
  return (
    <Modal open title="转接给谁？" okText="转接" okButtonProps={{ disabled: !to }} onOk={() => void pass()} onCancel={close}>
      <Select
        autoFocus showSearch optionFilterProp="label" style={{ width: "100%", marginBottom: 12 }} placeholder="选择团队或同事" value={to} onChange={setTo}
        options={[
          { label: "团队（重新排队）", options: [
            ...(teams.length === 0 || !teams.some((team) => team.party === "platform") ? [{ value: "party:platform", label: "平台客服" }] : []),
            ...teams.map((team) => ({ value: `team:${team.id}`, label: `${team.name}　${team.online} 人在线，${team.waiting} 位排队` })),
            ...(summary.party === "platform" || teams.some((team) => team.party === summary.party) ? [] : [{ value: `party:${summary.party}`, label: summary.party_name }]),
          ] },
          { label: "同事", options: colleagues.map((one) => ({ value: `agent:${one.id}`, label: described(one) })) },
        ]}
      />
      <Input.TextArea aria-label="备注" placeholder={NOTE} value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}

/** Back to the bot: the consumer is asked, and only his yes changes anything. */
export function HandBack({ close, summary, desk }: Props) {
  const [note, setNote] = useState("");
  const ask = async () => {
    if (await desk.moved(api.handBack(summary.id, summary.epoch, note))) close();
  };
  return (
    <Modal open title="转回智能助手？" okText="征求消费者同意" onOk={() => void ask()} onCancel={close}>
      <p>消费者同意后才会转回，之前仍由您接待。</p>
      <Input.TextArea autoFocus aria-label="备注" placeholder="处理到哪一步（记入审计，消费者看不到）" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}

/** A supervisor's word to the agent who has the conversation; the consumer never sees it. */
export function Whisper({ close, summary, desk }: Props) {
  const [text, setText] = useState("");
  const [id] = useState(() => crypto.randomUUID());
  const go = async () => {
    if (await desk.note(summary.id, text, "whisper", id)) close();
  };
  return (
    <Modal open title={`悄悄提示${summary.agent?.name ?? "坐席"}`} okText="发给同事" okButtonProps={{ disabled: !text.trim() }} onOk={() => void go()} onCancel={close}>
      <Input.TextArea autoFocus aria-label="提示" placeholder="只有接待的同事和主管看得到" value={text} maxLength={1000} onChange={(event) => setText(event.target.value)} />
    </Modal>
  );
}

/** A supervisor takes the conversation himself. */
export function BargeIn({ close, summary, desk }: Props) {
  const [note, setNote] = useState("");
  const go = async () => {
    if (await desk.moved(api.bargeIn(summary.id, note))) close();
  };
  return (
    <Modal open title="插话接管这个会话？" okText="接管" okButtonProps={{ disabled: !note.trim() }} onOk={() => void go()} onCancel={close}>
      <p>会话转到您名下，{summary.agent ? `${summary.agent.name}会看到原因；` : ""}消费者会看到由您接待。</p>
      <Input.TextArea autoFocus aria-label="原因" placeholder="原因（必填，同事看得到，记入审计）" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}

/** A supervisor gives the conversation to another agent. */
export function Reassign({ close, summary, desk }: Props) {
  const colleagues = useColleagues(desk, summary);
  const [to, setTo] = useState<string>();
  const [note, setNote] = useState("");
  const go = async () => {
    if (to && (await desk.moved(api.reassign(summary.id, to, note)))) close();
  };
  return (
    <Modal open title="改派给哪位同事？" okText="改派" okButtonProps={{ disabled: !to || !note.trim() }} onOk={() => void go()} onCancel={close}>
      <Select autoFocus showSearch optionFilterProp="label" style={{ width: "100%", marginBottom: 12 }} placeholder="选择同事" value={to} onChange={setTo}
        options={colleagues.filter((one) => one.id !== summary.agent?.id).map((one) => ({ value: one.id, label: described(one) }))} />
      <Input.TextArea aria-label="原因" placeholder="为什么改派（必填，接手的同事看得到）" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}

interface Spoken {
  kind: "phone" | "video";
  at: Dayjs;
  minutes?: number;
  summary: string;
}

/** A talk by phone or video becomes a line of the communication record. */
export function RecordForm({ close, summary, desk }: Props) {
  const [form] = Form.useForm<Spoken>();
  const [file, setFile] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const keep = async ({ kind, at, minutes, summary: words }: Spoken) => {
    setBusy(true);
    const sent = file ? await desk.attempt(() => api.upload(summary.id, file, () => undefined)) : null;
    if (!file || sent) {
      const body = { kind, summary: words.trim(), at: inShanghai(at), ...(minutes ? { minutes } : {}), ...(sent ? { file_id: sent.file_id } : {}) };
      if (await desk.attempt(() => api.record(summary.id, body))) close();
    }
    setBusy(false);
  };
  return (
    <Modal open title="记一次电话或视频沟通" okText="记入沟通记录" confirmLoading={busy} onOk={() => form.submit()} onCancel={close}>
      <p className="muted">记录保存后不能修改，消费者也能看到这份沟通记录。</p>
      <Form form={form} layout="vertical" onFinish={(values) => void keep(values)} initialValues={{ kind: "phone", at: shanghai() }}>
        <div className="two"><Form.Item name="kind" label="方式"><Segmented options={[{ value: "phone", label: "电话" }, { value: "video", label: "视频" }]} /></Form.Item>
        <Form.Item name="minutes" label="多少分钟（可选）"><InputNumber min={1} max={600} precision={0} /></Form.Item></div>
        <Form.Item name="at" label="时间" rules={[{ required: true, message: "请填写沟通时间" }]}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY年M月D日 HH:mm" style={{ width: "100%" }} disabledDate={(day) => day.isAfter(shanghai(), "day")} /></Form.Item>
        <Form.Item name="summary" label="说了什么" rules={[{ required: true, whitespace: true, message: "请写明沟通的要点" }]}>
          <Input.TextArea autoFocus placeholder="双方说了什么、答应了什么、下一步" autoSize={{ minRows: 3, maxRows: 8 }} maxLength={1000} showCount />
        </Form.Item>
        <Upload maxCount={1} beforeUpload={(chosen) => (setFile(chosen), false)} onRemove={() => (setFile(null), true)}>
          <Button icon={<UploadOutlined />}>附一个文件（可选）</Button>
        </Upload>
      </Form>
    </Modal>
  );
}

function useColleagues(desk: Desk, summary: Summary): Agent[] {
  const [found, setFound] = useState<Agent[]>([]);
  useEffect(() => {
    void desk.attempt(api.agents).then((answer) => answer && setFound(answer.agents));
  }, [desk.attempt]);
  return found.filter((one) => one.party === "platform" || one.party === summary.party);
}

const PRESENT: Record<string, string> = { online: "在线", busy: "忙碌", away: "离开", offline: "不在线" };
const described = (one: Agent) =>
  `${one.name} · ${one.party_name}${one.presence ? ` · ${PRESENT[one.presence]}${one.load === undefined ? "" : ` ${one.load}/${one.capacity}`}` : ""}`;
