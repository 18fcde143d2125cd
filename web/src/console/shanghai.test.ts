import { expect, it } from "vitest";
import { inShanghai, shanghai } from "./shanghai";

it("shows Shanghai's day and hour and says them back unchanged", () => {
  const evening = new Date("2026-11-27T21:32:00Z");
  expect(shanghai(evening).format("YYYY-MM-DD HH:mm")).toBe("2026-11-28 05:32");
  expect(new Date(inShanghai(shanghai(evening))).toISOString()).toBe("2026-11-27T21:32:00.000Z");
});
