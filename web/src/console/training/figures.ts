import { get, post } from "./api";
import type { Rates } from "./runs";

/** The dashboard and the bot's wording, as /docs describes them. */
export interface Counted extends Rates {
  confidence: number | null;
}

export interface Understanding {
  total: Counted;
  days: (Counted & { day: string; by_label: Record<string, number> })[];
  labels: (Counted & { label: string; name: string })[];
  confidence: { from: number; turns: number }[];
  promotions: { id: string; model: string; at: string; reason: string; state: string; before: Rates; after: Rates }[];
}

export interface Unknown {
  words: { word: string; conversations: number; example: string }[];
  clusters: { id: string; text: string; size: number; predicted: string | null; confidence: number; novelty: number }[];
}

type Top = { name: string; tickets: number }[];
export interface Complaints {
  tickets: number;
  by: Record<"merchant" | "goods" | "category" | "issue" | "cause", Top>;
}

export const figures = {
  understanding: (days: number) => get<Understanding>(`/figures/?days=${days}`),
  unknown: (days: number) => get<Unknown>(`/figures/unknown?days=${days}`),
  complaints: (days: number) => get<Complaints>(`/figures/complaints?days=${days}`),
  csv: (table: string, days: number) => `/api/v1/curation/figures/csv/${table}?days=${days}`,
};

export interface Button {
  title: string;
  payload: string;
  style?: string;
}

export interface Variant {
  text: string;
  buttons?: Button[];
}

export interface Hit {
  start: number;
  end: number;
  found: string;
  better: string;
  why: string;
  violation: boolean;
}

export interface Reply {
  name: string;
  topic: string;
  variants: Variant[];
  marks: { text: string; hits: Hit[] }[];
  names: string[];
  edited: boolean;
  number: number;
  by: string | null;
  at: string | null;
}

export interface Version {
  number: number;
  variants: Variant[];
  by: string;
  reason: string;
  at: string | null;
  back_to: number | null;
  is_current: boolean;
}

export const wording = {
  all: () => get<{ replies: Reply[]; examples: Record<string, string> }>("/wording/"),
  versions: (name: string) => get<{ versions: Version[] }>(`/wording/${name}`),
  check: (name: string, variants: Variant[]) => post<{ marks: Reply["marks"] }>(`/wording/${name}/check`, { variants }),
  release: (name: string, variants: Variant[], reason: string) => post<{ reply: Reply }>(`/wording/${name}/release`, { variants, reason }),
  back: (name: string, number: number, reason: string) => post<{ reply: Reply }>(`/wording/${name}/back`, { number, reason }),
};

export const TOPICS: Record<string, string> = {
  evidence: "收证据", fallback: "没听懂时", greeting: "问候", human: "人工与不满", logistics: "物流", questions: "售后咨询", ticket: "工单与退款",
};

/** A text with its values replaced by examples, as a consumer may read it. */
export const filled = (text: string, examples: Record<string, string>): string =>
  text.replace(/\{([a-z_]+)\}/g, (_, name: string) => examples[name] ?? "……");
