import { expect, test } from "vitest";
import { archive, query } from "./archive";

test("filters that say nothing are left out", () => {
  expect(query({ order_no: " ", consumer_id: "u_1", cursor: undefined })).toBe("consumer_id=u_1");
});

test("an export's address carries its filters and its reason", () => {
  const address = archive.exportAddress({ merchant: "m_1", restricted: "1" }, "html", "监管抽查");
  expect(address.startsWith("/api/v1/desk/archive/export?")).toBe(true);
  expect(Object.fromEntries(new URLSearchParams(address.split("?")[1]))).toEqual({ merchant: "m_1", restricted: "1", format: "html", reason: "监管抽查" });
});
