import type { Problem } from "./wire";

/** An error that the service explained: `message` is for people, `code` for programs. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.message);
  }
}

export const OFFLINE: Problem = { code: "offline", message: "网络不太好，请稍后再试" };

/** JSON in, JSON out; throws Refusal with the service's own sentence, or OFFLINE when nothing answers. */
export async function request<T>(path: string, options: RequestInit & { json?: unknown } = {}): Promise<T> {
  const { json, headers, ...rest } = options;
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...rest,
      headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: json === undefined ? rest.body : JSON.stringify(json),
    });
  } catch {
    throw new Refusal(OFFLINE, 0);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) {
    throw new Refusal(body?.error ?? { code: "internal", message: "服务出了点问题，请稍后再试" }, answer.status);
  }
  return body as T;
}

/** Uploads with progress from 0 to 1, which fetch cannot tell. */
export function upload<T>(path: string, file: File, headers: Record<string, string>, progress: (part: number) => void) {
  return new Promise<T>((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    for (const [name, value] of Object.entries(headers)) sending.setRequestHeader(name, value);
    sending.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    sending.onerror = () => reject(new Refusal(OFFLINE, 0));
    sending.onload = () => {
      let body: { error?: Problem } | null = null;
      try {
        body = JSON.parse(sending.responseText);
      } catch {
        // answered below as an internal error
      }
      if (sending.status < 300 && body) resolve(body as T);
      else reject(new Refusal(body?.error ?? { code: "internal", message: "上传没有成功，请重试" }, sending.status));
    };
    const form = new FormData();
    form.append("file", file);
    sending.send(form);
  });
}
