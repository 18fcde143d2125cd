import { useCallback, useEffect, useMemo, useReducer, useRef } from "react";
import { Refusal } from "../shared/http";
import { Line } from "../shared/line";
import { lastSeq, type Pending } from "../shared/record";
import type { Summary, Ticket, WireEvent } from "../shared/wire";
import { desk, type Agent } from "./api";
import { Outbox, type Outgoing } from "./outbox";
import { NOTHING, reduce, type State } from "./store";
import type { Board, Callback, Note, Offer, Presence, Promised } from "./writing";

/** What an agent should be told of though he looks elsewhere. */
export type Alarm =
  | { type: "offer"; offer: Offer }
  | { type: "message"; id: string; text: string }
  | { type: "whisper"; note: Note }
  | { type: "promise"; promise: Promised; why: string }
  | { type: "callback"; callback: Callback; why: string };

/** The desk's state and everything an agent does with it. `tell` shows a sentence, `alarm` asks for attention. */
export function useDesk(me: Agent, tell: (text: string) => void, alarm: (what: Alarm) => void) {
  const kept = useMemo(() => ({ drafts: `anxin:drafts:${me.id}`, outbox: `anxin:outbox:${me.id}` }), [me.id]);
  const [state, act] = useReducer(reduce, NOTHING, (empty) => restored(empty, kept, me.presence));
  const now = useRef(state);
  now.current = state;
  const line = useRef<Line | null>(null);
  const watched = useRef(new Set<string>());
  const alarmed = useRef(alarm);
  alarmed.current = alarm;

  /** The words go back into the box: nothing that an agent typed is lost. */
  const putBack = useCallback(({ conversation: id, message }: Outgoing) => {
    act({ type: "dropped", id, clientMsgId: message.client_msg_id });
    const draft = now.current.drafts[id] ?? "";
    act({ type: "draft", id, text: draft ? `${message.text}\n${draft}` : message.text });
  }, []);

  const outbox = useMemo(
    () =>
      new Outbox({
        key: kept.outbox,
        storage: sessionStorage,
        deliver: ({ conversation, epoch, message }) =>
          desk.reply(conversation, { client_msg_id: message.client_msg_id, text: message.text, files: message.files, epoch }),
        sent: () => undefined, // the record brings the message itself
        stopped: putBack,
        refused: (one, problem) => {
          if (problem.code !== "stale_epoch") {
            act({ type: "failed", id: one.conversation, clientMsgId: one.message.client_msg_id, problem: problem.message });
            return;
          }
          putBack(one);
          tell(problem.message);
        },
      }),
    [kept, tell, putBack],
  );

  const follow = useCallback((ids: string[]) => {
    const { threads } = now.current;
    const conversations = Object.fromEntries(ids.map((id) => [id, lastSeq(threads[id].record)]));
    if (ids.length) line.current?.send({ type: "subscribe", conversations });
  }, []);

  const refresh = useCallback(async () => {
    const [mine, waiting, all] = await Promise.all(["mine", "waiting", "all"].map((filter) => desk.conversations(filter)));
    act({ type: "listed", summaries: [...all.conversations, ...mine.conversations] });
    act({ type: "queue", waiting: waiting.conversations });
    const { promises } = await desk.promisesDue();
    act({ type: "due", promises });
    const { callbacks } = await desk.callbacks();
    act({ type: "callbacks", callbacks });
  }, []);

  const readNotes = useCallback(async (id: string) => {
    const [notes, promises] = await Promise.all([desk.notes(id), desk.promises(id)]);
    act({ type: "notes", id, notes: notes.notes });
    act({ type: "promises", id, promises: promises.promises });
  }, []);

  const hear = useCallback(
    (frame: Record<string, unknown>) => {
      switch (frame.type) {
        case "hello": {
          const { presence } = frame.agent as Agent;
          return presence && act({ type: "presence", presence });
        }
        case "queue":
          return act({ type: "queue", waiting: frame.waiting as Summary[] });
        case "conversation": {
          const summary = frame.conversation as Summary;
          const before = now.current.summaries[summary.id];
          if (isNews(before, summary, me.id)) alarmed.current({ type: "message", id: summary.id, text: summary.last_message!.text });
          return act({ type: "changed", summary });
        }
        case "event": {
          const id = frame.conversation_id as string;
          const event = frame.event as WireEvent;
          if (event.type === "typing") return event.sender === "consumer" && act({ type: "typing", id, at: Date.now() });
          if (event.type === "read") return event.sender === "consumer" && act({ type: "read", id, seq: event.seq });
          if (event.type === "queue_position") return;
          return act({ type: "event", id, event });
        }
        case "note": {
          const note = frame.note as Note;
          if (note.kind === "whisper" && note.to === me.id) alarmed.current({ type: "whisper", note });
          return act({ type: "notes", id: note.conversation_id, notes: [note] });
        }
        case "promise": {
          const promise = frame.promise as Promised;
          if (promise.agent.id === me.id && ["soon", "broken"].includes(String(frame.why))) {
            alarmed.current({ type: "promise", promise, why: String(frame.why) });
          }
          return act({ type: "promise", promise, me: me.id });
        }
        case "callback": {
          const callback = frame.callback as Callback;
          alarmed.current({ type: "callback", callback, why: String(frame.why) });
          const others = now.current.callbacks.filter((one) => one.id !== callback.id);
          return act({ type: "callbacks", callbacks: [...others, callback].sort((a, b) => a.due_at.localeCompare(b.due_at)) });
        }
        case "offer": {
          const offer = { conversation: frame.conversation, expires_at: frame.expires_at } as Offer;
          alarmed.current({ type: "offer", offer });
          return act({ type: "offer", offer });
        }
        case "offer_gone":
          return act({ type: "offer_gone", id: frame.conversation_id as string });
        case "presence":
          return act({ type: "presence", presence: frame.state as Presence });
        case "board":
          return act({ type: "board", board: (frame.board ?? frame) as Board });
      }
    },
    [me.id],
  );

  useEffect(() => {
    const opened = new Line({
      url: () => `${location.origin.replace(/^http/, "ws")}/api/v1/desk/socket`,
      protocols: () => ["anxin.v1"],
      onFrame: hear,
      onState: (online) => {
        act({ type: "online", online });
        if (!online) return;
        for (const what of watched.current) opened.send({ type: "watch", what });
        void refresh().catch(() => undefined);
        const { threads } = now.current;
        const loaded = Object.keys(threads).filter((id) => threads[id].loaded);
        follow(loaded);
        for (const id of loaded) void readNotes(id).catch(() => undefined);
        outbox.wake();
      },
    });
    line.current = opened;
    return () => opened.close();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- one socket for the life of the page
  }, []);

  useEffect(() => {
    const written = Object.entries(state.drafts).filter(([, text]) => text);
    sessionStorage.setItem(kept.drafts, JSON.stringify(Object.fromEntries(written)));
  }, [state.drafts, kept]);

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
      void readNotes(id).catch(() => undefined);
    },
    [attempt, readNotes],
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
      const taken = await moved(desk.accept(id));
      act({ type: "offer_gone", id });
      if (taken) await open(id);
    },
    [moved, open],
  );

  const decline = useCallback(
    async (id: string) => {
      act({ type: "offer_gone", id });
      await attempt(() => desk.decline(id));
    },
    [attempt],
  );

  const reply = useCallback(
    (id: string, text: string, { files = [], previews = [], may }: { files?: string[]; previews?: Pending["previews"]; may?: Promise<boolean> } = {}) => {
      const message: Pending = {
        client_msg_id: crypto.randomUUID(), text: text.trim(), files, previews, at: new Date().toISOString(), state: "sending",
      };
      act({ type: "sending", id, message });
      outbox.put({ conversation: id, epoch: now.current.summaries[id]?.epoch ?? 0, message }, may);
    },
    [outbox],
  );

  const retry = useCallback(
    (id: string, message: Pending) => {
      const again = { ...message, state: "sending" as const, problem: undefined };
      act({ type: "sending", id, message: again });
      outbox.put({ conversation: id, epoch: now.current.summaries[id]?.epoch ?? 0, message: again });
    },
    [outbox],
  );

  const sendFile = useCallback(
    async (id: string, file: File) => {
      const sent = await attempt(() => desk.upload(id, file, () => undefined));
      if (sent) reply(id, "", { files: [sent.file_id], previews: [{ url: URL.createObjectURL(file), kind: sent.kind }] });
    },
    [attempt, reply],
  );

  const note = useCallback(
    async (id: string, text: string, kind: Note["kind"], client_msg_id: string) => {
      const kept = await attempt(() => desk.note(id, { client_msg_id, text, kind }));
      if (kept) act({ type: "notes", id, notes: [kept.note] });
      return kept !== null;
    },
    [attempt],
  );

  const settle = useCallback(
    async (promise: Promised, outcome: "kept" | "withdrawn", why = "") => {
      const settled = await attempt(() => desk.settle(promise.id, outcome, why));
      if (settled) act({ type: "promise", promise: settled.promise, me: me.id });
    },
    [attempt, me.id],
  );

  const setPresence = useCallback(
    async (presence: Presence, autoAccept?: boolean) => {
      const answer = await attempt(() => desk.presence(presence, autoAccept));
      if (answer) act({ type: "presence", presence: answer.presence });
    },
    [attempt],
  );

  const signal = useCallback((frame: { type: "typing" | "read"; conversation_id: string; seq?: number }) => {
    line.current?.send(frame);
  }, []);

  /** Asks the service for news of everybody's conversations (`all`) or of the board, also after a reconnect. */
  const watch = useCallback((what: "all" | "board") => {
    watched.current.add(what);
    line.current?.send({ type: "watch", what });
    return () => {
      watched.current.delete(what);
      line.current?.send({ type: "unwatch", what });
    };
  }, []);

  const calledBack = useCallback(
    async (id: string) => {
      if (!(await attempt(() => desk.calledBack(id)))) return;
      act({ type: "callbacks", callbacks: now.current.callbacks.filter((one) => one.id !== id) });
    },
    [attempt],
  );

  const draft = useCallback((id: string, text: string) => act({ type: "draft", id, text }), []);
  const gotTicket = useCallback((ticket: Ticket) => act({ type: "ticket", ticket }), []);
  const gotBoard = useCallback((board: Board) => act({ type: "board", board }), []);
  const listed = useCallback((summaries: Summary[]) => act({ type: "listed", summaries }), []);

  const verbs = {
    refresh, open, earlier, accept, decline, moved, reply, retry, sendFile, note, settle, setPresence, calledBack, watch, signal, draft, gotTicket, gotBoard, listed, attempt,
  };
  // One object for the life of the page, so that what is drawn from it is not drawn again at every key stroke.
  const actions = useRef(verbs);
  Object.assign(actions.current, verbs);
  return { state, desk: actions.current };
}

export type Desk = ReturnType<typeof useDesk>["desk"];

/** Drafts and unsent messages of before a reload. */
function restored(empty: State, kept: { drafts: string; outbox: string }, presence?: Presence): State {
  let state: State = presence ? { ...empty, presence } : empty;
  const drafts = JSON.parse(sessionStorage.getItem(kept.drafts) ?? "{}") as Record<string, string>;
  for (const [id, text] of Object.entries(drafts)) state = reduce(state, { type: "draft", id, text });
  const unsent = JSON.parse(sessionStorage.getItem(kept.outbox) ?? "[]") as { conversation: string; message: Pending }[];
  for (const { conversation, message } of unsent) state = reduce(state, { type: "sending", id: conversation, message });
  return state;
}

/** A consumer of mine has said something that I have not seen. */
const isNews = (before: Summary | undefined, after: Summary, me: string) =>
  after.agent?.id === me && after.last_message?.sender === "consumer" && after.unread > 0 && after.last_seq > (before?.last_seq ?? 0);
