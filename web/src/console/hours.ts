/** Spans of a working day as the page edits them; the service checks them again. */
export type Span = [string, string];

export const MOST_SPANS = 4;

const clock = (halves: number) => `${String(Math.floor(halves / 2)).padStart(2, "0")}:${halves % 2 ? "30" : "00"}`;
export const HALF_HOURS = Array.from({ length: 49 }, (_, halves) => ({ value: clock(halves), label: clock(halves) }));

export const parted = (texts: string[]): Span[] => texts.map((text) => text.split("-") as Span);
export const joined = (spans: Span[]): string[] => [...spans].sort(([a], [b]) => a.localeCompare(b)).map(([from, to]) => `${from}-${to}`);

/** Whether a span ends before it begins, or two overlap. */
export function isWrong(spans: Span[]): boolean {
  const inOrder = [...spans].sort(([a], [b]) => a.localeCompare(b));
  return inOrder.some(([from, to], place) => from >= to || (place > 0 && from < inOrder[place - 1][1]));
}

/** A free span after the last one, else before the first, nine to six on an empty day; null when the day is full. */
export function nextSpan(spans: Span[]): Span | null {
  if (spans.length === 0) return ["09:00", "18:00"];
  const last = HALF_HOURS.findIndex(({ value }) => value > spans.map(([, to]) => to).sort().at(-1)!);
  if (last >= 0 && last < 48) return [HALF_HOURS[last].value, HALF_HOURS[Math.min(last + 4, 48)].value];
  const first = spans.map(([from]) => from).sort()[0];
  const before = HALF_HOURS.filter(({ value }) => value < first).length;
  return before > 0 ? [HALF_HOURS[Math.max(0, before - 5)].value, HALF_HOURS[Math.max(1, before - 1)].value] : null;
}
