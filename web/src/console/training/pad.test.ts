import { expect, test } from "vitest";
import type { Meaning } from "./api";
import { FACT_KEYS, stepDetail, suggested, toggleCut, withFact } from "./pad";

const SIZE: Meaning = {
  intent: "size", name: "尺码不符", key: "3",
  details: [{ detail: "size_mislabeled", kind: "sub_type", name: "标错" }, { detail: "size_unfit", kind: "sub_type", name: "不合身" }],
};

test("arrows go round the details, with none of them in between", () => {
  expect(stepDetail(SIZE, null, 1)).toBe("size_mislabeled");
  expect(stepDetail(SIZE, "size_unfit", 1)).toBe(null);
  expect(stepDetail(SIZE, null, -1)).toBe("size_unfit");
  expect(stepDetail(undefined, null, 1)).toBe(null);
});

test("a fact pushes away what it overlaps and nothing else", () => {
  const facts = [{ key: "color", start: 0, end: 2 }, { key: "size", start: 4, end: 6 }];
  expect(withFact(facts, { key: "product", start: 2, end: 5 })).toEqual([facts[0], { key: "product", start: 2, end: 5 }]);
  expect(withFact(facts, { key: "product", start: 2, end: 4 })).toHaveLength(3);
});

test("a cut stands within the sentence and goes when it is made again", () => {
  expect(toggleCut([], 0, 5)).toEqual([]);
  expect(toggleCut([], 5, 5)).toEqual([]);
  expect(toggleCut([4], 2, 5)).toEqual([2, 4]);
  expect(toggleCut([2, 4], 2, 5)).toEqual([4]);
});

test("the bot's guess is the first choice only where it is one of the labels", () => {
  expect(suggested([SIZE], "size", "size_unfit", [])).toEqual({ intent: "size", detail: "size_unfit", facts: [] });
  expect(suggested([SIZE], "size", "quality_defect", []).detail).toBe(null);
  expect(suggested([SIZE], "nlu_fallback", null, []).intent).toBe(null);
});

test("every fact has a key of its own", () => {
  expect(new Set(FACT_KEYS).size).toBe(13);
});
