import { App as AntApp } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { Refusal } from "../../shared/http";
import { workbench, type Detail, type Item, type Me, type Meaning, type Verdict } from "./api";
import type { Attempt } from "./TrainingPage";

/** The inbox and a trainer's acts on it; the next sentence is open before the last one's answer is there. */
export function useInbox(attempt: Attempt, query: Record<string, string>) {
  const { message, modal } = AntApp.useApp();
  const [items, setItems] = useState<Item[]>([]);
  const [total, setTotal] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  const [detail, setDetail] = useState<Detail | null>(null);
  const [me, setMe] = useState<Me | null>(null);
  const [meanings, setMeanings] = useState<Meaning[]>([]);
  const [facts, setFacts] = useState<{ key: string; name: string }[]>([]);
  const [loading, setLoading] = useState(true);
  const acts = useRef<string[]>([]);
  const few = useRef(false);
  few.current = items.length < 5;
  const asked = JSON.stringify(query);

  const figures = useCallback(() => void workbench.me().then(setMe, () => undefined), []);

  const load = useCallback(async () => {
    setLoading(true);
    const found = await attempt(() => workbench.inbox({ limit: "60", ...(JSON.parse(asked) as Record<string, string>) }));
    setLoading(false);
    if (!found) return;
    setItems(found.items);
    setTotal(found.total);
    setOpen((before) => (found.items.some((one) => one.id === before) ? before : (found.items[0]?.id ?? null)));
  }, [attempt, asked]);

  useEffect(() => void load(), [load]);
  useEffect(figures, [figures]);
  useEffect(() => {
    void attempt(() => workbench.labels()).then((found) => {
      if (!found) return;
      setMeanings(found.labels);
      setFacts(found.facts);
    });
  }, [attempt]);
  useEffect(() => {
    let current = true;
    setDetail(null);
    if (open) void attempt(() => workbench.item(open)).then((found) => current && found && setDetail(found.item));
    return () => {
      current = false;
    };
  }, [open, attempt]);

  /** Takes the item off the list at once and opens its neighbour. */
  const leave = useCallback((id: string) => {
    setItems((before) => {
      const place = before.findIndex((one) => one.id === id);
      const left = before.filter((one) => one.id !== id);
      setOpen(left[Math.min(Math.max(0, place), left.length - 1)]?.id ?? null);
      return left;
    });
    setTotal((before) => Math.max(0, before - 1));
  }, []);

  const label = useCallback(async (item: Item, said: Verdict) => {
    leave(item.id);
    try {
      const done = await workbench.label(item.id, said);
      acts.current.push(item.id);
      const added = done.change?.done?.filter((one) => one.result === "added").length ?? 0;
      const text = { accepted: added ? `已写入训练数据 ${added} 句` : "已标注，训练数据里已经有了", second: "已标注，等另一位训练师", disputed: "两人标得不同，交主管裁定", excluded: "不用于训练", open: "已跳过" }[done.state];
      if (done.held_back.length) void message.info(`有 ${done.held_back.length} 句和评测集太像，没有写入`);
      else if (text) void message.success(text, 1.5);
      if (few.current) void load(); // only now does the list come without this one
    } catch (error) {
      void load();
      if (error instanceof Refusal && error.problem.code === "stands_otherwise") {
        modal.confirm({
          title: "这句话已经在训练数据里",
          content: `${error.problem.message}。要改成现在选的标签吗？`,
          okText: "改过来", cancelText: "不动",
          onOk: () => void label(item, { ...said, move: true }),
        });
      } else void message.warning(error instanceof Refusal ? error.problem.message : "操作没有成功，请重试");
    }
    figures();
  }, [leave, load, figures, message, modal]);

  const undo = useCallback(async () => {
    const id = acts.current.pop();
    if (!id) return void message.info("没有可以撤回的");
    if (!(await attempt(() => workbench.undo(id)))) return;
    void message.success("已撤回", 1.5);
    await load();
    setOpen(id);
    figures();
  }, [attempt, load, figures, message]);

  const split = useCallback(async (id: string, places: number[]) => {
    const made = await attempt(() => workbench.split(id, places));
    if (!made) return;
    acts.current.push(id);
    await load();
    setOpen(made.items[0]);
  }, [attempt, load]);

  const part = useCallback(async (id: string, turnId: number) => {
    if (await attempt(() => workbench.part(id, turnId))) {
      await load();
      const found = await attempt(() => workbench.item(id));
      if (found) setDetail(found.item);
    }
  }, [attempt, load]);

  const second = useCallback(async (id: string) => {
    if (await attempt(() => workbench.second(id))) {
      void message.success("标注后会再请一位训练师", 1.5);
      setItems((before) => before.map((one) => (one.id === id ? { ...one, wanted: 2 } : one)));
    }
  }, [attempt, message]);

  const step = useCallback((by: number) => {
    setOpen((before) => {
      const place = items.findIndex((one) => one.id === before);
      return items[Math.min(items.length - 1, Math.max(0, place + by))]?.id ?? null;
    });
  }, [items]);

  return { items, total, open, setOpen, detail, me, meanings, facts, loading, load, label, undo, split, part, second, step };
}
