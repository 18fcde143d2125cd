import { useEffect, useRef } from "react";
import type { Fact } from "./api";

export type Mode = "read" | "facts" | "split";

export interface Cursor {
  at: number;
  to: number;
}

interface Props {
  text: string;
  facts: Fact[];
  names: Record<string, string>;
  mode: Mode;
  cursor: Cursor;
  cuts: number[];
  pick: (cursor: Cursor) => void;
}

/** The sentence, sign by sign: marked facts, the selection while facts are marked, the cuts while it is split. */
export function Sentence({ text, facts, names, mode, cursor, cuts, pick }: Props) {
  const from = useRef<number | null>(null);
  useEffect(() => {
    const done = () => (from.current = null);
    addEventListener("pointerup", done);
    return () => removeEventListener("pointerup", done);
  }, []);
  const [start, end] = cursor.at <= cursor.to ? [cursor.at, cursor.to] : [cursor.to, cursor.at];
  return (
    <p className={`sentence ${mode}`} lang="zh">
      {Array.from({ length: text.length }, (_, place) => {
        const fact = facts.find((one) => one.start <= place && place < one.end);
        const classes = [
          fact && "fact",
          fact?.start === place && "first",
          mode === "facts" && start <= place && place <= end && "chosen",
          mode === "split" && cursor.at === place && "caret",
          cuts.includes(place) && "cut",
        ].filter(Boolean);
        return (
          <span
            key={place}
            className={classes.join(" ") || undefined}
            data-name={fact?.start === place ? (names[fact.key] ?? fact.key) : undefined}
            onPointerDown={() => {
              from.current = place;
              pick({ at: place, to: place });
            }}
            onPointerEnter={() => from.current !== null && pick({ at: from.current, to: place })}
          >
            {text[place] === "\n" ? "⏎" : text[place]}
          </span>
        );
      })}
    </p>
  );
}
