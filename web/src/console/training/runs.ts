import { get, post } from "./api";

/** Training runs, models and promotions, as /docs describes them. */
export interface Progress {
  share: number;
  seconds_left: number;
  current: string | null;
}

export interface Run {
  id: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  reason: string;
  asked_by: string;
  asked_at: string;
  started_at: string | null;
  finished_at: string | null;
  data_version: string | null;
  against: string | null;
  error: string | null;
  ended_by: string | null;
  model: string | null;
  took: Record<string, number>;
  progress: Progress | null;
}

export interface Figures {
  precision: number;
  recall: number;
  f1: number;
  n: number;
}

export interface Side {
  rows: number;
  macro_f1: number;
  lenient: number;
  acted: number;
  acted_wrongly: number;
  asked: number;
  helped: number;
  threshold: number;
  labels: Record<string, Figures>;
  curve: [number, number, number][];
  calibration: [number, number, number][];
  confusions: { gold: string; said: string; n: number; examples: string[] }[];
}

interface Said {
  said: string;
  confidence: number;
  decision: string;
}

export interface Turned {
  text: string;
  gold: string;
  before: Said;
  after: Said;
  right: boolean;
}

export interface Judged {
  after: Side;
  before: Side;
  better: number;
  worse: number;
  sentences_better: Turned[];
  sentences_worse: Turned[];
}

export interface Report {
  held_out: Judged;
  rows?: Judged;
  fresh: {
    n: number;
    right_before: number;
    right_after: number;
    acted_before: number;
    acted_after: number;
    sentences: Turned[];
    learnt: Turned[];
  };
  latency: Record<"after" | "before", { p50: number; p95: number }>;
  size: Record<"after" | "before", number>;
  dialogues: { total: number; passed: number; failed: string[] };
}

export interface Gate {
  kind: string;
  name: string;
  open: boolean;
  reached: number | null;
  needed: number | null;
  reason: string;
}

export interface Model {
  sha256: string;
  run_id: string | null;
  data_version: string | null;
  examples: number;
  size: number;
  trained_at: string;
  reason: string | null;
  by: string | null;
  is_live: boolean;
  has_served: boolean;
}

export interface Rates {
  turns: number;
  fallback_rate: number | null;
  conversations: number;
  handoff_rate: number | null;
  one_pass_rate: number | null;
}

export interface Promotion {
  id: string;
  kind: "promote" | "rollback" | "install";
  state: "starting" | "canary" | "live" | "returned" | "failed" | "replaced";
  model: string;
  before: string;
  share: number;
  reason: string;
  by: string;
  asked_at: string;
  canary_at: string | null;
  live_at: string | null;
  ended_at: string | null;
  ended_by: string | null;
  end_reason: string | null;
  seen: { before: Rates; after: Rates; at: string } | null;
}

export interface Serving {
  model: string | null;
  slots: { name: string; model: string | null; state: string; error: string | null; until: string | null }[];
}

export const runs = {
  all: () => get<{ runs: Run[] }>("/runs/"),
  one: (id: string) => get<{ run: Run & { report: Report | null }; gates: Gate[] }>(`/runs/${id}`),
  log: async (id: string) => (await fetch(`/api/v1/curation/runs/${id}/log`)).text(),
  ask: (reason: string) => post<{ run: Run }>("/runs/", { reason }),
  cancel: (id: string) => post<{ run: Run }>(`/runs/${id}/cancel`),
};

export const models = {
  all: () => get<{ models: Model[]; serving: Serving; promotions: Promotion[] }>("/models/"),
  promote: (model: string, share: number, reason: string) => post<{ promotion: Promotion }>("/models/promotions", { model, share, reason }),
  widen: (id: string, share: number) => post<{ promotion: Promotion }>(`/models/promotions/${id}/share`, { share }),
  takeBack: (id: string, reason: string) => post<{ promotion: Promotion }>(`/models/promotions/${id}/return`, { reason }),
  rollBack: (model: string, reason: string) => post<{ promotion: Promotion }>("/models/rollback", { model, reason }),
};

export const LABELS: Record<string, string> = {
  quality: "商品质量问题", wrong_item: "发错或少发", size: "尺码不合适", no_reason: "七天无理由", not_as_described: "和描述不符",
  logistics: "物流问题", refund_status: "退款进度", request_human: "找人工", service_complaint: "投诉服务", after_sales_question: "售后咨询",
  not_complaint: "非售后",
};

export const RUN_STATES: Record<Run["state"], [string, string]> = {
  queued: ["排队中", "default"], running: ["训练中", "processing"], done: ["已完成", "success"], failed: ["没有成功", "error"], cancelled: ["已取消", "default"],
};

export const PROMOTION_STATES: Record<Promotion["state"], [string, string]> = {
  starting: ["启动中", "processing"], canary: ["灰度中", "warning"], live: ["全量在用", "success"], returned: ["已退回", "error"],
  failed: ["没有启动成功", "error"], replaced: ["已被接替", "default"],
};

export const STEPS: Record<string, string> = {
  train: "训练模型", held_out: "交叉验证", baseline: "交叉验证现用模型的数据", compare: "和现用模型对比", dialogues: "对话测试",
};

/** 75 → 1 分 15 秒. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} 秒` : `${Math.floor(whole / 60)} 分${whole % 60 ? ` ${whole % 60} 秒` : ""}`;
}

/** A change of a share or an F1, with its sign; nothing within what people would call the same. */
export function change(now: number, before: number): string {
  const by = now - before;
  return Math.abs(by) < 0.0005 ? "持平" : `${by > 0 ? "+" : "−"}${Math.abs(by).toFixed(3)}`;
}

export const percent = (share: number | null | undefined, digits = 1): string => (share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}%`);

/** The cells of a confusion matrix: how many of `gold` were taken for `said`, the diagonal from recall. */
export function matrix(side: Side, labels: string[]): number[][] {
  const wrong = new Map(side.confusions.map((one) => [`${one.gold}/${one.said}`, one.n]));
  return labels.map((gold) =>
    labels.map((said) => (gold === said ? Math.round((side.labels[gold]?.recall ?? 0) * (side.labels[gold]?.n ?? 0)) : (wrong.get(`${gold}/${said}`) ?? 0))),
  );
}
