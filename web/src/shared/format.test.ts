import { expect, it } from "vitest";
import { dateOf, moment, money, since, spec, wait } from "./format";

it("shows money in yuan from 分", () => {
  expect(money(19900)).toBe("¥199.00");
  expect(money(5)).toBe("¥0.05");
  expect(money(null)).toBe("");
});

it("shows times in Shanghai, with the day when it is another one", () => {
  const now = new Date("2026-11-24T04:00:00Z");
  expect(moment("2026-11-24T01:05:00Z", now)).toBe("09:05");
  expect(moment("2026-11-23T01:05:00Z", now)).toBe("11月23日 09:05");
});

it("shows waits as people say them", () => {
  expect(wait([60, 240])).toBe("预计 1~4 分钟");
  expect(wait([10, 50])).toBe("预计不到 1 分钟");
  expect(wait([20, 100])).toBe("预计 2 分钟以内");
  expect(wait(null)).toBe("");
  expect(since("2026-11-24T03:58:30Z", Date.parse("2026-11-24T04:00:00Z"))).toBe("1 分钟");
  expect(spec({ 颜色: "白", 尺码: "M" })).toBe("白 / M");
});

it("says a far day with its year, in Shanghai", () => {
  expect(dateOf("2029-11-23T20:30:00Z")).toBe("2029-11-24");
  expect(dateOf("2029-11-23T20:30:00Z", true)).toBe("2029-11-24 04:30");
  expect(dateOf(null)).toBe("");
});
