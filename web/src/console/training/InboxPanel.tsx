import { Empty } from "antd";
import type { PanelProps } from "./TrainingPage";

/** Sentences that wait for a label. */
export function InboxPanel(_props: PanelProps) {
  return <Empty description="没有待标注的句子" />;
}
