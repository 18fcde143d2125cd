import { describe, expect, it } from "vitest";
import type { RecordEvent, Sender } from "../shared/wire";
import { entries, pictures, slashQuery, withCanned } from "./thread";
import type { Note } from "./writing";

const said = (seq: number, at: string, sender: Sender = "consumer"): RecordEvent => ({
  type: "message", seq, at,
  message: { seq, sender, sender_name: "小满", text: `第${seq}句`, files: [], buttons: [], card: null, client_msg_id: null, at },
});
const note = (id: string, after_seq: number) => ({ id, after_seq, at: "" }) as Note;

describe("a thread", () => {
  it("has its notes where they were written, days apart, and what is on its way below", () => {
    const record = [said(1, "2026-11-26T10:00:00Z"), said(2, "2026-11-27T10:00:00Z"), said(3, "2026-11-27T10:01:00Z")];
    const pending = { client_msg_id: "m", text: "", files: [], previews: [], at: "", state: "sending" as const };
    const keys = entries(record, [note("a", 1), note("b", 9)], [pending]).map((entry) => entry.key);
    expect(keys).toEqual(["d1", "e1", "na", "d2", "e2", "e3", "nb", "pm"]);
  });

  it("draws lines of one person close together, unless time or a note lies between", () => {
    const record = [said(1, "2026-11-27T10:00:00Z"), said(2, "2026-11-27T10:01:00Z"), said(3, "2026-11-27T10:09:00Z"), said(4, "2026-11-27T10:09:10Z", "agent")];
    const follows = entries(record, [], []).flatMap((entry) => (entry.kind === "event" ? [entry.follows] : []));
    expect(follows).toEqual([false, true, false, false]);
    expect(pictures(record)).toEqual([]);
  });
});

describe("the canned palette", () => {
  it("opens by a slash at the beginning of a line, in Chinese typing too", () => {
    expect(["/", "/tk", "、退", "您好\n/yf"].map(slashQuery)).toEqual(["", "tk", "退", "yf"]);
    expect(["和/或", "http://a", "/tk 好", "您好"].map(slashQuery)).toEqual([null, null, null, null]);
  });

  it("puts the reply in place of what was typed and marks what is still open", () => {
    expect(withCanned("/tk", "{截止时间}前退款")).toEqual({ text: "{截止时间}前退款", select: [0, 6] });
    expect(withCanned("您好\n/tk", "已退款")).toEqual({ text: "您好\n已退款", select: null });
  });
});
