import { withoutOpenings, type Pending } from "../shared/record";
import type { RecordEvent } from "../shared/wire";
import type { Note } from "./writing";

/** What a thread shows, in order: days, lines of the record with notes beside them, then what is on its way. */
export type Entry =
  | { kind: "day"; key: string; day: string }
  | { kind: "event"; key: string; event: RecordEvent; follows: boolean }
  | { kind: "note"; key: string; note: Note }
  | { kind: "pending"; key: string; pending: Pending };

const TOGETHER = 3 * 60_000; // a line of the same sender within this time needs no new head
const day = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "short" });

export function entries(record: RecordEvent[], notes: Note[], pending: Pending[]): Entry[] {
  const found: Entry[] = [];
  const left = [...notes];
  let shownDay = "";
  let before: RecordEvent | null = null;
  const noteUpTo = (seq: number) => {
    while (left.length && left[0].after_seq < seq) {
      const note = left.shift()!;
      found.push({ kind: "note", key: `n${note.id}`, note });
      before = null;
    }
  };
  for (const event of withoutOpenings(record)) {
    noteUpTo(event.seq);
    const today = day.format(new Date(event.at));
    if (today !== shownDay) {
      found.push({ kind: "day", key: `d${event.seq}`, day: today });
      shownDay = today;
      before = null;
    }
    found.push({ kind: "event", key: `e${event.seq}`, event, follows: isTogether(before, event) });
    before = event;
  }
  noteUpTo(Infinity);
  for (const one of pending) found.push({ kind: "pending", key: `p${one.client_msg_id}`, pending: one });
  return found;
}

function isTogether(before: RecordEvent | null, event: RecordEvent): boolean {
  if (before?.type !== "message" || event.type !== "message") return false;
  const [one, other] = [before.message, event.message];
  return (
    one.sender !== "system" && one.sender === other.sender && one.sender_name === other.sender_name && Date.parse(event.at) - Date.parse(before.at) < TOGETHER
  );
}

/** Every picture of the thread, so that one can be followed by the next. */
export const pictures = (record: RecordEvent[]): string[] =>
  record.flatMap((event) => (event.type === "message" ? event.message.files.filter((file) => file.kind === "image").map((file) => file.url) : []));

/** What stands between the last `/` and the end when an agent is looking for a canned reply; null when he is not. */
export function slashQuery(draft: string): string | null {
  const match = /(?:^|\n)[/、]([^\s/、]{0,20})$/.exec(draft);
  return match ? match[1] : null;
}

/** The draft with a canned reply in place of what was typed after `/`, and the first variable left open in it. */
export function withCanned(draft: string, text: string): { text: string; select: [number, number] | null } {
  const start = draft.replace(/[/、][^\s/、]{0,20}$/, "");
  const whole = start + text;
  const open = /\{[^{}\s]+\}/.exec(whole.slice(start.length));
  return { text: whole, select: open ? [start.length + open.index, start.length + open.index + open[0].length] : null };
}
