import { describe, expect, it } from "vitest";
import type { RecordEvent, Summary, Ticket } from "../shared/wire";
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
    expect([state.threads.a.draft, state.threads.b.draft]).toEqual(["给甲的", "给乙的"]);
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

  it("never replaces a ticket by an older version of it", () => {
    const ticket = (version: number) => ({ id: "AX1", conversation_id: "c", version }) as Ticket;
    const event = (seq: number, version: number): Act => ({
      type: "event", id: "c", event: { type: "ticket_changed", seq, at: "", text: "", ticket: ticket(version) },
    });
    expect(after(event(1, 2), event(2, 1)).threads.c.tickets[0].version).toBe(2);
  });
});
