import { describe, expect, it } from "vitest";
import { lastSeq, liveButtons, merge, stillPending, type Pending } from "./record";
import type { RecordEvent, Sender } from "./wire";

const line = (seq: number, sender: Sender = "consumer", client_msg_id: string | null = null): RecordEvent => ({
  type: "message",
  seq,
  at: "2026-11-24T00:00:00Z",
  message: { seq, sender, sender_name: "", text: `第${seq}句`, files: [], buttons: [], card: null, client_msg_id, at: "" },
});

const waiting = (client_msg_id: string): Pending => ({ client_msg_id, text: "", files: [], previews: [], at: "", state: "sending" });

describe("the record", () => {
  it("keeps every line once and in order, however lines arrive", () => {
    let record: RecordEvent[] = [];
    for (const events of [[line(3)], [line(1), line(2)], [line(2), line(3), line(4)], [line(4)]]) record = merge(record, events);
    expect(record.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
    expect(lastSeq(record)).toBe(4);
  });

  it("is the same object when nothing is new, so that nothing is drawn again", () => {
    const record = merge([], [line(1)]);
    expect(merge(record, [line(1)])).toBe(record);
  });

  it("takes a message off the way once it has arrived", () => {
    const left = stillPending([waiting("a"), waiting("b")], [line(1, "consumer", "a")]);
    expect(left.map((one) => one.client_msg_id)).toEqual(["b"]);
  });

  it("offers the buttons of the bot's last message until the consumer answers", () => {
    expect(liveButtons([line(1, "bot"), line(2, "system")])).toBe(1);
    expect(liveButtons([line(1, "bot"), line(2, "consumer")])).toBeNull();
  });
});
