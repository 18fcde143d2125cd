import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { desk, type Agent } from "./api";

export function Login({ done }: { done: (agent: Agent) => void }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async ({ username, password }: { username: string; password: string }) => {
    setBusy(true);
    setProblem("");
    try {
      done((await desk.login(username.trim(), password)).agent);
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <section>
        <h1>安心售后</h1>
        <p>坐席工作台</p>
        <Form layout="vertical" onFinish={submit} requiredMark={false}>
          <Form.Item name="username" label="用户名" rules={[{ required: true, message: "请填写用户名" }]}>
            <Input size="large" autoComplete="username" autoFocus />
          </Form.Item>
          <Form.Item name="password" label="密码" rules={[{ required: true, message: "请填写密码" }]}>
            <Input.Password size="large" autoComplete="current-password" />
          </Form.Item>
          {problem && <Alert type="error" title={problem} showIcon style={{ marginBottom: 16 }} />}
          <Button type="primary" size="large" htmlType="submit" block loading={busy}>
            登录
          </Button>
        </Form>
      </section>
    </main>
  );
}
