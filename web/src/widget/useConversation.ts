import { useCallback, useEffect, useRef, useState } from "react";
import { OFFLINE, Refusal, request, upload } from "../shared/http";
import { Line } from "../shared/line";
import { lastSeq, merge, stillPending, type Pending } from "../shared/record";
import type { Owner, Passing, Person, RecordEvent, Ticket, WaitMode, WireEvent, WireFile } from "../shared/wire";
import { forget, keep, kept } from "./outbox";
import { authorization, openSession, type Session } from "./session";

export interface Conversation {
  session: Session | null;
  failure: string | null;
  online: boolean;
  owner: Owner;
  agent: Person | null;
  record: RecordEvent[];
  pending: Pending[];
  typing: string | null;
  readBy: number;
  queue: Extract<Passing, { type: "queue_position" }> | null;
  say: (text: string, choice?: { id: string; title: string }) => void;
  sendFiles: (files: File[]) => void;
  retry: (clientMsgId: string) => void;
  askForPerson: () => Promise<void>;
  leaveQueue: () => Promise<void>;
  chooseWait: (choice: { mode: WaitMode; phone?: string; wish?: string }) => Promise<void>;
  downloadCopy: () => Promise<void>;
  typed: () => void;
  read: () => void;
  call: <T>(path: string, json?: unknown) => Promise<T>;
  keep: (file: File) => Promise<string>;
}

const TYPING_SHOWN = 4000;
const RETRY_PAUSE = 3000;

/** One consumer's conversation: everything the page shows and everything it may do. */
export function useConversation(token: string | null): Conversation {
  const [session, setSession] = useState<Session | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [online, setOnline] = useState(true);
  const [owner, setOwner] = useState<Owner>("bot");
  const [agent, setAgent] = useState<Person | null>(null);
  const [record, setRecord] = useState<RecordEvent[]>([]);
  const [pending, setPending] = useState<Pending[]>([]);
  const [typing, setTyping] = useState<string | null>(null);
  const [readBy, setReadBy] = useState(0);
  const [queue, setQueue] = useState<Conversation["queue"]>(null);
  const line = useRef<Line | null>(null);
  const after = useRef(0);
  const typingTimer = useRef(0);
  const lastTyped = useRef(0);
  const typedEarly = useRef<Pending[]>([]);

  const take = useCallback((events: WireEvent[]) => {
    const lines: RecordEvent[] = [];
    for (const event of events) {
      if (event.type === "typing") {
        setTyping(event.sender_name);
        clearTimeout(typingTimer.current);
        typingTimer.current = window.setTimeout(() => setTyping(null), TYPING_SHOWN);
      } else if (event.type === "read") {
        if (event.sender === "agent") setReadBy((seq) => Math.max(seq, event.seq));
      } else if (event.type === "queue_position") {
        setQueue(event);
      } else {
        lines.push(event);
        if (event.type === "owner_changed") {
          setOwner(event.owner);
          setAgent(event.agent);
          if (event.owner !== "queued") setQueue(null);
        }
        if (event.type === "message" && event.message.sender !== "consumer") setTyping(null);
      }
    }
    if (lines.length) {
      setRecord((before) => {
        const merged = merge(before, lines);
        after.current = lastSeq(merged);
        return merged;
      });
    }
  }, []);

  useEffect(() => {
    let gone = false;
    let timer = 0;
    const begin = async () => {
      try {
        const opened = await openSession(token);
        if (gone) return;
        setFailure(null);
        setSession(opened);
        const waiting = await kept(opened.conversation_id);
        setPending((before) => [...waiting, ...before]);
        const path = `/api/v1/conversations/${opened.conversation_id}`;
        line.current = new Line({
          url: () => `${location.origin.replace(/^http/, "ws")}${path}/socket?after=${after.current}`,
          protocols: () => ["anxin.v1", opened.conversation_token],
          onState: setOnline,
          onFrame: (frame) => {
            if (frame.type === "hello") {
              setOwner(frame.owner as Owner);
              setAgent(frame.agent as Person | null);
            } else if (frame.type !== "ack" && frame.type !== "error") take([frame as unknown as WireEvent]);
          },
          poll: async () => {
            const found = await request<{ events: WireEvent[]; owner: Owner }>(`${path}/events?after=${after.current}`, {
              headers: authorization(opened),
            });
            setOwner(found.owner);
            take(found.events);
          },
        });
      } catch (error) {
        if (gone) return;
        setFailure(error instanceof Refusal ? error.problem.message : OFFLINE.message);
        if (!(error instanceof Refusal) || error.status === 0 || error.status >= 500) timer = window.setTimeout(begin, RETRY_PAUSE);
      }
    };
    void begin();
    return () => {
      gone = true;
      clearTimeout(timer);
      line.current?.close();
    };
  }, [token, take]);

  useEffect(() => setPending((before) => {
    const left = stillPending(before, record);
    for (const one of before) if (!left.includes(one)) void forget(one.client_msg_id);
    return left.length === before.length ? before : left;
  }), [record]);

  const call = useCallback(
    <T,>(path: string, json?: unknown) =>
      request<T>(path, { ...(json === undefined ? {} : { method: "POST", json }), headers: authorization(session!) }),
    [session],
  );

  /** Keeps a file of this conversation; what it belongs to is said with its id. */
  const keepFile = useCallback(
    async (file: File) =>
      (await upload<WireFile>(`/api/v1/conversations/${session!.conversation_id}/files`, file, authorization(session!), () => undefined)).file_id,
    [session],
  );

  const deliver = useCallback(
    async (message: Pending) => {
      if (!session) return;
      const { client_msg_id, text, files, choice } = message;
      try {
        await call(`/api/v1/conversations/${session.conversation_id}/messages`, {
          client_msg_id,
          text,
          files,
          ...(choice ? { choice } : {}),
        });
        void forget(client_msg_id);
      } catch (error) {
        const refusal = error as Refusal;
        const final = refusal.status >= 400 && refusal.status < 500 && refusal.status !== 429;
        if (final) void forget(client_msg_id);
        setPending((before) =>
          before.map((one) =>
            one.client_msg_id === client_msg_id ? { ...one, state: "failed", problem: refusal.problem?.message } : one,
          ),
        );
      }
    },
    [session, call],
  );

  const post = useCallback(
    (message: Pending) => {
      setPending((before) => [...before, message]);
      if (!session) {
        typedEarly.current.push(message);
        return;
      }
      void keep(session.conversation_id, message);
      void deliver(message);
    },
    [session, deliver],
  );

  // Back online, or a page opened again: everything that is still here is sent, in order, under its first id.
  useEffect(() => {
    if (!online || !session) return;
    const send = async () => {
      const waiting = await kept(session.conversation_id);
      const known = new Set(waiting.map((message) => message.client_msg_id));
      // What was typed before the conversation was open is only on the page so far.
      const early = typedEarly.current.filter((message) => !known.has(message.client_msg_id));
      typedEarly.current = [];
      for (const message of [...waiting, ...early]) await deliver(message);
    };
    const again = () => void send();
    again();
    addEventListener("online", again); // a socket may outlive a short outage that a request did not
    return () => removeEventListener("online", again);
  }, [online, session, deliver]);

  const say = useCallback(
    (text: string, choice?: { id: string; title: string }) =>
      post({ ...fresh(), text: choice ? choice.title : text, choice: choice?.id }),
    [post],
  );

  const sendFiles = useCallback(
    async (chosen: File[]) => {
      if (!session) return;
      const previews = chosen.map((file) => ({ url: URL.createObjectURL(file), kind: file.type.split("/")[0] }));
      const draft: Pending = { ...fresh(), previews };
      setPending((before) => [...before, draft]);
      const change = (part: Partial<Pending>) =>
        setPending((before) => before.map((one) => (one.client_msg_id === draft.client_msg_id ? { ...one, ...part } : one)));
      const files: string[] = [];
      for (const [place, file] of chosen.entries()) {
        try {
          const path = `/api/v1/conversations/${session.conversation_id}/files`;
          const sent = await upload<WireFile>(path, file, authorization(session), (part) =>
            change({ problem: `上传中 ${Math.round(((place + part) / chosen.length) * 100)}%` }),
          );
          files.push(sent.file_id);
        } catch (error) {
          change({ state: "failed", problem: (error as Refusal).problem.message });
          if (files.length === 0) return;
        }
      }
      const message: Pending = { ...draft, files, problem: undefined };
      change({ files, problem: undefined, state: "sending" });
      void keep(session.conversation_id, message);
      void deliver(message);
    },
    [session, deliver],
  );

  const retry = useCallback(
    (clientMsgId: string) => {
      const message = pending.find((one) => one.client_msg_id === clientMsgId);
      if (!message) return;
      setPending((before) =>
        before.map((one) => (one.client_msg_id === clientMsgId ? { ...one, state: "sending", problem: undefined } : one)),
      );
      void deliver(message);
    },
    [pending, deliver],
  );

  const askForPerson = useCallback(async () => {
    if (session) await call(`/api/v1/conversations/${session.conversation_id}/human`, {});
  }, [session, call]);

  const leaveQueue = useCallback(async () => {
    if (session) await call(`/api/v1/conversations/${session.conversation_id}/leave-queue`, {});
  }, [session, call]);

  const chooseWait = useCallback(
    async (choice: { mode: WaitMode; phone?: string; wish?: string }) => {
      if (session) setQueue(await call<NonNullable<Conversation["queue"]>>(`/api/v1/conversations/${session.conversation_id}/wait`, choice));
    },
    [session, call],
  );

  const downloadCopy = useCallback(async () => {
    if (!session) return;
    const answer = await fetch(`/api/v1/conversations/${session.conversation_id}/copy?format=text`, { headers: authorization(session) });
    if (!answer.ok) throw new Refusal((await answer.json()).error, answer.status);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `沟通记录-${session.conversation_id}.txt`;
    link.click();
    URL.revokeObjectURL(link.href);
  }, [session]);

  const typed = useCallback(() => {
    if (Date.now() - lastTyped.current > 1500 && line.current?.send({ type: "typing" })) lastTyped.current = Date.now();
  }, []);

  const read = useCallback(() => {
    if (document.visibilityState === "visible" && after.current) line.current?.send({ type: "read", seq: after.current });
  }, []);

  return {
    session, failure, online, owner, agent, record, pending, typing, readBy, queue,
    say, sendFiles, retry, askForPerson, leaveQueue, chooseWait, downloadCopy, typed, read, call, keep: keepFile,
  };
}

const fresh = (): Pending => ({
  client_msg_id: crypto.randomUUID(),
  text: "",
  files: [],
  previews: [],
  at: new Date().toISOString(),
  state: "sending",
});

export type { Ticket };
