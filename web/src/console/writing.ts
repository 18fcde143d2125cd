/** What the desk's wire says besides the record: notes, promises, suggestions, offers, the board, reports. */
import type { Summary } from "../shared/wire";

export type Presence = "online" | "busy" | "away" | "offline";

export interface Note {
  id: string;
  conversation_id: string;
  kind: "note" | "whisper";
  author: { id: string; name: string };
  to: string | null;
  text: string;
  after_seq: number;
  client_msg_id: string;
  at: string;
}

export interface Hit {
  start: number;
  end: number;
  found: string;
  better: string;
  why: string;
  kind: "stiff" | "shirk" | "vague";
  kind_label: string;
}

export interface Checked {
  hits: Hit[];
  promises: { kind: string; phrase: string; text: string; due_at: string }[];
}

export interface Promised {
  id: string;
  conversation_id: string;
  ticket_id: string | null;
  seq: number;
  kind_label: string;
  text: string;
  phrase: string;
  due_at: string;
  state: "open" | "kept" | "broken" | "withdrawn";
  agent: { id: string; name: string };
  note: string;
}

export interface Suggestion {
  kind: "reply" | "step";
  source: "rule" | "bot" | "canned";
  title: string;
  text: string;
  why: string;
  ref: { ticket_id?: string; trigger?: string; canned_id?: string };
}

export interface Canned {
  id: string;
  scope: "own" | "merchant" | "platform";
  title: string;
  text: string;
  editable: boolean;
  filled?: string;
  missing?: string[];
}

/** When a party's people are there; spans like 09:00-18:00. */
export interface Hours {
  party: string;
  workdays: string[];
  days_off: string[];
  closed_days: string[];
  spoken: string;
  open: boolean;
  opens_at: string | null;
  changed: { by: string; at: string } | null;
}

/** A word or a call that a consumer was promised when nobody was there. */
export interface Callback {
  id: string;
  conversation_id: string;
  kind: "ticket" | "callback";
  phone: string | null;
  wish: string | null;
  due_at: string;
  state: string;
  consumer_name?: string;
}

export interface BriefLine {
  topic: string;
  label: string;
  text: string;
  seq?: number | null;
  ref?: string | null;
  tone?: "warn" | "ok" | null;
}

export interface Team {
  id: string;
  name: string;
  party: string;
  skills: string[];
  online: number;
  waiting: number;
}

export interface Offer {
  conversation: Summary;
  expires_at: string;
}

export interface BoardAgent {
  id: string;
  name: string;
  party: string;
  party_name?: string;
  presence: Presence;
  load: number;
  capacity: number;
  skills?: string[];
}

export interface Board {
  waiting: number;
  oldest_seconds: number | null;
  agents: BoardAgent[];
  parties: { id: string; name: string; waiting: number; oldest_seconds: number | null; open?: number; online?: number }[];
  sla: Record<string, number | null>;
}

export interface Metric {
  key: string;
  label: string;
  unit: string;
  total: number | null;
  series: { at: string; value: number | null }[];
}

export interface ReportTable {
  key?: string;
  title: string;
  columns: { key: string; label: string; unit?: string }[];
  rows: Record<string, unknown>[];
}

export interface Report {
  metrics: Metric[];
  tables: ReportTable[];
}

export interface AuditEntry {
  id: number | string;
  kind: string;
  kind_label?: string;
  conversation_id: string | null;
  actor: string;
  actor_name?: string;
  data: Record<string, unknown>;
  at: string;
}
