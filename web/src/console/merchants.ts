import { request } from "../shared/http";

/** The merchants' part of the desk API, as /docs describes it. */
export interface Line {
  merchant_id: string;
  merchant_name: string;
  score: number | null;
  tier: string | null;
  tier_label: string | null;
  cases: number;
  day: string;
}

export type Unit = "seconds" | "hours" | "share";

export interface Metric {
  name: string;
  label: string;
  unit: Unit;
  group: string;
  goal: number;
  more_is_better: boolean;
  value: number | null;
  count: number;
  points: number | null;
  meets: boolean | null;
}

export interface Day extends Line {
  report: { groups: { name: string; label: string; weight: number; points: number | null }[]; metrics: Metric[] };
}

export interface Behind {
  metric: string;
  label: string;
  unit: Unit;
  value: number | null;
  count: number;
  from: string;
  to: string;
  of: "tickets" | "conversations";
  items: { id: string; value: number }[];
}

export interface Measure {
  id: string;
  kind: string;
  kind_label: string;
  state: string;
  state_label: string;
  in_force: boolean;
  facts: string;
  reason: string;
  clause: string;
  evidence: { tickets?: string[]; day?: string };
  proposed_at: string;
  appeal_until: string | null;
  rectify_until: string | null;
  steps: { trigger: string; to_label: string; actor_name: string; reason: string; signature: { name: string } | null; at: string }[];
  next: { trigger: string; label: string }[];
}

export interface Course {
  version: string;
  pass_mark: number;
  cards: { id: string; title: string; text: string; clause: string }[];
  questions: { id: string; card: string; text: string; options: Record<string, string> }[];
}

export interface Attempt {
  id: string;
  agent_name: string;
  correct: number;
  total: number;
  passed: boolean;
  at: string;
  wrong?: { id: string; answer: string; why: string }[];
}

const ROOT = "/api/v1/desk/merchants";
const csrf = () => /(?:^|;\s*)anxin_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
const get = <T>(path: string) => request<T>(`${ROOT}${path}`);
const post = <T>(path: string, json: unknown) => request<T>(`${ROOT}${path}`, { method: "POST", json, headers: { "X-CSRF-Token": csrf() } });

export const merchants = {
  all: () => get<{ merchants: Line[] }>("/"),
  one: (id: string) => get<{ merchant: Day; history: Day[] }>(`/${encodeURIComponent(id)}`),
  behind: (id: string, metric: string, day: string) => get<Behind>(`/${encodeURIComponent(id)}/metrics/${metric}?day=${day}`),
  measures: (id: string) => get<{ measures: Measure[] }>(`/${encodeURIComponent(id)}/measures`),
  attempts: (id: string) => get<{ attempts: Attempt[] }>(`/${encodeURIComponent(id)}/attempts`),
  decide: (id: string, trigger: string, reason: string) => post<{ measure: Measure }>(`/measures/${id}/${trigger}`, { reason }),
  course: () => get<{ course: Course; passed: boolean; attempts: Attempt[] }>("/course"),
  answer: (answers: Record<string, string>) => post<{ attempt: Attempt }>("/course/attempts", { answers }),
};

/** A metric's value as people say it: 1.5 小时, 90 秒, 97.5%; — without one. */
export function amount(value: number | null, unit: Unit): string {
  if (value === null) return "—";
  if (unit === "share") return `${trim(value * 100)}%`;
  if (unit === "seconds") return `${trim(value)} 秒`;
  return value > 0 && value < 1 ? `${trim(value * 60)} 分钟` : `${trim(value)} 小时`;
}

const trim = (value: number) => String(Number(value.toFixed(1)));

/** The course of one metric over the days, with gaps where it had no value. */
export const series = (history: Day[], name: string): { day: string; value: number | null }[] =>
  history.map((day) => ({ day: day.day.slice(5), value: day.report.metrics.find((one) => one.name === name)?.value ?? null }));
