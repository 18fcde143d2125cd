import { Refusal, request } from "../shared/http";

export interface Session {
  conversation_id: string;
  conversation_token: string;
  consumer: { id: string; name: string; anonymous: boolean };
}

/** The `sub` of a token, only to keep conversations of different consumers apart; the service verifies it. */
function subject(token: string | null): string {
  try {
    return token ? String(JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub) : "";
  } catch {
    return "";
  }
}

const keyOf = (token: string | null) => `anxin:session:${subject(token) || "anonymous"}`;

/** The consumer's conversation: the one kept here, else the newest one the service knows, else a new one. */
export async function openSession(token: string | null): Promise<Session> {
  const key = keyOf(token);
  const stored = localStorage.getItem(key);
  if (stored) {
    const session = JSON.parse(stored) as Session;
    try {
      await request(`/api/v1/conversations/${session.conversation_id}/events?after=2147483647`, {
        headers: authorization(session),
      });
      return session;
    } catch (error) {
      if (!(error instanceof Refusal) || ![401, 403, 404].includes(error.status)) throw error;
      localStorage.removeItem(key);
    }
  }
  const session = await request<Session>("/api/v1/conversations", { method: "POST", json: { token, resume: Boolean(token) } });
  localStorage.setItem(key, JSON.stringify(session));
  return session;
}

export const authorization = (session: Session) => ({ Authorization: `Bearer ${session.conversation_token}` });
