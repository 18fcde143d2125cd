import type { Summary } from "../shared/wire";

export type Tab = "mine" | "waiting" | "all";
export type Only = "all" | "unanswered" | "unread" | "late";
export type Urgency = "" | "soon" | "late";

export const ONLY: { value: Only; label: string }[] = [
  { value: "all", label: "不筛选" },
  { value: "unanswered", label: "待我回复" },
  { value: "unread", label: "有未读" },
  { value: "late", label: "等久了" },
];

const SOON = 60; // seconds of waiting after which a row turns amber, and red at three times that

/** Since when the consumer waits: for somebody to come, or for the agent's answer. */
export const waitsSince = (one: Summary): string | null =>
  one.queue?.since ?? (one.owner === "agent" ? (one.waiting_since ?? (one.last_message?.sender === "consumer" ? one.last_message.at : null)) : null);

export function urgency(one: Summary, now: number): Urgency {
  const since = waitsSince(one);
  if (!since) return "";
  const seconds = (now - Date.parse(since)) / 1000;
  return seconds > 3 * SOON ? "late" : seconds > SOON ? "soon" : "";
}

/** The agent's own conversations: who waits for an answer first, the longest waiting on top; then by the last word. */
export function inOrder(mine: Summary[]): Summary[] {
  return [...mine].sort((a, b) => {
    const [one, other] = [waitsSince(a), waitsSince(b)];
    if (one && other) return one.localeCompare(other);
    if (one || other) return one ? -1 : 1;
    return b.updated_at.localeCompare(a.updated_at);
  });
}

/** What is left of a list after a filter and a search over name, words, goods, ticket and merchant. */
export function matching(list: Summary[], only: Only, search: string, now: number): Summary[] {
  const wanted = search.trim().toLowerCase();
  return list.filter((one) => {
    if (only === "unread" && !one.unread) return false;
    if (only === "unanswered" && !waitsSince(one)) return false;
    if (only === "late" && urgency(one, now) !== "late") return false;
    if (!wanted) return true;
    const words = [one.consumer.name, one.last_message?.text, one.order?.title, one.party_name, one.id, ...one.tickets.map((ticket) => ticket.id)];
    return words.some((word) => word?.toLowerCase().includes(wanted));
  });
}
