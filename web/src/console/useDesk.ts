import { useCallback, useEffect, useReducer, useRef } from "react";
import { Refusal } from "../shared/http";
import { Line } from "../shared/line";
import { lastSeq, type Pending } from "../shared/record";
import type { Summary, Ticket, WireEvent } from "../shared/wire";
import { desk } from "./api";
import { NOTHING, reduce } from "./store";

const DRAFTS = "anxin:drafts";

/** The desk's state and everything an agent does with it. `tell` shows a sentence to the agent. */
export function useDesk(tell: (text: string) => void) {
  const [state, act] = useReducer(reduce, NOTHING, (empty) => {
    const drafts = JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}") as Record<string, string>;
    return Object.entries(drafts).reduce((before, [id, text]) => reduce(before, { type: "draft", id, text }), empty);
  });
  const now = useRef(state);
  now.current = state;
  const line = useRef<Line | null>(null);

  const follow = useCallback((id: string) => {
    const thread = now.current.threads[id];
    line.current?.send({ type: "subscribe", conversation_id: id, after: thread ? lastSeq(thread.record) : 0 });
  }, []);

  const refresh = useCallback(async () => {
    const [mine, waiting, all] = await Promise.all(["mine", "waiting", "all"].map(desk.conversations));
    act({ type: "listed", summaries: [...all.conversations, ...mine.conversations] });
    act({ type: "queue", waiting: waiting.conversations });
  }, []);

  const hear = useCallback((frame: Record<string, unknown>) => {
    switch (frame.type) {
      case "queue":
        return act({ type: "queue", waiting: frame.waiting as Summary[] });
      case "conversation":
        return act({ type: "changed", summary: frame.conversation as Summary });
      case "event": {
        const id = frame.conversation_id as string;
        const event = frame.event as WireEvent;
        if (event.type === "typing") return event.sender === "consumer" && act({ type: "typing", id, at: Date.now() });
        if (event.type === "read") return event.sender === "consumer" && act({ type: "read", id, seq: event.seq });
        if (event.type === "queue_position") return;
        return act({ type: "event", id, event });
      }
    }
  }, []);

  useEffect(() => {
    const opened = new Line({
      url: () => `${location.origin.replace(/^http/, "ws")}/api/v1/desk/socket`,
      protocols: () => ["anxin.v1"],
      onFrame: hear,
      onState: (online) => {
        act({ type: "online", online });
        if (!online) return;
        void refresh().catch(() => undefined);
        for (const [id, thread] of Object.entries(now.current.threads)) {
          if (thread.loaded) follow(id);
          for (const message of thread.pending) if (message.state === "sending") void deliver(id, message);
        }
      },
    });
    line.current = opened;
    return () => opened.close();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- one socket for the life of the page
  }, []);

  useEffect(() => {
    const drafts = Object.entries(state.threads).flatMap(([id, thread]) => (thread.draft ? [[id, thread.draft]] : []));
    sessionStorage.setItem(DRAFTS, JSON.stringify(Object.fromEntries(drafts)));
  }, [state.threads]);

  const attempt = useCallback(
    async <T,>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work();
      } catch (error) {
        tell(error instanceof Refusal ? error.problem.message : "操作没有成功，请重试");
        return null;
      }
    },
    [tell],
  );

  const open = useCallback(
    async (id: string | null) => {
      act({ type: "opened", id });
      if (!id) return;
      const detail = await attempt(() => desk.detail(id));
      if (!detail) return;
      act({ type: "changed", summary: detail.conversation });
      const { events, orders, tickets } = detail;
      act({ type: "loaded", id, events, orders, tickets, readBy: detail.conversation.consumer_read_seq });
      line.current?.send({ type: "subscribe", conversation_id: id, after: events.length ? events[events.length - 1].seq : 0 });
    },
    [attempt],
  );

  const earlier = useCallback(
    async (id: string) => {
      const thread = now.current.threads[id];
      if (!thread?.record.length || thread.reachedStart) return;
      const found = await attempt(() => desk.earlier(id, thread.record[0].seq));
      if (found) act({ type: "earlier", id, events: found.events });
    },
    [attempt],
  );

  const moved = useCallback(
    async (work: Promise<{ conversation: Summary }>) => {
      const answer = await attempt(() => work);
      if (answer) act({ type: "changed", summary: answer.conversation });
      return answer;
    },
    [attempt],
  );

  const accept = useCallback(
    async (id: string) => {
      if (await moved(desk.accept(id))) await open(id);
    },
    [moved, open],
  );

  const deliver = useCallback(
    async (id: string, message: Pending) => {
      const epoch = now.current.summaries[id]?.epoch ?? 0;
      try {
        await desk.reply(id, { client_msg_id: message.client_msg_id, text: message.text, files: message.files, epoch });
      } catch (error) {
        const refusal = error as Refusal;
        if (refusal.problem?.code === "stale_epoch") {
          // The words go back into the box: nothing that an agent typed is lost.
          act({ type: "dropped", id, clientMsgId: message.client_msg_id });
          const draft = now.current.threads[id]?.draft ?? "";
          act({ type: "draft", id, text: draft ? `${message.text}\n${draft}` : message.text });
          tell(refusal.problem.message);
        } else {
          act({ type: "failed", id, clientMsgId: message.client_msg_id, problem: refusal.problem?.message ?? "没有发出" });
        }
      }
    },
    [tell],
  );

  const reply = useCallback(
    (id: string, text: string, files: string[] = [], previews: Pending["previews"] = []) => {
      const message: Pending = {
        client_msg_id: crypto.randomUUID(), text: text.trim(), files, previews, at: new Date().toISOString(), state: "sending",
      };
      act({ type: "sending", id, message });
      void deliver(id, message);
    },
    [deliver],
  );

  const retry = useCallback(
    (id: string, message: Pending) => {
      act({ type: "sending", id, message: { ...message, state: "sending", problem: undefined } });
      void deliver(id, message);
    },
    [deliver],
  );

  const sendFile = useCallback(
    async (id: string, file: File) => {
      const sent = await attempt(() => desk.upload(id, file, () => undefined));
      if (sent) reply(id, "", [sent.file_id], [{ url: URL.createObjectURL(file), kind: sent.kind }]);
    },
    [attempt, reply],
  );

  const signal = useCallback((frame: { type: "typing" | "read"; conversation_id: string; seq?: number }) => {
    line.current?.send(frame);
  }, []);

  const draft = useCallback((id: string, text: string) => act({ type: "draft", id, text }), []);
  const gotTicket = useCallback((ticket: Ticket) => act({ type: "ticket", ticket }), []);

  return { state, open, earlier, accept, moved, reply, retry, sendFile, signal, draft, gotTicket, attempt };
}

export type Desk = ReturnType<typeof useDesk>;
