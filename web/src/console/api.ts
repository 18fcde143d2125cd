import { request, upload } from "../shared/http";
import type { OrderLine, RecordEvent, Summary, Statement, Ticket, WireFile } from "../shared/wire";

export interface Agent {
  id: string;
  name: string;
  username: string;
  role: string;
  party: string;
  party_name: string;
}

export interface Detail {
  conversation: Summary;
  events: RecordEvent[];
  orders: OrderLine[];
  tickets: Ticket[];
}

const DESK = "/api/v1/desk";

/** The proof that a request comes from this page: the session's other cookie, readable here alone. */
const csrf = () => /(?:^|;\s*)anxin_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";

const get = <T>(path: string) => request<T>(`${DESK}/${path}`);
const post = <T>(path: string, json: unknown = {}) =>
  request<T>(`${DESK}/${path}`, { method: "POST", json, headers: { "X-CSRF-Token": csrf() } });

interface Basis {
  clause: string;
  basis: string;
}
export interface Verdict extends Basis {
  allowed: boolean;
  reason: string;
  until: string | null;
}
/** What an order line entitles to; every window is a Verdict. */
export interface Entitlements extends Record<string, unknown> {
  burden_of_proof: (Basis & { reason: string })[];
  freight: (Basis & { reason: string })[];
  intact: Basis & { text: string };
  promises: { text: string }[];
}

/** The desk API's verbs, as /docs describes them. */
export const desk = {
  login: (username: string, password: string) => post<{ agent: Agent }>("login", { username, password }),
  logout: () => post("logout"),
  me: () => get<{ agent: Agent }>("me"),
  agents: () => get<{ agents: Agent[] }>("agents"),
  conversations: (filter: string) => get<{ conversations: Summary[] }>(`conversations?filter=${filter}`),
  detail: (id: string) => get<Detail>(`conversations/${id}`),
  earlier: (id: string, before: number) => get<{ events: RecordEvent[] }>(`conversations/${id}/events?before=${before}`),
  accept: (id: string) => post<{ conversation: Summary }>(`conversations/${id}/accept`),
  reply: (id: string, body: { client_msg_id: string; text: string; files: string[]; epoch: number }) =>
    post<{ seq: number; duplicate: boolean }>(`conversations/${id}/messages`, body),
  handBack: (id: string, epoch: number) => post<{ conversation: Summary }>(`conversations/${id}/hand-back`, { epoch }),
  transfer: (id: string, body: { epoch: number; agent_id?: string; party?: string; note?: string }) =>
    post<{ conversation: Summary }>(`conversations/${id}/transfer`, body),
  close: (id: string, epoch: number) => post<{ conversation: Summary }>(`conversations/${id}/close`, { epoch }),
  upload: (id: string, file: File, progress: (part: number) => void) =>
    upload<WireFile>(`${DESK}/conversations/${id}/files`, file, { "X-CSRF-Token": csrf() }, progress),
  tickets: (query: { status?: string; q?: string; cursor?: string; escalated?: string }) =>
    get<{ tickets: Ticket[]; next_cursor: string | null }>(
      `tickets?${new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1])))}`,
    ),
  ticket: (id: string) => get<{ ticket: Ticket }>(`tickets/${id}`),
  entitlements: (lineId: string, subType: string | null) =>
    get<{ eligibility: Entitlements }>(`eligibility/${encodeURIComponent(lineId)}${subType ? `?sub_type=${subType}` : ""}`),
  countersign: (id: string, body: { agrees: boolean; reason?: string }) => post<{ ticket: Ticket }>(`tickets/${id}/countersign`, body),
  state: (id: string, body: { text: string }) => post<{ statement: Statement }>(`tickets/${id}/statements`, body),
  move: (id: string, body: Record<string, unknown>) => post<{ ticket: Ticket }>(`tickets/${id}/transitions`, body),
};
