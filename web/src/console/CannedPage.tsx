import { Button, Empty, Form, Input, Modal, Popconfirm, Segmented, Table, Tag } from "antd";
import { useCallback, useEffect, useState } from "react";
import { desk as api, type Agent } from "./api";
import { SCOPES } from "./CannedPalette";
import type { Desk } from "./useDesk";
import type { Canned } from "./writing";

const VARIABLES = ["消费者", "订单", "商品", "工单号", "截止时间", "坐席"];

interface Values {
  title: string;
  text: string;
  scope: Canned["scope"];
}

/** The canned replies I may use, and those I may keep. */
export default function CannedPage({ agent, attempt }: { agent: Agent; attempt: Desk["attempt"] }) {
  const [search, setSearch] = useState("");
  const [found, setFound] = useState<Canned[] | null>(null);
  const [edited, setEdited] = useState<Canned | "new" | null>(null);
  const read = useCallback(async () => {
    const answer = await attempt(() => api.canned(search));
    if (answer) setFound(answer.canned);
  }, [attempt, search]);
  useEffect(() => {
    const timer = setTimeout(() => void read(), 150);
    return () => clearTimeout(timer);
  }, [read]);
  const remove = async (id: string) => {
    if (await attempt(() => api.removeCanned(id))) await read();
  };
  return (
    <main className="page">
      <div className="filters">
        <Input.Search allowClear autoFocus placeholder="找标题、内容、拼音或首字母（如 tkyl）" style={{ maxWidth: 340 }} value={search} onChange={(event) => setSearch(event.target.value)} />
        <Button type="primary" onClick={() => setEdited("new")}>新增常用语</Button>
        <small>回复时打 / 就能用；{"{消费者}"} 这样的变量会自动填好</small>
      </div>
      <Table<Canned>
        rowKey="id" size="small" dataSource={found ?? []} loading={found === null} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 640 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={search ? "没有找到，换个词试试" : "还没有常用语"} /> }}
        columns={[
          { title: "谁可以用", width: 90, render: (_, one) => <Tag color={{ own: "blue", merchant: "gold", platform: "default" }[one.scope]}>{SCOPES[one.scope]}</Tag> },
          { title: "标题", dataIndex: "title", width: 140 },
          { title: "内容", dataIndex: "text" },
          { title: "", width: 110, render: (_, one) => one.editable && (
            <div className="buttons">
              <Button type="link" size="small" onClick={() => setEdited(one)}>修改</Button>
              <Popconfirm title={`删除「${one.title}」？`} onConfirm={() => void remove(one.id)}><Button type="link" size="small" danger>删除</Button></Popconfirm>
            </div>
          ) },
        ]}
      />
      {edited && <Editor agent={agent} one={edited === "new" ? null : edited} attempt={attempt} close={(changed) => { setEdited(null); if (changed) void read(); }} />}
    </main>
  );
}

function Editor({ agent, one, attempt, close }: { agent: Agent; one: Canned | null; attempt: Desk["attempt"]; close: (changed: boolean) => void }) {
  const [form] = Form.useForm<Values>();
  const shares = agent.party !== "platform" || agent.role === "supervisor" || agent.role === "admin";
  const scopes: { value: Canned["scope"]; label: string }[] = [
    { value: "own", label: "只有我" },
    ...(shares ? [agent.party === "platform" ? { value: "platform" as const, label: "全平台" } : { value: "merchant" as const, label: agent.party_name }] : []),
  ];
  const keep = async ({ title, text, scope }: Values) => {
    const kept = await attempt(() => (one ? api.changeCanned(one.id, { title, text }) : api.addCanned({ title, text, scope })));
    if (kept) close(true);
  };
  const insert = (name: string) => form.setFieldValue("text", `${form.getFieldValue("text") ?? ""}{${name}}`);
  return (
    <Modal open title={one ? "修改常用语" : "新增常用语"} okText="保存" onOk={() => form.submit()} onCancel={() => close(false)}>
      <Form form={form} layout="vertical" onFinish={(values) => void keep(values)} initialValues={one ?? { scope: "own" }}>
        {!one && <Form.Item name="scope" label="谁可以用"><Segmented options={scopes} /></Form.Item>}
        <Form.Item name="title" label="标题（查找用）" rules={[{ required: true, whitespace: true, message: "请写标题" }]}><Input maxLength={40} autoFocus /></Form.Item>
        <Form.Item name="text" label="内容" rules={[{ required: true, whitespace: true, message: "请写内容" }]} style={{ marginBottom: 8 }}><Input.TextArea autoSize={{ minRows: 3, maxRows: 10 }} maxLength={1000} showCount /></Form.Item>
        <div className="buttons">{VARIABLES.map((name) => <Button key={name} size="small" onClick={() => insert(name)}>{`{${name}}`}</Button>)}</div>
      </Form>
    </Modal>
  );
}
