import { request } from "../../shared/http";

const ROOT = "/api/v1/curation";
const csrf = () => /(?:^|;\s*)anxin_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";

export const get = <T>(path: string) => request<T>(`${ROOT}${path}`);
export const post = <T>(path: string, json: unknown = {}) =>
  request<T>(`${ROOT}${path}`, { method: "POST", json, headers: { "X-CSRF-Token": csrf() } });
/** A file as the request's body. */
export const send = <T>(path: string, file: File) =>
  request<T>(`${ROOT}${path}`, { method: "POST", body: file, headers: { "X-CSRF-Token": csrf(), "content-type": "application/octet-stream" } });
export const address = (path: string) => `${ROOT}${path}`;

export interface Fact {
  key: string;
  start: number;
  end: number;
  value?: string | number | boolean | null;
}

export interface Said {
  trainer_name: string;
  verdict: "label" | "exclude" | "skip";
  intent: string | null;
  kind: string | null;
  detail: string | null;
  reason: string;
  settles: boolean;
  at: string;
}

export interface Item {
  id: string;
  text: string;
  facts: Fact[];
  state: string;
  source: string;
  size: number;
  wanted: number;
  predicted: string | null;
  sub_type: string | null;
  confidence: number;
  priority: number;
  ranking: [string, number][];
  why: string[];
  label: { intent: string; detail: string | null } | null;
  change_id: string | null;
  last_at: string;
  labels?: Said[];
}

export interface TalkLine {
  seq: number;
  sender: "consumer" | "bot" | "agent" | "system";
  text: string;
  buttons: string[];
  at: string;
  here: boolean;
}

export interface Detail extends Item {
  wordings: { turn_id: number; text: string; count: number }[];
  talk: TalkLine[];
  labels: Said[];
}

export interface Meaning {
  intent: string;
  name: string;
  key: string | null;
  details: { detail: string; kind: string; name: string }[];
}

export interface Guideline {
  labels: { label: string; name: string; key: string | null; when: string; not_when: string; examples: string[] }[];
  boundaries: string[];
  cases: { id: string; text: string; intent: string | null; detail: string | null; why: string; settled_by: string; at: string }[];
}

export interface Me {
  name: string;
  reviews: boolean;
  figures: { states: Record<string, number>; mine_today: number; turns_week: number; missed_week: number };
}

export interface Outcome {
  state: string;
  change: { id: string; commit: string | null; done: { result: string; file: string; text: string }[] | null } | null;
  held_back: string[];
}

export interface Verdict {
  verdict: "label" | "exclude" | "skip";
  intent?: string;
  detail?: string;
  facts?: Fact[];
  reason?: string;
  move?: boolean;
}

export interface Kappa {
  count: number;
  share: number;
  kappa: number | null;
}

export interface Change {
  id: string;
  kind: string;
  author: string;
  reason: string;
  commit: string | null;
  counts: Record<string, number>;
  edits: { do: string; text: string; intent: string; detail: string | null; result?: string; file?: string }[];
  total: number;
  undone_by: string | null;
  at: string;
  done_at: string | null;
}

export const workbench = {
  me: () => get<Me>("/me"),
  labels: () => get<{ labels: Meaning[]; facts: { key: string; name: string }[] }>("/labels"),
  guideline: () => get<{ guideline: Guideline }>("/guideline"),
  inbox: (query: Record<string, string>) => get<{ items: Item[]; total: number }>(`/inbox?${new URLSearchParams(query)}`),
  item: (id: string) => get<{ item: Detail }>(`/inbox/${id}`),
  label: (id: string, said: Verdict) => post<Outcome>(`/inbox/${id}/label`, said),
  settle: (id: string, said: Verdict) => post<Outcome>(`/inbox/${id}/settle`, said),
  second: (id: string) => post(`/inbox/${id}/second`),
  split: (id: string, places: number[]) => post<{ items: string[] }>(`/inbox/${id}/split`, { places }),
  part: (id: string, turn_id: number) => post<{ item: string }>(`/inbox/${id}/part`, { turn_id }),
  undo: (id: string) => post(`/inbox/${id}/undo`),
  disputed: () => get<{ items: Item[]; total: number }>("/disputed"),
  agreement: () =>
    get<{ agreement: { intent: Kappa; detail: Kappa; pairs: (Kappa & { trainers: string[] })[]; confusions: { labels: string[]; count: number }[] } }>("/agreement"),
};

export interface Check {
  id: string;
  state: "queued" | "running" | "done" | "failed";
  asked_by: string;
  problem: string | null;
  counts: Record<string, number>;
  at: string;
  done_at: string | null;
}

export interface Place {
  file?: string | null;
  intent?: string;
  kind?: string | null;
  detail?: string | null;
}

export interface Finding {
  id: number;
  kind: string;
  text: string;
  place: Place;
  other: { intent?: string; text?: string; chance?: number };
  says: string;
  waved: string | null;
}

export interface Report {
  new: number;
  there: number;
  masked: number;
  held_back: number;
  refused: number;
  change_id: string | null;
  problems: { row: number; text: string; code: string; message: string }[];
}

export const data = {
  overview: () => get<{ head: string; total: number; intents: Record<string, number> }>("/data/"),
  changes: (before?: string) => get<{ changes: Change[] }>(`/data/changes${before ? `?before=${before}` : ""}`),
  diff: (commit: string) => get<{ diff: string }>(`/data/changes/${commit}/diff`),
  undo: (id: string, reason: string) => post<{ change: Change }>(`/data/changes/${id}/undo`, { reason }),
  bringIn: (file: File, query: Record<string, string>) => send<{ report: Report }>(`/data/import?${new URLSearchParams(query)}`, file),
  lines: (q: string) => get<{ lines: ({ text: string } & Required<Place>)[] }>(`/data/lines?q=${encodeURIComponent(q)}`),
  relabel: (body: { text: string; intent: string; kind: string | null; detail: string | null; to_intent?: string; to_detail?: string; reason?: string }) =>
    post<{ change: Change }>("/data/relabel", body),
};

export const checks = {
  ask: () => post<{ check: Check }>("/checks"),
  all: () => get<{ checks: Check[]; kinds: Record<string, string> }>("/checks"),
  findings: (id: string, kind: string) => get<{ findings: Finding[] }>(`/checks/${id}/findings?kind=${kind}&limit=200`),
  wave: (id: number, reason: string) => post(`/findings/${id}/wave`, { reason }),
};
