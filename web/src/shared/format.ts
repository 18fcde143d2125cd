/** How values are shown to people. */

const time = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric" });

/** 14:05 today, 11月23日 14:05 on another day. */
export function moment(at: string | null | undefined, now = new Date()): string {
  if (!at) return "";
  const when = new Date(at);
  if (day.format(when) === day.format(now)) return time.format(when);
  const [month, date] = day.format(when).split("/");
  return `${month}月${date}日 ${time.format(when)}`;
}

const whole = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit" });

/** 2029-11-24, with the hour where it matters: for days far away. */
export function dateOf(at: string | null | undefined, withTime = false): string {
  if (!at) return "";
  const when = new Date(at);
  const said = whole.format(when).replaceAll("/", "-");
  return withTime ? `${said} ${time.format(when)}` : said;
}

/** 19900 -> ¥199.00 */
export const money = (fen: number | null | undefined) => (fen == null ? "" : `¥${(fen / 100).toFixed(2)}`);

/** {"颜色": "白", "尺码": "M"} -> 白 / M */
export const spec = (value: Record<string, string> | undefined) => Object.values(value ?? {}).join(" / ");

/** [60, 240] -> 预计 1~4 分钟 */
export function wait(eta: [number, number] | null | undefined): string {
  if (!eta) return "";
  if (eta[1] < 60) return "预计不到 1 分钟";
  const from = Math.floor(eta[0] / 60);
  const to = Math.ceil(eta[1] / 60);
  if (from < 1) return `预计 ${to} 分钟以内`;
  return from === to ? `预计约 ${from} 分钟` : `预计 ${from}~${to} 分钟`;
}

/** How long ago, in words an agent reads at a glance. */
export function since(at: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  if (seconds < 60) return `${seconds} 秒`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟`;
  return `${Math.floor(seconds / 3600)} 小时 ${Math.floor((seconds % 3600) / 60)} 分`;
}

export const ORDER_STATUS: Record<string, string> = { paid: "待发货", shipped: "运输中", signed: "已签收", finished: "交易成功" };
