import { describe, expect, it } from "vitest";
import type { RecordEvent, Summary, Ticket } from "../shared/wire";
import type { Note, Promised } from "./writing";
import { NOTHING, reduce, type Act, type State } from "./store";

const summary = (id: string, more: Partial<Summary> = {}): Summary => ({
  id, consumer: { id: "u", name: "小满", anonymous: false }, owner: "queued", epoch: 2, agent: null, party: "platform", party_name: "平台",
  queue: null, last_message: null, last_seq: 5, read_seq: 0, consumer_read_seq: 0, unread: 0, order: null, tickets: [], updated_at: "", ...more,
});

const said = (seq: number, client_msg_id: string | null = null): RecordEvent => ({
  type: "message", seq, at: "",
  message: { seq, sender: "agent", sender_name: "", text: "好的", files: [], buttons: [], card: null, client_msg_id, at: "" },
});

const after = (...acts: Act[]): State => acts.reduce(reduce, NOTHING);

describe("the desk's state", () => {
  it("shows a line once though it comes by socket and by reading", () => {
    const state = after(
      { type: "event", id: "c", event: said(2) },
      { type: "loaded", id: "c", events: [said(1), said(2)], orders: [], tickets: [], readBy: 0 },
      { type: "event", id: "c", event: said(2) },
    );
    expect(state.threads.c.record.map((event) => event.seq)).toEqual([1, 2]);
  });

  it("keeps what is being sent until it is in the record, and sends it again under the same id", () => {
    const message = { client_msg_id: "m", text: "好的", files: [], previews: [], at: "", state: "sending" as const };
    const failed = after({ type: "sending", id: "c", message }, { type: "failed", id: "c", clientMsgId: "m", problem: "网络不好" });
    expect(failed.threads.c.pending[0]).toMatchObject({ state: "failed", problem: "网络不好" });
    const again = [{ type: "sending", id: "c", message } as Act, { type: "event", id: "c", event: said(1, "m") } as Act].reduce(reduce, failed);
    expect(again.threads.c.pending).toEqual([]);
    expect(again.threads.c.record).toHaveLength(1);
  });

  it("keeps a draft for each conversation", () => {
    const state = after({ type: "draft", id: "a", text: "给甲的" }, { type: "draft", id: "b", text: "给乙的" }, { type: "opened", id: "a" });
    expect([state.drafts.a, state.drafts.b]).toEqual(["给甲的", "给乙的"]);
  });

  it("takes a conversation out of the queue when somebody has it, and ignores older news of it", () => {
    const state = after(
      { type: "queue", waiting: [summary("a"), summary("b")] },
      { type: "changed", summary: summary("a", { owner: "agent", last_seq: 6 }) },
      { type: "changed", summary: summary("a", { owner: "queued", last_seq: 5 }) },
    );
    expect(state.waiting).toEqual(["b"]);
    expect(state.summaries.a.owner).toBe("agent");
  });

  it("shows a note once, though it comes as the answer and by socket", () => {
    const note = (id: string, at: string) => ({ id, at, text: id, kind: "note" }) as Note;
    const state = after(
      { type: "notes", id: "c", notes: [note("b", "2")] },
      { type: "notes", id: "c", notes: [note("a", "1"), note("b", "2")] },
    );
    expect(state.threads.c.notes.map((one) => one.id)).toEqual(["a", "b"]);
  });

  it("keeps an agent's own promises until they are settled, the first due first", () => {
    const promise = (id: string, due_at: string, state = "open", agent = "me") =>
      ({ id, due_at, state, note: "", agent: { id: agent }, conversation_id: "c" }) as Promised;
    const made: Act[] = [promise("x", "2"), promise("y", "1"), promise("z", "0", "open", "other")].map((one) => ({ type: "promise", promise: one, me: "me" }));
    expect(after(...made).due.map((one) => one.id)).toEqual(["y", "x"]);
    expect(after(...made, { type: "promise", promise: promise("y", "1", "kept"), me: "me" }).due.map((one) => one.id)).toEqual(["x"]);
    expect(after(...made, { type: "promise", promise: promise("y", "1", "broken"), me: "me" }).due).toHaveLength(2);
  });

  it("shows an offer until it is gone or taken", () => {
    const offer = (id: string): Act => ({ type: "offer", offer: { conversation: summary(id), expires_at: "" } });
    expect(after(offer("a"), offer("a"), offer("b")).offers).toHaveLength(2);
    expect(after(offer("a"), { type: "offer_gone", id: "a" }).offers).toEqual([]);
    expect(after(offer("a"), { type: "changed", summary: summary("a", { owner: "agent" }) }).offers).toEqual([]);
  });

  it("never replaces a ticket by an older version of it", () => {
    const ticket = (version: number) => ({ id: "AX1", conversation_id: "c", version }) as Ticket;
    const event = (seq: number, version: number): Act => ({
      type: "event", id: "c", event: { type: "ticket_changed", seq, at: "", text: "", ticket: ticket(version) },
    });
    expect(after(event(1, 2), event(2, 1)).threads.c.tickets[0].version).toBe(2);
  });
});
