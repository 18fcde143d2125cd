import { describe, expect, it } from "vitest";
import type { Summary } from "../shared/wire";
import { inOrder, matching, urgency, waitsSince } from "./lists";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const one = (id: string, more: Partial<Summary> = {}): Summary => ({
  id, consumer: { id, name: id, anonymous: false }, owner: "agent", epoch: 2, agent: { id: "me", name: "" }, party: "platform", party_name: "平台",
  queue: null, last_message: null, last_seq: 1, read_seq: 0, consumer_read_seq: 0, unread: 0, order: null, tickets: [], updated_at: ago(0), ...more,
});

describe("an agent's list", () => {
  it("has the longest waiting on top and the answered below by their last word", () => {
    const list = [one("new", { updated_at: ago(5) }), one("short", { waiting_since: ago(30) }), one("old", { updated_at: ago(900) }), one("long", { waiting_since: ago(300) })];
    expect(inOrder(list).map((each) => each.id)).toEqual(["long", "short", "new", "old"]);
  });

  it("turns amber after a minute of waiting and red after three", () => {
    expect([10, 61, 181].map((seconds) => urgency(one("a", { waiting_since: ago(seconds) }), NOW))).toEqual(["", "soon", "late"]);
    expect(urgency(one("a"), NOW)).toBe("");
  });

  it("counts the wait in the queue from its beginning", () => {
    const queue = { reason: "button", reason_label: "", priority: 0, since: ago(70) };
    expect(waitsSince(one("a", { owner: "queued", queue, waiting_since: ago(10) }))).toBe(ago(70));
  });

  it("is searched by name, words, goods, merchant and ticket, and narrowed by filters", () => {
    const list = [
      one("小满", { tickets: [{ id: "AX2026", status: "", status_label: "" }], unread: 2 }),
      one("阿青", { last_message: { text: "鞋子破了", sender: "consumer", at: ago(200) } }),
      one("默默", { order: { title: "真皮女鞋" } }),
    ];
    expect(matching(list, "all", "鞋", NOW).map((each) => each.id)).toEqual(["阿青", "默默"]);
    expect(matching(list, "all", "ax2026", NOW).map((each) => each.id)).toEqual(["小满"]);
    expect(matching(list, "unread", "", NOW).map((each) => each.id)).toEqual(["小满"]);
    expect(matching(list, "late", "", NOW).map((each) => each.id)).toEqual(["阿青"]);
  });
});
