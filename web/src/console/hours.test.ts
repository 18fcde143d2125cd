import { describe, expect, it } from "vitest";
import { HALF_HOURS, isWrong, joined, nextSpan, parted, type Span } from "./hours";

describe("working hours on the page", () => {
  it("go from midnight to midnight by half hours", () => {
    expect([HALF_HOURS[0].value, HALF_HOURS[19].value, HALF_HOURS.at(-1)?.value]).toEqual(["00:00", "09:30", "24:00"]);
  });
  it("are sent in the order of the day", () => {
    expect(joined(parted(["13:00-18:00", "09:00-12:00"]))).toEqual(["09:00-12:00", "13:00-18:00"]);
  });
  it("are wrong when they end before they begin or overlap", () => {
    expect(isWrong([["09:00", "18:00"], ["18:00", "24:00"]])).toBe(false);
    expect(isWrong([["18:00", "09:00"]])).toBe(true);
    expect(isWrong([["13:00", "18:00"], ["09:00", "13:30"]])).toBe(true);
  });
  it("get another span where the day has room", () => {
    expect(nextSpan([])).toEqual(["09:00", "18:00"]);
    expect(nextSpan([["09:00", "12:00"]])).toEqual(["12:30", "14:30"]);
    expect(nextSpan([["18:00", "24:00"]])).toEqual(["15:30", "17:30"]);
    expect(nextSpan([["00:30", "24:00"]])).toEqual(["00:00", "00:30"]);
    expect(nextSpan([["00:00", "24:00"]])).toBeNull();
    for (const spans of [[["09:00", "12:00"]], [["23:30", "24:00"]], [["01:00", "23:30"]]] as Span[][]) expect(isWrong([...spans, nextSpan(spans)!])).toBe(false);
  });
});
