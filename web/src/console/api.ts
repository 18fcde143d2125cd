import { request, upload } from "../shared/http";
import type { Entitlements, OrderLine, RecordEvent, Summary, Statement, Ticket, WireFile } from "../shared/wire";
import type { AuditEntry, Board, BriefLine, Callback, Canned, Checked, Hours, Note, Presence, Promised, Report, Suggestion, Team } from "./writing";

export interface Agent {
  id: string;
  name: string;
  username: string;
  role: string;
  party: string;
  party_name: string;
  presence?: Presence;
  auto_accept?: boolean;
  capacity?: number;
  load?: number;
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
const send = <T>(method: string, path: string, json: unknown = {}) =>
  request<T>(`${DESK}/${path}`, { method, json, headers: { "X-CSRF-Token": csrf() } });
const post = <T>(path: string, json: unknown = {}) => send<T>("POST", path, json);
const query = (values: Record<string, string | undefined>) =>
  new URLSearchParams(Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1]))).toString();

/** The desk API's verbs, as /docs describes them. */
export const desk = {
  login: (username: string, password: string) => post<{ agent: Agent }>("login", { username, password }),
  logout: () => post("logout"),
  me: () => get<{ agent: Agent }>("me"),
  agents: () => get<{ agents: Agent[] }>("agents"),
  conversations: (filter: string, more: { before?: string; q?: string } = {}) =>
    get<{ conversations: Summary[] }>(`conversations?${query({ filter, limit: "200", ...more })}`),
  detail: (id: string) => get<Detail>(`conversations/${id}`),
  earlier: (id: string, before: number) => get<{ events: RecordEvent[] }>(`conversations/${id}/events?before=${before}`),
  accept: (id: string) => post<{ conversation: Summary }>(`conversations/${id}/accept`),
  reply: (id: string, body: { client_msg_id: string; text: string; files: string[]; epoch: number }) =>
    post<{ seq: number; duplicate: boolean }>(`conversations/${id}/messages`, body),
  decline: (id: string, reason = "") => post(`conversations/${id}/decline`, { reason }),
  presence: (state: Presence, auto_accept?: boolean) => post<{ presence: Presence }>("presence", { state, auto_accept }),
  callbacks: () => get<{ callbacks: Callback[] }>("callbacks"),
  calledBack: (id: string) => post(`callbacks/${id}/done`),
  teams: () => get<{ teams: Team[] }>("teams"),
  brief: (id: string) => get<{ lines: BriefLine[]; made_at: string }>(`conversations/${id}/brief`),
  bargeIn: (id: string, note: string) => post<{ conversation: Summary }>(`conversations/${id}/barge-in`, { note }),
  reassign: (id: string, agent_id: string, note: string) => post<{ conversation: Summary }>(`conversations/${id}/reassign`, { agent_id, note }),
  record: (id: string, body: { kind: "phone" | "video"; summary: string; at: string; minutes?: number; file_id?: string }) => post(`conversations/${id}/records`, body),
  board: () => get<Board>("board"),
  hours: () => get<{ hours: Hours }>("hours"),
  setHours: (hours: Pick<Hours, "workdays" | "days_off" | "closed_days">) => send<{ hours: Hours }>("PUT", "hours", hours),
  report: (values: { from: string; to: string; by: string }) => get<Report>(`reports?${query(values)}`),
  reportCsv: (values: { from: string; to: string; by: string }) => `${DESK}/reports.csv?${query(values)}`,
  audit: (values: Record<string, string | undefined>) => get<{ entries: AuditEntry[]; next: number | string | null }>(`audit?${query(values)}`),
  notes: (id: string) => get<{ notes: Note[] }>(`conversations/${id}/notes`),
  note: (id: string, body: { client_msg_id: string; text: string; kind: Note["kind"] }) => post<{ note: Note }>(`conversations/${id}/notes`, body),
  suggestions: (id: string) => get<{ suggestions: Suggestion[] }>(`conversations/${id}/suggestions`),
  check: (text: string) => post<Checked>("wording-check", { text }),
  promises: (id: string) => get<{ promises: Promised[] }>(`conversations/${id}/promises`),
  promisesDue: (all = false) => get<{ promises: Promised[] }>(`promises${all ? "?all=1" : ""}`),
  settle: (id: string, outcome: "kept" | "withdrawn", note = "") => post<{ promise: Promised }>(`promises/${id}/settle`, { outcome, note }),
  canned: (q: string, conversation_id?: string) => get<{ canned: Canned[] }>(`canned?${query({ q, conversation_id })}`),
  addCanned: (body: { title: string; text: string; scope: Canned["scope"] }) => post<{ canned: Canned }>("canned", body),
  changeCanned: (id: string, body: { title: string; text: string }) => send<{ canned: Canned }>("PUT", `canned/${id}`, body),
  removeCanned: (id: string) => send("DELETE", `canned/${id}`),
  usedCanned: (id: string) => post(`canned/${id}/used`),
  handBack: (id: string, epoch: number, note = "") => post<{ conversation: Summary }>(`conversations/${id}/hand-back`, { epoch, note }),
  transfer: (id: string, body: { epoch: number; agent_id?: string; team?: string; party?: string; note?: string }) =>
    post<{ conversation: Summary }>(`conversations/${id}/transfer`, body),
  close: (id: string, epoch: number) => post<{ conversation: Summary }>(`conversations/${id}/close`, { epoch }),
  upload: (id: string, file: File, progress: (part: number) => void) =>
    upload<WireFile>(`${DESK}/conversations/${id}/files`, file, { "X-CSRF-Token": csrf() }, progress),
  tickets: (values: { status?: string; q?: string; cursor?: string; escalated?: string }) =>
    get<{ tickets: Ticket[]; next_cursor: string | null }>(`tickets?${query(values)}`),
  ticket: (id: string) => get<{ ticket: Ticket }>(`tickets/${id}`),
  entitlements: (lineId: string, subType: string | null) =>
    get<{ eligibility: Entitlements }>(`eligibility/${encodeURIComponent(lineId)}${subType ? `?sub_type=${subType}` : ""}`),
  countersign: (id: string, body: { agrees: boolean; reason?: string }) => post<{ ticket: Ticket }>(`tickets/${id}/countersign`, body),
  retype: (id: string, body: { issue_type: string; sub_type: string | null; reason: string; version: number }) =>
    post<{ ticket: Ticket }>(`tickets/${id}/retype`, body),
  evidence: (id: string, file: File) => upload<WireFile>(`${DESK}/tickets/${id}/files`, file, { "X-CSRF-Token": csrf() }, () => undefined),
  state: (id: string, body: { text: string; files: string[] }) => post<{ statement: Statement }>(`tickets/${id}/statements`, body),
  move: (id: string, body: Record<string, unknown>) => post<{ ticket: Ticket }>(`tickets/${id}/transitions`, body),
};
