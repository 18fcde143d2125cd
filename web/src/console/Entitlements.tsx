import { Tag } from "antd";
import { useEffect, useState } from "react";
import { moment } from "../shared/format";
import type { Decision, Entitlements as Answer, Verdict } from "../shared/wire";
import { desk as api } from "./api";
import type { Desk } from "./useDesk";

const WINDOWS: [keyof Answer & string, string][] = [
  ["not_shipped", "未发货退款"], ["no_reason", "七天无理由"], ["quality_return", "质量问题退货"], ["quality_exchange", "质量问题换货"], ["warranty", "保修期"], ["durable", "耐用商品举证"],
];

/** What the order alone entitles the consumer to, with reasons and clauses: the same answer the bot gives. */
export function Entitlements({ lineId, subType, attempt }: { lineId: string; subType: string | null; attempt: Desk["attempt"] }) {
  const [found, setFound] = useState<Answer | null>(null);
  useEffect(() => {
    let current = true;
    void attempt(() => api.entitlements(lineId, subType)).then((answer) => answer && current && setFound(answer.eligibility));
    return () => {
      current = false;
    };
  }, [lineId, subType, attempt]);
  return found && <Rights found={found} />;
}

/** The same as it stood when a ticket was opened, with the row of the table of decisions for it. */
export function Rights({ found, decision }: { found: Answer; decision?: Decision | null }) {
  return (
    <details className="entitled">
      <summary>可以享受的权益和依据</summary>
      {decision && (
        <p>
          <b>{decision.label}</b>：{decision.remedies.map((one) => one.label).join("、")}；运费{decision.freight_label}；{decision.within}；{decision.people ? "由人决定" : "证据充分且在限额内可按规则直接处理"}
          <small>{decision.basis}</small>
        </p>
      )}
      <ul>
        {WINDOWS.map(([name, label]) => {
          const verdict = found[name] as Verdict;
          return (
            <li key={name}>
              <Tag color={verdict.allowed ? "green" : "default"}>{label}</Tag>
              {verdict.reason}
              {verdict.allowed && verdict.until && <small>到 {moment(verdict.until)}</small>}
              <small>{verdict.clause || verdict.basis}</small>
            </li>
          );
        })}
        {[...found.burden_of_proof, ...found.freight].map((one) => (
          <li key={one.reason}>
            {one.reason}
            <small>{one.clause || one.basis}</small>
          </li>
        ))}
        <li>完好标准：{found.intact.text}<small>{found.intact.clause || found.intact.basis}</small></li>
        {found.promises.map((one) => (
          <li key={one.text}>承诺：{one.text}</li>
        ))}
      </ul>
    </details>
  );
}
