import { merge, stillPending, type Pending } from "../shared/record";
import type { OrderLine, RecordEvent, Summary, Ticket } from "../shared/wire";
import type { Board, Callback, Note, Offer, Presence, Promised } from "./writing";

/** One conversation as the desk has it: its record, what is on its way, notes, promises, the case. */
export interface Thread {
  record: RecordEvent[];
  pending: Pending[];
  notes: Note[];
  promises: Promised[];
  typing: number; // when the consumer was last seen typing, ms
  readBy: number; // up to which seq the consumer has read
  orders: OrderLine[];
  tickets: Ticket[];
  loaded: boolean;
  reachedStart: boolean;
}

export interface State {
  summaries: Record<string, Summary>;
  waiting: string[];
  threads: Record<string, Thread>;
  drafts: Record<string, string>; // apart from the threads: a key stroke draws nothing but its own box
  open: string | null;
  online: boolean;
  listed: boolean; // the lists have been read once
  presence: Presence | null; // null: this service knows no presence
  offers: Offer[];
  due: Promised[]; // my promises that wait to be kept
  callbacks: Callback[]; // words and calls that consumers were promised when nobody was there
  board: Board | null;
}

export const NOTHING: State = {
  summaries: {}, waiting: [], threads: {}, drafts: {}, open: null, online: false, listed: false, presence: null, offers: [], due: [], callbacks: [], board: null,
};

export const EMPTY: Thread = {
  record: [], pending: [], notes: [], promises: [], typing: 0, readBy: 0, orders: [], tickets: [], loaded: false, reachedStart: false,
};

export type Act =
  | { type: "online"; online: boolean }
  | { type: "listed"; summaries: Summary[] }
  | { type: "queue"; waiting: Summary[] }
  | { type: "changed"; summary: Summary }
  | { type: "opened"; id: string | null }
  | { type: "loaded"; id: string; events: RecordEvent[]; orders: OrderLine[]; tickets: Ticket[]; readBy: number }
  | { type: "earlier"; id: string; events: RecordEvent[] }
  | { type: "event"; id: string; event: RecordEvent }
  | { type: "typing"; id: string; at: number }
  | { type: "read"; id: string; seq: number }
  | { type: "draft"; id: string; text: string }
  | { type: "sending"; id: string; message: Pending }
  | { type: "failed"; id: string; clientMsgId: string; problem: string }
  | { type: "dropped"; id: string; clientMsgId: string }
  | { type: "ticket"; ticket: Ticket }
  | { type: "notes"; id: string; notes: Note[] }
  | { type: "promises"; id: string; promises: Promised[] }
  | { type: "promise"; promise: Promised; me: string }
  | { type: "due"; promises: Promised[] }
  | { type: "callbacks"; callbacks: Callback[] }
  | { type: "presence"; presence: Presence }
  | { type: "offer"; offer: Offer }
  | { type: "offer_gone"; id: string }
  | { type: "board"; board: Board };

/** Everything the console shows follows from this; nothing is shown twice, whatever arrives twice. */
export function reduce(state: State, act: Act): State {
  switch (act.type) {
    case "online":
      return { ...state, online: act.online };
    case "listed":
      return { ...state, listed: true, summaries: { ...state.summaries, ...byId(act.summaries) } };
    case "queue":
      return {
        ...state,
        summaries: { ...state.summaries, ...byId(act.waiting) },
        waiting: act.waiting.map((summary) => summary.id),
      };
    case "changed": {
      const known = state.summaries[act.summary.id];
      if (known && known.last_seq > act.summary.last_seq) return state;
      const offers = act.summary.owner === "agent" ? state.offers.filter((one) => one.conversation.id !== act.summary.id) : state.offers;
      const waiting = act.summary.owner === "queued" ? state.waiting : state.waiting.filter((id) => id !== act.summary.id);
      return { ...state, offers, waiting, summaries: { ...state.summaries, [act.summary.id]: act.summary } };
    }
    case "opened":
      return { ...state, open: act.id };
    case "loaded":
      return change(state, act.id, (thread) => {
        const record = merge(thread.record, act.events);
        return {
          record,
          pending: stillPending(thread.pending, record),
          orders: act.orders,
          tickets: act.tickets,
          readBy: Math.max(thread.readBy, act.readBy),
          loaded: true,
          reachedStart: record[0]?.seq === 1,
        };
      });
    case "earlier":
      return change(state, act.id, (thread) => ({
        record: merge(thread.record, act.events),
        reachedStart: act.events.length === 0 || act.events[0].seq === 1,
      }));
    case "event":
      return change(state, act.id, (thread) => {
        const record = merge(thread.record, [act.event]);
        const tickets = act.event.type === "ticket_changed" ? withTicket(thread.tickets, act.event.ticket) : thread.tickets;
        return { record, pending: stillPending(thread.pending, record), tickets, typing: isConsumers(act.event) ? 0 : thread.typing };
      });
    case "typing":
      return change(state, act.id, () => ({ typing: act.at }));
    case "read":
      return change(state, act.id, (thread) => ({ readBy: Math.max(thread.readBy, act.seq) }));
    case "draft":
      return { ...state, drafts: { ...state.drafts, [act.id]: act.text } };
    case "sending":
      return change(state, act.id, (thread) => ({
        pending: [...thread.pending.filter((one) => one.client_msg_id !== act.message.client_msg_id), act.message],
      }));
    case "failed":
      return change(state, act.id, (thread) => ({
        pending: thread.pending.map((one) =>
          one.client_msg_id === act.clientMsgId ? { ...one, state: "failed" as const, problem: act.problem } : one,
        ),
      }));
    case "dropped":
      return change(state, act.id, (thread) => ({
        pending: thread.pending.filter((one) => one.client_msg_id !== act.clientMsgId),
      }));
    case "notes":
      return change(state, act.id, (thread) => ({ notes: withNotes(thread.notes, act.notes) }));
    case "promises":
      return change(state, act.id, () => ({ promises: act.promises }));
    case "promise": {
      const { promise } = act;
      const waits = promise.agent.id === act.me && (promise.state === "open" || (promise.state === "broken" && !promise.note));
      const due = [...state.due.filter((one) => one.id !== promise.id), ...(waits ? [promise] : [])].sort(byDue);
      const next = { ...state, due };
      if (!state.threads[promise.conversation_id]) return next;
      return change(next, promise.conversation_id, (thread) => ({
        promises: [...thread.promises.filter((one) => one.id !== promise.id), promise].sort(byDue),
      }));
    }
    case "due":
      return { ...state, due: [...act.promises].sort(byDue) };
    case "callbacks":
      return { ...state, callbacks: act.callbacks };
    case "presence":
      return { ...state, presence: act.presence };
    case "offer": {
      const { conversation } = act.offer;
      const others = state.offers.filter((one) => one.conversation.id !== conversation.id);
      return { ...state, offers: [...others, act.offer].sort(byTurn), summaries: { ...state.summaries, [conversation.id]: conversation } };
    }
    case "offer_gone":
      return { ...state, offers: state.offers.filter((one) => one.conversation.id !== act.id) };
    case "board":
      return { ...state, board: act.board };
    case "ticket": {
      const id = act.ticket.conversation_id;
      return state.threads[id] ? change(state, id, (thread) => ({ tickets: withTicket(thread.tickets, act.ticket) })) : state;
    }
  }
}

function change(state: State, id: string, how: (thread: Thread) => Partial<Thread>): State {
  const thread = state.threads[id] ?? EMPTY;
  return { ...state, threads: { ...state.threads, [id]: { ...thread, ...how(thread) } } };
}

/** Offers in the order in which their consumers should be served. */
const byTurn = (one: Offer, other: Offer) => {
  const [a, b] = [one.conversation.queue, other.conversation.queue];
  return (b?.priority ?? 0) - (a?.priority ?? 0) || (a?.since ?? "").localeCompare(b?.since ?? "");
};

const byDue = (one: Promised, other: Promised) => one.due_at.localeCompare(other.due_at);

/** Each note once, in the order of writing. */
function withNotes(notes: Note[], more: Note[]): Note[] {
  const all = new Map([...notes, ...more].map((note) => [note.id, note]));
  return all.size === notes.length ? notes : [...all.values()].sort((one, other) => one.at.localeCompare(other.at));
}

const byId = (summaries: Summary[]) => Object.fromEntries(summaries.map((summary) => [summary.id, summary]));

const isConsumers = (event: RecordEvent) => event.type === "message" && event.message.sender === "consumer";

/** A newer version of a ticket takes the place of the older one; an older one changes nothing. */
function withTicket(tickets: Ticket[], ticket: Ticket): Ticket[] {
  const known = tickets.find((one) => one.id === ticket.id);
  if (!known) return [...tickets, ticket];
  return known.version > ticket.version ? tickets : tickets.map((one) => (one.id === ticket.id ? { ...one, ...ticket } : one));
}
