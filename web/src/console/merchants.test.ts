import { describe, expect, it } from "vitest";
import { amount, series, type Day } from "./merchants";

describe("amounts", () => {
  it.each([
    [0.975, "share", "97.5%"], [0, "share", "0%"], [90, "seconds", "90 秒"], [72.04, "hours", "72 小时"],
    [0.5, "hours", "30 分钟"], [0, "hours", "0 小时"], [null, "share", "—"],
  ] as const)("%s %s is %s", (value, unit, said) => expect(amount(value, unit)).toBe(said));
});

it("a day without a value is a gap, not a zero", () => {
  const day = (day: string, value: number | null) => ({ day, report: { groups: [], metrics: [{ name: "csat", value }] } }) as unknown as Day;
  expect(series([day("2026-11-23", 0), day("2026-11-24", null)], "csat")).toEqual([
    { day: "11-23", value: 0 }, { day: "11-24", value: null },
  ]);
  expect(series([day("2026-11-24", 1)], "fcr")).toEqual([{ day: "11-24", value: null }]);
});
