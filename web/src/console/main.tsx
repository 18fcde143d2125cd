import { App as AntApp, ConfigProvider } from "antd";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { desk, type Agent } from "./api";
import "./console.css";
import { Login } from "./Login";
import { Shell } from "./Shell";
import { TrainerShell } from "./training/TrainerShell";

dayjs.locale("zh-cn");

function Console() {
  const [agent, setAgent] = useState<Agent | null | undefined>(undefined);
  useEffect(() => {
    desk.me().then(({ agent }) => setAgent(agent), () => setAgent(null));
  }, []);
  if (agent === undefined) return null;
  if (agent === null) return <Login done={setAgent} />;
  const leave = () => void desk.logout().finally(() => setAgent(null));
  return agent.role === "trainer" ? <TrainerShell agent={agent} leave={leave} /> : <Shell agent={agent} leave={leave} />;
}

createRoot(document.getElementById("root")!).render(
  <ConfigProvider locale={zhCN} button={{ autoInsertSpace: false }} theme={{ token: { colorPrimary: "#1f5f8b", borderRadius: 6, fontSize: 14 } }}>
    <AntApp>
      <Console />
    </AntApp>
  </ConfigProvider>,
);
