import { Button, Cascader, List, Popconfirm, Tag } from "antd";
import { useState } from "react";
import { data, type Meaning, type Place } from "./api";
import type { Attempt } from "./TrainingPage";

interface Props {
  line: { text: string } & Place;
  meanings: Meaning[];
  attempt: Attempt;
  done: () => void;
  says?: React.ReactNode;
  suggest?: string;
  extra?: React.ReactNode;
}

/** A sentence of the training data with what it is labelled, to be given another label or taken out. */
export function LineEditor({ line, meanings, attempt, done, says, suggest, extra }: Props) {
  const [to, setTo] = useState<string[] | undefined>(suggest ? [suggest] : undefined);
  const meaning = meanings.find((one) => one.intent === line.intent);
  const detail = meaning?.details.find((one) => one.detail === line.detail);
  const place = { text: line.text, intent: line.intent ?? "", kind: line.kind ?? null, detail: line.detail ?? null };
  const options = meanings.map((one) => ({
    value: one.intent,
    label: one.name,
    children: one.details.length ? one.details.map((sub) => ({ value: sub.detail, label: sub.name })) : undefined,
  }));
  return (
    <List.Item className="line-editor">
      <div>
        <p>{line.text}</p>
        <p className="muted">
          <Tag>{meaning?.name ?? line.intent}{detail ? ` / ${detail.name}` : ""}</Tag>
          {says} {line.file && <small>{line.file}</small>}
        </p>
      </div>
      <div className="tools-row">
        <Cascader size="small" changeOnSelect showSearch allowClear placeholder="改成…" value={to} options={options} onChange={(value) => setTo(value as string[] | undefined)} />
        <Button size="small" disabled={!to?.length} onClick={() =>
          void attempt(() => data.relabel({ ...place, to_intent: to![0], to_detail: to![1], reason: "复查改标" })).then((found) => found && done())}>改标签</Button>
        <Popconfirm title="从训练数据里移除这句？" onConfirm={() => void attempt(() => data.relabel({ ...place, reason: "复查移除" })).then((found) => found && done())}>
          <Button size="small" danger>移除</Button>
        </Popconfirm>
        {extra}
      </div>
    </List.Item>
  );
}
