import { openDB, type DBSchema } from "idb";
import type { Pending } from "../shared/record";

interface Schema extends DBSchema {
  outbox: { key: string; value: Pending & { conversation: string }; indexes: { conversation: string } };
}

/** Messages typed here and not yet acknowledged; they survive a closed page and are sent once, in order. */
const db = openDB<Schema>("anxin", 1, {
  upgrade(fresh) {
    fresh.createObjectStore("outbox", { keyPath: "client_msg_id" }).createIndex("conversation", "conversation");
  },
}).catch(() => null); // private windows may forbid it: then the outbox lives as long as the page

export const keep = async (conversation: string, message: Pending) => {
  await (await db)?.put("outbox", { ...message, previews: [], conversation });
};

export const forget = async (clientMsgId: string) => {
  await (await db)?.delete("outbox", clientMsgId);
};

export async function kept(conversation: string): Promise<Pending[]> {
  const found = (await (await db)?.getAllFromIndex("outbox", "conversation", conversation)) ?? [];
  return found.sort((one, other) => one.at.localeCompare(other.at));
}
