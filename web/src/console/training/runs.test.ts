import { expect, test } from "vitest";
import { change, duration, matrix, percent, type Side } from "./runs";

test("time left is said as people say it", () => {
  expect(duration(45.4)).toBe("45 秒");
  expect(duration(60)).toBe("1 分");
  expect(duration(75)).toBe("1 分 15 秒");
  expect(duration(-3)).toBe("0 秒");
});

test("a change has its sign, and none when it is the same", () => {
  expect(change(0.812, 0.8)).toBe("+0.012");
  expect(change(0.79, 0.8)).toBe("−0.010");
  expect(change(0.8001, 0.8)).toBe("持平");
});

test("an unknown share is a dash, not zero", () => {
  expect(percent(null)).toBe("—");
  expect(percent(0)).toBe("0.0%");
  expect(percent(0.1234)).toBe("12.3%");
});

test("the matrix holds every sentence of a label once", () => {
  const side = {
    labels: { a: { recall: 0.75, n: 8, precision: 1, f1: 1 }, b: { recall: 1, n: 4, precision: 1, f1: 1 } },
    confusions: [{ gold: "a", said: "b", n: 2, examples: [] }],
  } as unknown as Side;
  expect(matrix(side, ["a", "b"])).toEqual([[6, 2], [0, 4]]);
});
