import { Button, Empty, Popover, Tag } from "antd";
import { useState } from "react";
import { moment } from "../shared/format";
import type { Desk } from "./useDesk";
import type { Promised } from "./writing";

const STATES: Record<Promised["state"], [string, string]> = {
  open: ["blue", "待兑现"], kept: ["green", "已兑现"], broken: ["red", "已逾期"], withdrawn: ["default", "不算承诺"],
};

export const isWaiting = (one: Promised) => one.state === "open" || (one.state === "broken" && !one.note);

/** Promises with their deadlines, and how each ended. */
export function PromiseList({ promises, desk, goTo }: { promises: Promised[]; desk: Desk; goTo: (seq: number, conversation: string) => void }) {
  if (promises.length === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description="还没有对消费者的承诺" />;
  return (
    <ul className="promises">
      {promises.map((one) => (
        <li key={one.id} className={one.state}>
          <div>
            <Tag color={STATES[one.state][0]}>{STATES[one.state][1]}</Tag>
            <b>{one.kind_label}</b> <time>{moment(one.due_at)} 前</time>
          </div>
          <button type="button" title="看原话" onClick={() => goTo(one.seq, one.conversation_id)}>{one.text}</button>
          <small>{one.agent.name}{one.ticket_id && ` · 工单 ${one.ticket_id}`}{one.note && ` · ${one.note}`}</small>
          {isWaiting(one) && (
            <div className="buttons">
              <Button size="small" type="primary" onClick={() => void desk.settle(one, "kept")}>已兑现</Button>
              {one.state === "open" && <NoPromise done={(why) => void desk.settle(one, "withdrawn", why)} />}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function NoPromise({ done }: { done: (why: string) => void }) {
  const [why, setWhy] = useState("");
  return (
    <Popover
      trigger="click"
      title="为什么不算承诺？"
      content={
        <div className="buttons">
          <input aria-label="原因" value={why} maxLength={100} placeholder="例如：是在转述规则" onChange={(event) => setWhy(event.target.value)} />
          <Button size="small" type="primary" disabled={!why.trim()} onClick={() => done(why)}>确定</Button>
        </div>
      }
    >
      <Button size="small">不算承诺</Button>
    </Popover>
  );
}
