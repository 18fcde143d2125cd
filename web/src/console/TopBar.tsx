import { BellOutlined, LogoutOutlined } from "@ant-design/icons";
import { Badge, Button, Popover, Select, Switch, Tag } from "antd";
import { useState } from "react";
import type { Agent } from "./api";
import type { useAlerts } from "./alerts";
import { isWaiting, PromiseList } from "./Promises";
import { moment } from "../shared/format";
import type { State } from "./store";
import type { Desk } from "./useDesk";
import type { Callback, Presence } from "./writing";

const ROLES: Record<string, string> = {
  merchant_agent: "商家坐席", platform_agent: "平台坐席", supervisor: "主管", trainer: "训练师", admin: "管理员",
};
const PRESENCES = (
  [
    ["online", "在线"],
    ["busy", "忙碌"],
    ["away", "离开"],
  ] as [Presence, string][]
).map(([value, label]) => ({ value, label: <><i className={`dot ${value}`} />{label}</> }));

/** Who I am and whether I am there; what I promised; how I want to be called. */
export function TopBar({ agent, state, desk, alerts, help, leave, goTo }: {
  agent: Agent;
  state: State;
  desk: Desk;
  alerts: ReturnType<typeof useAlerts>;
  help: () => void;
  leave: () => void;
  goTo: (seq: number, conversation: string) => void;
}) {
  const { presence, due, callbacks, online } = state;
  const [autoAccept, setAutoAccept] = useState(agent.auto_accept ?? false);
  const late = [...due.filter(isWaiting), ...callbacks].some((one) => Date.parse(one.due_at) < Date.now());
  return (
    <span className="who">
      {!online && <Tag color="red">连接断开，正在重连</Tag>}
      {presence && (
        <Select<Presence> size="small" aria-label="我的状态" value={presence === "offline" ? "away" : presence} options={PRESENCES} variant="borderless" popupMatchSelectWidth={96}
          onChange={(next) => void desk.setPresence(next)} />
      )}
      <Popover trigger="click" placement="bottomRight" content={
        <div className="due">
          {callbacks.length > 0 && <h3>等我们回音的消费者 {callbacks.length}</h3>}
          <Callbacks callbacks={callbacks} done={(id) => void desk.calledBack(id)} open={(id) => goTo(1, id)} />
          <h3>我的承诺{due.length > 0 && ` ${due.length}`}</h3>
          <PromiseList promises={due} desk={desk} goTo={goTo} />
        </div>
      }>
        <Button type="text" size="small" danger={late}>待办{due.length + callbacks.length > 0 && ` ${due.length + callbacks.length}`}</Button>
      </Popover>
      <Popover trigger="click" placement="bottomRight" title="提醒和接入" content={
        <div className="alerts">
          <label><Switch size="small" checked={alerts.settings.desktop} onChange={(on) => void alerts.setDesktop(on)} /> 桌面提醒（页面不在眼前时）</label>
          <label><Switch size="small" checked={alerts.settings.sound} onChange={alerts.setSound} /> 声音</label>
          {presence && presence !== "offline" && (
            <label><Switch size="small" checked={autoAccept} onChange={(on) => { setAutoAccept(on); void desk.setPresence(presence, on); }} /> 派给我的会话自动接入</label>
          )}
        </div>
      }>
        <Badge dot={!alerts.settings.desktop} offset={[-6, 6]} color="#b8c2cc">
          <Button type="text" size="small" icon={<BellOutlined />} aria-label="提醒方式" />
        </Badge>
      </Popover>
      <span className="name">{agent.name}<small>{agent.party_name} · {ROLES[agent.role] ?? agent.role}</small></span>
      <Button type="text" size="small" onClick={help} aria-label="快捷键">?</Button>
      <Button type="text" size="small" icon={<LogoutOutlined />} onClick={leave} aria-label="退出登录" />
    </span>
  );
}

/** Who left word or a number while nobody was there. */
function Callbacks({ callbacks, done, open }: { callbacks: Callback[]; done: (id: string) => void; open: (conversation: string) => void }) {
  return (
    <ul className="promises">
      {callbacks.map((one) => (
        <li key={one.id} className={Date.parse(one.due_at) < Date.now() ? "broken" : ""}>
          <div>
            <Tag color={one.kind === "callback" ? "purple" : "blue"}>{one.kind === "callback" ? "回电" : "留言"}</Tag>
            <b>{one.consumer_name || "消费者"}</b> <time>{moment(one.due_at)} 前</time>
          </div>
          <button type="button" title="打开会话" onClick={() => open(one.conversation_id)}>{[one.phone, one.wish].filter(Boolean).join(" · ") || "没有留下内容"}</button>
          <div className="buttons"><Button size="small" type="primary" onClick={() => done(one.id)}>已回复</Button></div>
        </li>
      ))}
    </ul>
  );
}
