import { Alert, Button, Input, List, Modal, Popconfirm, Select, Tag, Upload } from "antd";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../../shared/format";
import { address, data, workbench, type Change, type Meaning, type Place, type Report } from "./api";
import { LineEditor } from "./LineEditor";
import type { PanelProps } from "./TrainingPage";

const KINDS: Record<string, string> = { label: "标注", import: "导入", move: "改标签", remove: "移除", undo: "撤回" };
const FORMATS = { csv: "CSV", xlsx: "Excel", jsonl: "JSON Lines", yaml: "Rasa YAML" };
const SCOPES = { data: "训练数据", inbox: "待标注", labelled: "已标注" };
const formatOf = (name: string) => ({ csv: "csv", xlsx: "xlsx", jsonl: "jsonl", json: "jsonl", yml: "yaml", yaml: "yaml" })[name.split(".").pop()?.toLowerCase() ?? ""] ?? "csv";

/** The training data: what changed, by whom and why, each with its undoing; files in and out; a sentence looked up. */
export function DataPanel({ attempt, agent }: PanelProps) {
  const [overview, setOverview] = useState<{ head: string; total: number; intents: Record<string, number> } | null>(null);
  const [changes, setChanges] = useState<Change[]>([]);
  const [diff, setDiff] = useState<string | null>(null);
  const [meanings, setMeanings] = useState<Meaning[]>([]);
  const [lines, setLines] = useState<({ text: string } & Required<Place>)[] | null>(null);
  const [words, setWords] = useState("");
  const [scope, setScope] = useState("data");
  const [form, setForm] = useState("csv");
  const [into, setInto] = useState("inbox");
  const [reason, setReason] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const reviews = agent.role === "supervisor" || agent.role === "admin";

  const load = useCallback(async () => {
    const [seen, listed, labels] = await Promise.all([attempt(() => data.overview()), attempt(() => data.changes()), attempt(() => workbench.labels())]);
    if (seen) setOverview(seen);
    if (listed) setChanges(listed.changes);
    if (labels) setMeanings(labels.labels);
  }, [attempt]);
  useEffect(() => void load(), [load]);

  const name = (intent: string) => meanings.find((one) => one.intent === intent)?.name ?? intent;
  const look = async (q = words) => setLines(q.trim() ? ((await attempt(() => data.lines(q.trim())))?.lines ?? []) : null);
  const bringIn = async (chosen: File, dry: boolean) => {
    const query = { format: formatOf(chosen.name), into, reason, ...(dry ? { dry: "1" } : {}) };
    const found = await attempt(() => data.bringIn(chosen, query));
    if (!found) return setFile(null);
    setReport(found.report);
    setFile(dry ? chosen : null);
    if (!dry) await load();
  };

  return (
    <div className="data">
      <section>
        <h3>训练数据</h3>
        {overview && (
          <p>
            共 <b>{overview.total}</b> 句，{Object.keys(overview.intents).length} 个意图，版本 <code>{overview.head.slice(0, 8)}</code>
          </p>
        )}
        <Input.Search allowClear placeholder="在训练数据里找一句" value={words} enterButton="查找"
          onChange={(event) => setWords(event.target.value)} onSearch={(value) => void look(value)} style={{ maxWidth: 420 }} />
        {lines && (
          <List size="small" dataSource={lines} locale={{ emptyText: "没有这样的句子" }} pagination={lines.length > 10 ? { pageSize: 10 } : false}
            renderItem={(line) => (
              <LineEditor line={line} meanings={meanings} attempt={attempt} done={() => {
                void look();
                void load();
              }} />
            )} />
        )}
      </section>
      <section>
        <h3>导入</h3>
        <p className="muted">第一行是列名：text、intent、sub_type、topic；只有 text 的进收件箱等待标注。个人信息会自动隐去，和评测集太像的不会写入。</p>
        <div className="tools-row">
          <Select value={into} onChange={setInto} style={{ width: 190 }} options={[{ value: "inbox", label: "进收件箱，等待标注" }, ...(reviews ? [{ value: "data", label: "直接进训练数据" }] : [])]} />
          {into === "data" && <Input placeholder="来由（必填）" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} style={{ width: 220 }} />}
          <Upload accept=".csv,.xlsx,.jsonl,.json,.yml,.yaml" showUploadList={false} beforeUpload={(chosen) => {
            void bringIn(chosen, true);
            return false;
          }}>
            <Button>选择文件</Button>
          </Upload>
        </div>
        {report && (
          <Alert
            style={{ marginTop: 12 }}
            type={file ? "info" : "success"}
            title={`${file ? `${file.name}：将导入` : "已导入"} ${report.new} 句；已有 ${report.there} 句，隐去个人信息 ${report.masked} 句，和评测集太像 ${report.held_back} 句，不能导入 ${report.refused} 句`}
            description={report.problems.slice(0, 8).map((one) => <p key={one.row}>第 {one.row} 行“{one.text}”：{one.message}</p>)}
            action={file && report.new > 0 && <Button type="primary" size="small" disabled={into === "data" && !reason.trim()} onClick={() => void bringIn(file, false)}>确认导入</Button>}
          />
        )}
      </section>
      <section>
        <h3>导出</h3>
        <div className="tools-row">
          <Select value={scope} onChange={setScope} style={{ width: 130 }} options={Object.entries(SCOPES).map(([value, label]) => ({ value, label }))} />
          <Select value={form} onChange={setForm} style={{ width: 130 }} options={Object.entries(FORMATS).map(([value, label]) => ({ value, label }))} />
          <Button href={address(`/data/export?scope=${scope}&format=${form}`)} download>下载</Button>
        </div>
      </section>
      <section>
        <h3>改动</h3>
        <List size="small" dataSource={changes} locale={{ emptyText: "还没有改动" }} renderItem={(one) => (
          <List.Item actions={[
            ...(one.commit ? [<Button key="diff" type="link" size="small" onClick={() => void attempt(() => data.diff(one.commit!)).then((found) => found && setDiff(found.diff))}>看改了什么</Button>] : []),
            ...(one.commit && !one.undone_by ? [
              <Popconfirm key="undo" title="撤回这次改动？" description="句子会回到改动之前的样子" onConfirm={() => void attempt(() => data.undo(one.id, "在改动列表里撤回")).then(load)}>
                <Button type="link" size="small" danger>撤回</Button>
              </Popconfirm>] : []),
          ]}>
            <List.Item.Meta
              title={<>
                <Tag color={one.kind === "undo" ? "default" : "blue"}>{KINDS[one.kind] ?? one.kind}</Tag>
                {one.undone_by && <Tag>已撤回</Tag>}
                {one.edits.slice(0, 2).map((edit) => `${edit.do === "add" ? "＋" : "－"}${name(edit.intent)}：${edit.text}`).join("　")}
                {one.total > 2 && ` 等 ${one.total} 处`}
              </>}
              description={`${one.author} · ${moment(one.at)} · ${one.reason}${one.done_at ? "" : " · 正在写入"}${one.done_at && !one.commit ? " · 数据没有变化" : ""}`}
            />
          </List.Item>
        )} />
      </section>
      <Modal open={diff !== null} footer={null} width={760} title="改了什么" onCancel={() => setDiff(null)}>
        <pre>
          {diff?.split("\n").map((row, place) => (
            <div key={place} className={row.startsWith("+") ? "plus" : row.startsWith("-") ? "minus" : undefined}>{row || " "}</div>
          ))}
        </pre>
      </Modal>
    </div>
  );
}
