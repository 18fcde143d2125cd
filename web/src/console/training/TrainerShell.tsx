import { LogoutOutlined } from "@ant-design/icons";
import { App as AntApp, Button } from "antd";
import { lazy, Suspense, useCallback, useEffect } from "react";
import { Refusal } from "../../shared/http";
import type { Agent } from "../api";
import type { Attempt } from "./TrainingPage";

const TrainingPage = lazy(() => import("./TrainingPage"));

/** The page of somebody who only trains: no queue, no tickets, no socket. */
export function TrainerShell({ agent, leave }: { agent: Agent; leave: () => void }) {
  const { message } = AntApp.useApp();
  const attempt = useCallback<Attempt>(async (work) => {
    try {
      return await work();
    } catch (error) {
      void message.warning(error instanceof Refusal ? error.problem.message : "操作没有成功，请重试");
      return null;
    }
  }, [message]);
  useEffect(() => {
    document.title = "安心售后训练台";
  }, []);
  return (
    <div className="shell">
      <header className="top">
        <strong>安心售后 · 训练台</strong>
        <span className="who">
          {agent.name}
          <small>{agent.party_name} · 训练师</small>
          <Button type="text" size="small" icon={<LogoutOutlined />} onClick={leave} aria-label="退出登录" />
        </span>
      </header>
      <Suspense fallback={<div className="nothing">正在打开…</div>}>
        <TrainingPage agent={agent} attempt={attempt} />
      </Suspense>
    </div>
  );
}
