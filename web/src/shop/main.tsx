import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { money, moment, ORDER_STATUS, spec } from "../shared/format";
import { request } from "../shared/http";
import type { OrderLine } from "../shared/wire";
import "./shop.css";

interface Consumer {
  id: string;
  name: string;
  token: string;
  orders: OrderLine[];
}

interface AnxinApi {
  open: (about?: { order?: { order_no: string; title: string } }) => void;
  identify: (token: string | null) => void;
}

const widget = () => (window as unknown as { Anxin?: AnxinApi }).Anxin;

/** A shop as it would embed the service: a loader script with the consumer's token, and a button on every order. */
function Shop() {
  const [consumers, setConsumers] = useState<Consumer[]>([]);
  const [place, setPlace] = useState(() => Number(sessionStorage.getItem("consumer") ?? 0));
  const [problem, setProblem] = useState("");
  const consumer = consumers[place];

  useEffect(() => {
    request<{ consumers: Consumer[] }>("/api/v1/demo").then(
      (demo) => (demo.consumers.length ? setConsumers(demo.consumers) : setProblem("演示数据还在准备，请稍后刷新")),
      (error: Error) => setProblem(error.message),
    );
  }, []);

  useEffect(() => {
    if (!consumer) return;
    sessionStorage.setItem("consumer", String(place));
    if (widget()) {
      widget()!.identify(consumer.token);
      return;
    }
    const script = document.createElement("script");
    script.src = "/widget.js";
    script.dataset.token = consumer.token;
    document.body.append(script);
  }, [consumer, place]);

  return (
    <>
      <header className="top">
        <strong>安心优选</strong>
        <span>演示商城</span>
        <label>
          当前顾客
          <select value={place} onChange={(event) => setPlace(Number(event.target.value))}>
            {consumers.map((one, index) => (
              <option key={one.id} value={index}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      </header>
      <main>
        <h1>我的订单</h1>
        {problem && <p role="alert">{problem}</p>}
        <ul>
          {consumer?.orders.map((order) => (
            <li key={order.line_id}>
              <header>
                <span>{order.merchant_name}</span>
                <span className={`state ${order.status}`}>{ORDER_STATUS[order.status]}</span>
              </header>
              <div className="line">
                <img src={order.image_url} alt="" width={88} height={88} />
                <div>
                  <h2>{order.title}</h2>
                  <p>{spec(order.spec)}</p>
                  <p>
                    订单号 {order.order_no}
                    {order.signed_at && ` · ${moment(order.signed_at)} 签收`}
                  </p>
                </div>
                <div className="price">
                  <strong>{money(order.paid_fen)}</strong>
                  <span>×{order.quantity}</span>
                </div>
              </div>
              <footer>
                <button type="button" onClick={() => widget()?.open({ order: { order_no: order.order_no, title: order.title } })}>
                  申请售后
                </button>
              </footer>
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}

createRoot(document.getElementById("root")!).render(<Shop />);
