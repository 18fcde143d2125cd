/** What an audit entry holds, as people say it. What only machines need is left out. */

const NAMES: Record<string, string> = {
  note: "备注", to: "变为", from: "原来", agent: "坐席", reason_label: "原因", reason: "原因", why: "原因", waited: "等了", party: "归属", state: "现在", before: "之前",
  seq: "第几条", priority: "优先级", phone: "电话", choice: "选择", talk: "方式", skills: "技能", capacity: "接待上限", agent_id: "坐席", team: "团队",
};
const VALUES: Record<string, string> = {
  bot: "智能助手", queued: "排队", agent: "坐席", closed: "已结束", online: "在线", busy: "忙碌", away: "离开", offline: "不在线", platform: "平台", true: "是", false: "否",
};
const WHY: Record<string, string> = { closed: "商家下班", waited: "等得太久", nobody: "没有人在线" };
const MACHINES = new Set(["epoch", "current", "interval", "held", "blocked", "promise", "callback", "order"]);

export function told(data: Record<string, unknown>, names: Record<string, string>): string {
  return Object.entries(data ?? {})
    .filter(([key, value]) => !MACHINES.has(key) && value !== "" && value != null && !(key === "reason" && data.reason_label) && !(key === "priority" && !value) && !(key === "note" && /^n_/.test(String(value))))
    .map(([key, value]) => `${NAMES[key] ?? key}：${one(key, value, names)}`)
    .join("，");
}

function one(key: string, value: unknown, names: Record<string, string>): string {
  if (key === "waited") return `${Math.round(Number(value))} 秒`;
  if (key === "why" && WHY[String(value)]) return WHY[String(value)];
  if (Array.isArray(value)) return value.join("、");
  return names[String(value)] ?? VALUES[String(value)] ?? (typeof value === "object" ? JSON.stringify(value) : String(value));
}
