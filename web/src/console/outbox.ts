import { Refusal } from "../shared/http";
import type { Pending } from "../shared/record";

/** A message on its way, with the epoch under which it was written: the fence that no later one may pass. */
export interface Outgoing {
  conversation: string;
  epoch: number;
  message: Pending;
}

export interface OutboxOptions {
  key: string;
  storage: Pick<Storage, "getItem" | "setItem">;
  deliver: (one: Outgoing) => Promise<unknown>;
  /** The service has it. */
  sent: (one: Outgoing) => void;
  /** What it waited for came out against it: the words go back to their author. */
  stopped: (one: Outgoing) => void;
  /** The service said no and will not change its mind. */
  refused: (one: Outgoing, problem: Refusal["problem"]) => void;
  later?: (work: () => void, pause: number) => unknown;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;

/** Is the service away for a moment (offline, restarting, too busy), so that the same message may be sent again? */
const isPassing = (error: unknown) => !(error instanceof Refusal) || error.status === 0 || error.status >= 500 || error.status === 429;

/**
 * Sends what agents write: in the order it was written, one at a time a conversation, again until the service has it.
 * Kept in `storage`, so that a reload loses nothing; a repeated `client_msg_id` adds nothing at the service.
 */
export class Outbox {
  private readonly waiting: Outgoing[];
  private readonly busy = new Set<string>();
  private readonly gates = new Map<string, Promise<boolean>>();
  private tries = 0;

  constructor(private readonly options: OutboxOptions) {
    this.waiting = JSON.parse(options.storage.getItem(options.key) ?? "[]");
  }

  /** What was still on its way when the page was left. */
  get kept(): readonly Outgoing[] {
    return this.waiting;
  }

  /** `may`: what has to be known before it leaves; it keeps its place meanwhile, and is kept like the others. */
  put(one: Outgoing, may?: Promise<boolean>) {
    if (may) this.gates.set(one.message.client_msg_id, may);
    this.waiting.push(one);
    this.keep();
    void this.send(one.conversation);
  }

  /** The network or the service is back. */
  wake() {
    this.tries = 0;
    for (const conversation of new Set(this.waiting.map((one) => one.conversation))) void this.send(conversation);
  }

  private async send(conversation: string): Promise<void> {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (let one = this.first(conversation); one; one = this.first(conversation)) {
        if ((await this.gates.get(one.message.client_msg_id)) === false) {
          this.remove(one);
          this.options.stopped(one);
          continue;
        }
        try {
          await this.options.deliver(one);
          this.remove(one);
          this.tries = 0;
          this.options.sent(one);
        } catch (error) {
          if (isPassing(error)) return this.again(conversation);
          this.remove(one);
          this.options.refused(one, (error as Refusal).problem);
        }
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  private first = (conversation: string) => this.waiting.find((one) => one.conversation === conversation);

  private again(conversation: string) {
    this.tries += 1;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.tries - 1));
    (this.options.later ?? setTimeout)(() => void this.send(conversation), pause);
  }

  private remove(one: Outgoing) {
    this.gates.delete(one.message.client_msg_id);
    this.waiting.splice(this.waiting.indexOf(one), 1);
    this.keep();
  }

  private keep() {
    this.options.storage.setItem(this.options.key, JSON.stringify(this.waiting));
  }
}
