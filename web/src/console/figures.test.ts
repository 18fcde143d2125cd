import { expect, it } from "vitest";
import { said } from "./figures";

it("says figures as people do", () => {
  expect([said(0.975, "share"), said(80, "seconds"), said(120, "seconds"), said(7.25, "seconds"), said(5400, "seconds"), said(4.62, "stars"), said(12, "count"), said(null, "share")]).toEqual([
    "97.5%", "1 分 20 秒", "2 分钟", "7.3 秒", "1.5 小时", "4.6 分", "12", "—",
  ]);
});
