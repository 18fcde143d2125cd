import type { HTMLAttributes } from "react";

/** A cell of a table that becomes cards on a phone: there its column's name stands before it. */
export const labelled = (name: string) => () => ({ "data-label": name }) as HTMLAttributes<HTMLElement>;
