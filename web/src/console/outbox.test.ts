import { describe, expect, it } from "vitest";
import { Refusal } from "../shared/http";
import { Outbox, type Outgoing } from "./outbox";

const one = (text: string, conversation = "c"): Outgoing => ({
  conversation, epoch: 3, message: { client_msg_id: text, text, files: [], previews: [], at: "", state: "sending" },
});

function made(answer: (one: Outgoing, n: number) => Error | null) {
  const kept = new Map<string, string>();
  const asked: string[] = [], sent: string[] = [], refused: string[] = [], later: (() => void)[] = [];
  const options = {
    key: "k",
    storage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) },
    deliver: async (item: Outgoing) => {
      asked.push(item.message.text);
      const error = answer(item, asked.length);
      if (error) throw error;
    },
    sent: (item: Outgoing) => void sent.push(item.message.text),
    refused: (item: Outgoing, problem: { code: string }) => void refused.push(`${item.message.text}:${problem.code}`),
    stopped: (item: Outgoing) => void refused.push(`${item.message.text}:stopped`),
    later: (work: () => void) => later.push(work),
  };
  return { box: new Outbox(options), options, asked, sent, refused, later };
}

const settle = () => new Promise((done) => setTimeout(done, 0));
const away = () => new Refusal({ code: "offline", message: "" }, 0);

describe("what agents send", () => {
  it("keeps its order though the network goes in the middle, and is sent once each", async () => {
    let up = true;
    const { box, sent, later } = made((item) => (up || item.message.text === "1" ? null : away()));
    box.put(one("1"));
    await settle();
    up = false;
    box.put(one("2"));
    box.put(one("3"));
    await settle();
    expect(sent).toEqual(["1"]);
    up = true;
    box.wake();
    await settle();
    later.forEach((work) => work());
    await settle();
    expect(sent).toEqual(["1", "2", "3"]);
  });

  it("tries again by itself while the service restarts, with the same id and the same epoch", async () => {
    const { box, asked, sent, later } = made((_, n) => (n === 1 ? new Refusal({ code: "internal", message: "" }, 503) : null));
    box.put(one("1"));
    await settle();
    expect(later).toHaveLength(1);
    later[0]();
    await settle();
    expect(asked).toEqual(["1", "1"]);
    expect(sent).toEqual(["1"]);
  });

  it("does not hold up what follows a refusal, nor other conversations", async () => {
    const { box, sent, refused } = made((item) =>
      item.message.text === "1" ? new Refusal({ code: "stale_epoch", message: "" }, 409) : item.conversation === "d" ? away() : null,
    );
    box.put(one("x", "d"));
    box.put(one("1"));
    box.put(one("2"));
    await settle();
    expect(refused).toEqual(["1:stale_epoch"]);
    expect(sent).toEqual(["2"]);
  });

  it("waits for what has to be known first, in its place, and comes back when it may not leave", async () => {
    const { box, sent, refused } = made(() => null);
    box.put(one("1"), new Promise((known) => setTimeout(() => known(true), 5)));
    box.put(one("2"), Promise.resolve(false));
    box.put(one("3"));
    await settle();
    expect(sent).toEqual([]);
    await new Promise((done) => setTimeout(done, 20));
    expect(sent).toEqual(["1", "3"]);
    expect(refused).toEqual(["2:stopped"]);
  });

  it("is still there after a reload", async () => {
    const { box, options } = made(() => away());
    box.put(one("1"));
    await settle();
    const sent: string[] = [];
    const next = new Outbox({ ...options, deliver: async (item) => void sent.push(item.message.client_msg_id) });
    expect(next.kept.map((item) => item.message.text)).toEqual(["1"]);
    next.wake();
    await settle();
    expect(sent).toEqual(["1"]);
    expect(next.kept).toEqual([]);
  });
});
