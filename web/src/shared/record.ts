import type { Message, RecordEvent } from "./wire";

/** A message on its way: typed here, not yet acknowledged. */
export interface Pending {
  client_msg_id: string;
  text: string;
  files: string[];
  previews: { url: string; kind: string }[];
  choice?: string;
  at: string;
  state: "sending" | "failed";
  problem?: string;
}

/** Adds events to a record: in order of seq, each once, whatever the order in which they came. */
export function merge(record: RecordEvent[], events: RecordEvent[]): RecordEvent[] {
  const known = new Set(record.map((event) => event.seq));
  const fresh = events.filter((event) => !known.has(event.seq) && known.add(event.seq));
  if (fresh.length === 0) return record;
  return [...record, ...fresh].sort((one, other) => one.seq - other.seq);
}

/** What is shown of a record: a ticket's opening is told by the bot with its card, a second line would say it twice. */
export const withoutOpenings = (record: RecordEvent[]) =>
  record.filter((event) => event.type !== "ticket_changed" || event.ticket.version > 1);

export const lastSeq = (record: RecordEvent[]) => (record.length ? record[record.length - 1].seq : 0);

/** What is still on its way once the record holds the messages it came from. */
export function stillPending(pending: Pending[], record: RecordEvent[]): Pending[] {
  const arrived = new Set(
    record.flatMap((event) => (event.type === "message" && event.message.client_msg_id ? [event.message.client_msg_id] : [])),
  );
  return pending.filter((one) => !arrived.has(one.client_msg_id));
}

/** The buttons that may still be pressed: those of the last message, until the consumer has answered it. */
export function liveButtons(record: RecordEvent[]): number | null {
  const said: string[] = [];
  let passed = false; // the conversation changed hands: what an agent asked before is no question any more
  for (let i = record.length - 1; i >= 0; i--) {
    const event = record[i];
    if (event.type === "owner_changed") passed = true;
    if (event.type !== "message") continue;
    const { sender, text, buttons } = event.message;
    if (sender === "consumer") said.push(text);
    if (sender === "bot") return said.length ? null : event.seq;
    if (sender === "agent" && buttons.length) return passed || buttons.some((one) => said.includes(one.title)) ? null : event.seq;
  }
  return null;
}

export const isMine = (message: Message) => message.sender === "consumer";
