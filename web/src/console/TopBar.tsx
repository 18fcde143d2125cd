import { BellOutlined, LogoutOutlined } from "@ant-design/icons";
import { Badge, Button, Popover, Select, Switch, Tag } from "antd";
import type { Agent } from "./api";
import type { useAlerts } from "./alerts";
import { isWaiting, PromiseList } from "./Promises";
import type { Desk } from "./useDesk";
import type { Presence } from "./writing";

const ROLES: Record<string, string> = {
  merchant_agent: "商家坐席", platform_agent: "平台坐席", supervisor: "主管", trainer: "训练师", admin: "管理员",
};
export const PRESENCES: { value: Presence; label: string }[] = [
  { value: "online", label: "在线" },
  { value: "busy", label: "忙碌" },
  { value: "away", label: "离开" },
];

/** Who I am and whether I am there; what I promised; how I want to be called. */
export function TopBar({ agent, desk, alerts, help, leave, goTo }: {
  agent: Agent;
  desk: Desk;
  alerts: ReturnType<typeof useAlerts>;
  help: () => void;
  leave: () => void;
  goTo: (seq: number, conversation: string) => void;
}) {
  const { presence, due, online } = desk.state;
  const late = due.some((one) => isWaiting(one) && Date.parse(one.due_at) < Date.now());
  return (
    <span className="who">
      {!online && <Tag color="red">连接断开，正在重连</Tag>}
      {presence && (
        <Select<Presence> size="small" aria-label="我的状态" className={`presence ${presence}`} value={presence === "offline" ? "away" : presence} options={PRESENCES} variant="borderless" popupMatchSelectWidth={96}
          onChange={(next) => void desk.setPresence(next)} />
      )}
      <Popover trigger="click" placement="bottomRight" title="我的承诺，先到期的在前" content={<div className="due"><PromiseList promises={due} desk={desk} goTo={goTo} /></div>}>
        <Button type="text" size="small" danger={late}>承诺{due.length > 0 && ` ${due.length}`}</Button>
      </Popover>
      <Popover trigger="click" placement="bottomRight" title="提醒方式" content={
        <div className="alerts">
          <label><Switch size="small" checked={alerts.settings.desktop} onChange={(on) => void alerts.setDesktop(on)} /> 桌面提醒（页面不在眼前时）</label>
          <label><Switch size="small" checked={alerts.settings.sound} onChange={alerts.setSound} /> 声音</label>
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
