import { Tabs } from "antd";
import { useState } from "react";
import type { Agent } from "../api";
import { ChecksPanel } from "./ChecksPanel";
import { DashboardPanel } from "./DashboardPanel";
import { DataPanel } from "./DataPanel";
import { InboxPanel } from "./InboxPanel";
import { ModelsPanel } from "./ModelsPanel";
import { ReviewPanel } from "./ReviewPanel";
import { RunsPanel } from "./RunsPanel";
import { WordingPanel } from "./WordingPanel";
import "./training.css";

export type Attempt = <T>(work: () => Promise<T>) => Promise<T | null>;

/** What every panel of the workbench gets: who works here, and how a refusal is shown. */
export interface PanelProps {
  agent: Agent;
  attempt: Attempt;
}

/** One tab each; a panel is mounted while it is looked at, so that keys belong to what is on the screen. */
const PANELS: { key: string; label: string; Panel: (props: PanelProps) => React.ReactNode }[] = [
  { key: "inbox", label: "收件箱", Panel: InboxPanel },
  { key: "review", label: "复核", Panel: ReviewPanel },
  { key: "data", label: "数据", Panel: DataPanel },
  { key: "checks", label: "检查", Panel: ChecksPanel },
  { key: "runs", label: "训练", Panel: RunsPanel },
  { key: "models", label: "模型", Panel: ModelsPanel },
  { key: "figures", label: "看板", Panel: DashboardPanel },
  { key: "wording", label: "话术", Panel: WordingPanel },
];

/** The trainers' workbench: what consumers wrote, what it meant, and whether the bot has learnt it. */
export default function TrainingPage(props: PanelProps) {
  const [tab, setTab] = useState(PANELS[0].key);
  return (
    <main className="training">
      <Tabs
        activeKey={tab}
        onChange={setTab}
        destroyOnHidden
        items={PANELS.map(({ key, label, Panel }) => ({ key, label, children: <Panel {...props} /> }))}
      />
    </main>
  );
}
