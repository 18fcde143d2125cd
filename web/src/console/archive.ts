import { request } from "../shared/http";

export interface Dossier {
  ticket_id: string;
  order_no: string | null;
  consumer_id: string | null;
  party: string;
  merchant_name: string;
  issue_type: string;
  sub_type: string | null;
  completed_at: string;
  archived_at: string;
  retain_until: string;
  restricted_at: string | null;
  erased_at: string | null;
  held: boolean;
  hold_reason: string | null;
}

export interface Access {
  id: number;
  ticket_id: string | null;
  act: string;
  actor_name: string;
  party: string;
  reason: string;
  at: string;
}

export interface Wanted {
  order_no?: string;
  consumer_id?: string;
  merchant?: string;
  type?: string;
  since?: string;
  until?: string;
  restricted?: "1";
}

const ROOT = "/api/v1/desk/archive";
const csrf = () => /(?:^|;\s*)anxin_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
const post = <T>(path: string, json: unknown) => request<T>(`${ROOT}${path}`, { method: "POST", json, headers: { "X-CSRF-Token": csrf() } });

/** The filters that say something, as a query. */
export function query(values: object): string {
  return String(new URLSearchParams(Object.entries(values).filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1].trim() !== "")));
}

export const archive = {
  search: (wanted: Wanted, reason: string, cursor?: string) =>
    request<{ dossiers: Dossier[]; next_cursor: string | null }>(`${ROOT}?${query({ ...wanted, reason, cursor })}`),
  /** One dossier as the page that people read; it is code of ours, and shown without any rights. */
  page: async (id: string, reason: string): Promise<string> => {
    const answer = await fetch(`${ROOT}/${id}/page?${query({ reason })}`);
    if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error?.message ?? "档案打不开，请稍后再试");
    return answer.text();
  },
  exportAddress: (wanted: Wanted, format: "json" | "html", reason: string) => `${ROOT}/export?${query({ ...wanted, format, reason })}`,
  hold: (id: string, lift: boolean, reason: string) => post<{ held: boolean }>(`/${id}/${lift ? "lift-hold" : "hold"}`, { reason }),
  access: (ticketId?: string, before?: number) => request<{ access: Access[] }>(`${ROOT}/access?${query({ ticket_id: ticketId, before: before ? String(before) : undefined })}`),
  forget: (consumerId: string, reason: string) => post<{ deletion: { id: string } }>("/deletions", { consumer_id: consumerId, reason }),
};
