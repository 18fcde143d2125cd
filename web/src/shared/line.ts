/** A WebSocket that comes back by itself: exponential pauses with jitter, a heartbeat, and a fallback. */

export interface LineOptions {
  url: () => string;
  protocols: () => string[];
  onFrame: (frame: Record<string, unknown>) => void;
  onState: (online: boolean) => void;
  /** Called while no socket can be had: fetch what is new another way. */
  poll?: () => Promise<void>;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const HEARTBEAT = 20_000;
const SILENCE = 45_000;

export class Line {
  private socket: WebSocket | null = null;
  private tries = 0;
  private closed = false;
  private timer = 0;
  private heartbeat = 0;
  private heard = 0;

  constructor(private readonly options: LineOptions) {
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** True when the frame was handed to an open socket. */
  send(frame: unknown): boolean {
    if (!this.isOpen) return false;
    this.socket!.send(JSON.stringify(frame));
    return true;
  }

  close() {
    this.closed = true;
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.timer);
    clearInterval(this.heartbeat);
    this.socket?.close();
  }

  private wake = () => {
    if (!this.closed && !this.isOpen && document.visibilityState === "visible") {
      clearTimeout(this.timer);
      this.connect();
    }
  };

  private connect() {
    if (this.closed || this.socket?.readyState === WebSocket.CONNECTING) return;
    const socket = new WebSocket(this.options.url(), this.options.protocols());
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      this.heard = Date.now();
      this.options.onState(true);
      clearInterval(this.heartbeat);
      this.heartbeat = window.setInterval(() => {
        if (Date.now() - this.heard > SILENCE) socket.close();
        else this.send({ type: "ping" });
      }, HEARTBEAT);
    };
    socket.onmessage = (event) => {
      this.heard = Date.now();
      const frame = JSON.parse(String(event.data));
      if (frame.type !== "pong") this.options.onFrame(frame);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      clearInterval(this.heartbeat);
      this.options.onState(false);
      if (this.closed) return;
      this.tries += 1;
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.tries - 1)) * (0.5 + Math.random() / 2);
      this.timer = window.setTimeout(() => this.connect(), pause);
      if (this.tries > 1) void this.options.poll?.().catch(() => undefined);
    };
  }
}
