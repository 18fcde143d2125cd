/**
 * The loader that any page embeds with two lines:
 *   <script src="https://service/widget.js" data-token="…" async></script>
 * It draws a launcher and, at the first opening, a frame with the widget. The token goes to the frame by message.
 */
type Order = { order_no: string; title: string };

const script = document.currentScript as HTMLScriptElement;
const service = new URL(script.src).origin;
let token: string | null = script.dataset.token || null;
let order: Order | null = null;
let frame: HTMLIFrameElement | null = null;
let shown = false;
const listeners: ((count: number) => void)[] = [];

const style = document.createElement("style");
style.textContent = `
.anxin-launcher{position:fixed;right:20px;bottom:20px;z-index:2147483000;border:0;border-radius:28px;padding:14px 20px;min-height:48px;
font:600 15px/1.2 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#fff;background:#e4572e;
box-shadow:0 6px 20px rgba(0,0,0,.18);cursor:pointer}
.anxin-launcher:focus-visible{outline:3px solid #1b4965;outline-offset:2px}
.anxin-launcher b{margin-left:6px;padding:1px 7px;border-radius:10px;background:#fff;color:#e4572e;font-size:12px}
.anxin-frame{position:fixed;right:20px;bottom:20px;z-index:2147483001;width:400px;height:min(680px,calc(100vh - 40px));border:0;
border-radius:16px;box-shadow:0 12px 40px rgba(0,0,0,.25);background:#fff;color-scheme:light}
@media (max-width:520px){.anxin-frame{inset:0;width:100%;height:100dvh;border-radius:0}}`;

const launcher = document.createElement("button");
launcher.type = "button";
launcher.className = "anxin-launcher";
launcher.textContent = "安心售后";
launcher.onclick = () => open();

function tell(message: object) {
  frame?.contentWindow?.postMessage({ anxin: "v1", ...message }, service);
}

function open(about?: { order?: Order }) {
  if (about?.order) order = about.order;
  shown = true;
  launcher.hidden = true;
  if (!frame) {
    frame = document.createElement("iframe");
    frame.className = "anxin-frame";
    frame.title = "安心售后";
    frame.allow = "clipboard-write";
    frame.src = `${service}/widget/`;
    document.body.append(frame);
  } else {
    frame.hidden = false;
    tell({ type: "begin", token, order });
  }
  tell({ type: "visible", visible: true });
  frame.focus();
}

function close() {
  shown = false;
  if (frame) frame.hidden = true;
  launcher.hidden = false;
  tell({ type: "visible", visible: false });
  launcher.focus();
}

/** Another consumer logged in to the shop: the frame begins anew. */
function identify(next: string | null) {
  token = next;
  order = null;
  frame?.remove();
  frame = null;
  if (shown) open();
}

addEventListener("message", (event) => {
  if (event.origin !== service || event.source !== frame?.contentWindow || event.data?.anxin !== "v1") return;
  if (event.data.type === "ready") {
    tell({ type: "begin", token, order });
    tell({ type: "visible", visible: shown });
  } else if (event.data.type === "close") close();
  else if (event.data.type === "unread") {
    const count = Number(event.data.count) || 0;
    launcher.textContent = "安心售后";
    if (count) launcher.append(Object.assign(document.createElement("b"), { textContent: String(Math.min(count, 99)) }));
    for (const listener of listeners) listener(count);
  }
});

function begin() {
  document.head.append(style);
  document.body.append(launcher);
  if (script.dataset.open === "true") open();
}

(window as unknown as { Anxin: object }).Anxin = {
  open,
  close,
  identify,
  on: (event: string, listener: (count: number) => void) => event === "unread" && listeners.push(listener),
};
if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
