/** The wire as the service speaks it, see /docs. */

export interface WireFile {
  file_id: string;
  kind: "image" | "video" | "document";
  mime: string;
  size: number;
  sha256: string;
  url: string;
  name: string;
  width: number | null;
  height: number | null;
}

export interface Button {
  id: string;
  title: string;
  style?: "default" | "primary";
}

export interface OrderLine {
  line_id: string;
  order_no: string;
  title: string;
  spec: Record<string, string>;
  image_url: string;
  paid_fen: number;
  quantity: number;
  status: "paid" | "shipped" | "signed" | "finished";
  signed_at: string | null;
  merchant_id: string;
  merchant_name: string;
  category: string;
  ordered_at: string;
  shipped_at: string | null;
  carrier: string | null;
  waybill_no: string | null;
  choice?: string;
}

export interface EvidenceItem {
  item_id: string;
  label: string;
  kind: string;
  required: boolean;
  status: "provided" | "waived" | "missing";
  text: string | null;
  files: { file_id: string; kind: string; sha256?: string; url: string }[];
  hints?: string[];
}

export interface Proposal {
  remedy: string;
  remedy_label: string;
  amount_fen: number | null;
  freight_payer: string;
  freight_label: string;
  note: string;
  clause: string;
}

export interface Need {
  name: string;
  label: string;
  type: "text" | "money" | "remedy" | "payer" | "liability" | "clause";
  required: boolean;
  options?: { value: string; label: string }[];
  suggested_fen?: number | null;
  hint?: string | null;
}

export interface NextStep {
  trigger: string;
  label: string;
  due_label: string | null;
  basis: string;
  needs: Need[];
}

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

/** The row of the table of decisions that fits a ticket. */
export interface Decision extends Pick<Basis, "basis"> {
  label: string;
  remedies: { value: string; label: string }[];
  freight_label: string;
  within: string;
  people: boolean;
}

/** The order line as it was when the ticket was opened. */
export interface Snapshot {
  order_no: string;
  spec: Record<string, string>;
  quantity: number;
  paid_fen: number;
  payment: { method: string; paid_fen: number }[];
  ordered_at: string | null;
  signed_at: string | null;
  carrier: string | null;
  waybill_no: string | null;
  gifts: string[];
  promises: { text: string }[];
  no_reason_exclusion: string | null;
  consent_at: string | null;
}

export interface HistoryEntry {
  at: string;
  actor_kind: string;
  actor_name: string;
  from: string | null;
  to: string;
  to_label: string;
  trigger: string;
  trigger_label: string;
  reason: string;
}

export interface Ruling {
  outcome: "supported" | "rejected";
  liability_label: string;
  clause: string;
  reason: string;
  proposal: Proposal | null;
  at: string;
}

export interface Statement {
  side: "consumer" | "merchant" | "platform";
  side_label: string;
  name: string;
  text: string;
  files: { file_id: string; kind: string; sha256?: string; url: string }[];
  at: string;
}

export interface Parcel {
  kind_label: string;
  carrier: string;
  waybill_no: string;
  state: string;
  traces: { at: string; text: string }[];
  signed_at: string | null;
}

export interface Ticket {
  id: string;
  conversation_id: string;
  status: string;
  status_label: string;
  phase: string | null;
  phase_label: string | null;
  escalated: boolean;
  adjudication: Ruling | null;
  quote: { amount_fen: number; reason: string; state: "asked" | "accepted" | "refused" } | null;
  steps: NextStep[];
  issue_type: string;
  sub_type: string | null;
  issue_label: string;
  remedy_label: string | null;
  order: Pick<OrderLine, "line_id" | "order_no" | "title" | "spec" | "image_url" | "paid_fen" | "quantity" | "status" | "signed_at"> | null;
  merchant: { id: string; name: string } | null;
  consumer: { id: string; name: string };
  evidence: EvidenceItem[];
  return_to: string | null;
  proposal: Proposal | null;
  proof: string | null;
  due_at: string | null;
  due_label: string | null;
  next_step: string;
  version: number;
  opened_at: string;
  closed_at: string | null;
  rating: { score: number; service: number | null; note: string } | null;
  next?: NextStep[];
  pending_decision?: { trigger_label: string; by_name: string; mine: boolean; remedy_label: string; amount_fen: number | null; reason: string; at: string } | null;
  statements?: Statement[];
  parcels?: Parcel[];
  refunds?: { amount_fen: number; state: string; started_at: string; settled_at: string | null }[];
  history?: HistoryEntry[];
  entitlements?: Entitlements | null;
  decision?: Decision | null;
  snapshot?: Snapshot | null;
  /** What else it may be about, for those who may say so. */
  types?: IssueChoice[];
}

export interface IssueChoice {
  issue_type: string;
  sub_type: string | null;
  label: string;
  group: string;
}

export interface EvidenceWanted {
  id: string;
  label: string;
  kind: string;
  required: boolean;
  hint: string;
  done: boolean;
  waived: boolean;
  problems?: number[];
}

export type Card =
  | { type: "order_picker"; title: string; orders: OrderLine[] }
  | {
      type: "evidence_request";
      issue_label: string;
      order: OrderLine | null;
      items: EvidenceWanted[];
      /** Of several problems told at once: each with its own goods. Items name theirs by place. */
      problems?: { issue_label: string; order: OrderLine | null }[];
      deadline: string | null;
    }
  | { type: "ticket" | "proposal" | "adjudication"; ticket: Ticket }
  | { type: "rating"; ticket_id: string }
  | { type: "queue"; position: number; waiting: number; eta_seconds: [number, number] | null };

export type Sender = "consumer" | "bot" | "agent" | "system";

export interface Message {
  seq: number;
  sender: Sender;
  sender_name: string | null;
  text: string;
  files: WireFile[];
  buttons: Button[];
  card: Card | null;
  client_msg_id: string | null;
  at: string;
}

export type Owner = "bot" | "queued" | "agent" | "closed";
export interface Person {
  id: string;
  name: string;
}

/** A talk by phone or video, entered by the agent who had it. */
export interface TalkRecord {
  kind: "phone" | "video";
  summary: string;
  at: string;
  minutes: number | null;
  by: Person;
  files: WireFile[];
}

/** Events with a `seq` are lines of the communication record. */
export type RecordEvent =
  | { type: "message"; seq: number; at: string; message: Message }
  | { type: "owner_changed"; seq: number; at: string; owner: Owner; epoch: number; agent: Person | null; text: string }
  | { type: "ticket_changed"; seq: number; at: string; ticket: Ticket; text: string }
  | { type: "record"; seq: number; at: string; text: string; record: TalkRecord };

export type Passing =
  | { type: "typing"; sender: Sender; sender_name: string }
  | { type: "read"; sender: Sender; seq: number }
  | {
      type: "queue_position";
      position: number;
      waiting: number;
      eta_seconds: [number, number] | null;
      waited_seconds: number;
      late: boolean;
      open: boolean;
      online: number; // agents who could come
      hours: string;
      opens_at: string | null;
      mode: WaitMode;
      choices: WaitMode[];
    };

/** How a consumer waits for a person: on the page, for an answer here later, for a call. */
export type WaitMode = "wait" | "ticket" | "callback";

export type WireEvent = RecordEvent | Passing;

export interface Problem {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

export interface Summary {
  id: string;
  consumer: { id: string; name: string; anonymous: boolean };
  owner: Owner;
  epoch: number;
  agent: Person | null;
  party: string;
  party_name: string;
  queue: { reason: string; reason_label: string; priority: number; since: string; position?: number } | null;
  last_message: { text: string; sender: Sender; at: string } | null;
  last_seq: number;
  read_seq: number;
  consumer_read_seq: number;
  unread: number;
  waiting_since?: string | null; // since when the consumer waits for the agent's answer
  order: { title: string } | null;
  tickets: { id: string; status: string; status_label: string }[];
  updated_at: string;
}
