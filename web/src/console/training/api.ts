import { request } from "../../shared/http";

const ROOT = "/api/v1/curation";
const csrf = () => /(?:^|;\s*)anxin_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";

export const get = <T>(path: string) => request<T>(`${ROOT}${path}`);
export const post = <T>(path: string, json: unknown = {}) =>
  request<T>(`${ROOT}${path}`, { method: "POST", json, headers: { "X-CSRF-Token": csrf() } });
