import type { Fact, Meaning } from "./api";

/** What a trainer has chosen for the sentence before him, not yet sent. */
export interface Choice {
  intent: string | null;
  detail: string | null;
  facts: Fact[];
}

/** The keys that act, as the help shows them; letters of labels are others. */
export const KEYS = [
  { keys: "↓ ↑ 或 J K", does: "下一句 / 上一句" },
  { keys: "Enter", does: "按现在的选择标注" },
  { keys: "1 … 9  0  -", does: "选意图；对话类意图用旁边的字母" },
  { keys: "← →", does: "选细类；细类很多时按 ; 输入查找" },
  { keys: "F", does: "标事实：方向键移动，Shift 扩选，再按事实的字母；退格删除" },
  { keys: "B", does: "拆成两句：方向键移动，空格切开，Enter 确定" },
  { keys: "S", does: "跳过" },
  { keys: "D", does: "不用于训练" },
  { keys: "R", does: "请另一位训练师也标" },
  { keys: "U", does: "撤回刚才那一步" },
  { keys: "G", does: "标注规范" },
  { keys: "/", does: "查找" },
  { keys: "?", does: "这张表" },
];

/** The key of a fact while facts are being marked. */
export const FACT_KEYS = "qwertyuiopasd";

/** The detail before or after the chosen one; "no detail" stands before the first. */
export function stepDetail(meaning: Meaning | undefined, detail: string | null, by: 1 | -1): string | null {
  const names: (string | null)[] = [null, ...(meaning?.details.map((one) => one.detail) ?? [])];
  const place = Math.max(0, names.indexOf(detail));
  return names[(place + by + names.length) % names.length];
}

/** The facts with one more; what it overlaps gives way. */
export function withFact(facts: Fact[], fact: Fact): Fact[] {
  const kept = facts.filter((one) => one.end <= fact.start || fact.end <= one.start);
  return [...kept, fact].sort((a, b) => a.start - b.start);
}

/** Where a cut may stand: within the sentence; a second time takes it away. */
export function toggleCut(cuts: number[], at: number, length: number): number[] {
  if (at <= 0 || at >= length) return cuts;
  return cuts.includes(at) ? cuts.filter((one) => one !== at) : [...cuts, at].sort((a, b) => a - b);
}

/** The bot's own guess as a first choice, if trainers may choose it. */
export function suggested(meanings: Meaning[], predicted: string | null, detail: string | null, facts: Fact[]): Choice {
  const meaning = meanings.find((one) => one.intent === predicted);
  const known = meaning?.details.some((one) => one.detail === detail) ? detail : (meaning?.details.length === 1 ? meaning.details[0].detail : null);
  return { intent: meaning ? meaning.intent : null, detail: known, facts };
}
