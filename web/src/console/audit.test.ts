import { expect, it } from "vitest";
import { told } from "./audit";

it("tells an entry in words and leaves out what only machines need", () => {
  const names = { a_1: "周宁", m_1: "云裳服饰旗舰店" };
  expect(told({ from: "bot", to: "queued", epoch: 2, party: "m_1", reason: "button", reason_label: "点了转人工", priority: 0 }, names)).toBe(
    "原来：智能助手，变为：排队，归属：云裳服饰旗舰店，原因：点了转人工",
  );
  expect(told({ agent: "a_1", waited: 101.25, held: true, interval: [14, 19] }, names)).toBe("坐席：周宁，等了：101 秒");
  expect(told({ note: "n_abc" }, names)).toBe("");
});
