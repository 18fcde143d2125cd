import { Collapse } from "antd";
import { CartesianGrid, ComposedChart, Legend, Line, ReferenceLine, ResponsiveContainer, Scatter, ScatterChart, Tooltip, XAxis, YAxis, ZAxis } from "recharts";
import { LABELS, matrix, percent, type Side } from "./runs";

const BLUE = "#1f5f8b";
const RED = "#cf3b2f";

/** Gold labels by what they were taken for; the deeper, the larger a share of the row. */
export function Matrix({ side }: { side: Side }) {
  const labels = Object.keys(side.labels);
  const cells = matrix(side, labels);
  return (
    <div className="matrix">
      <table>
        <thead>
          <tr><th />{labels.map((label) => <th key={label}>{LABELS[label]}</th>)}</tr>
        </thead>
        <tbody>
          {labels.map((gold, row) => {
            const total = cells[row].reduce((sum, one) => sum + one, 0) || 1;
            return (
              <tr key={gold}>
                <th>{LABELS[gold]}</th>
                {cells[row].map((count, column) => {
                  const share = count / total;
                  const color = row === column ? "31,95,139" : "207,59,47";
                  return <td key={labels[column]} title={`${LABELS[gold]} → ${LABELS[labels[column]]}：${count} 句`} style={{ background: `rgba(${color},${Math.min(1, row === column ? share : share * 3).toFixed(2)})`, color: (row === column ? share : share * 3) > 0.5 ? "#fff" : undefined }}>{count || ""}</td>;
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** How much the bot acts on by itself from each threshold, and how much of that is wrong. */
export function Coverage({ side }: { side: Side }) {
  const data = side.curve.map(([threshold, acted, wrong]) => ({ threshold, acted, wrong }));
  return (
    <ResponsiveContainer width="100%" height={240}>
      <ComposedChart data={data} margin={{ top: 8, right: 8, bottom: 4, left: 0 }}>
        <CartesianGrid stroke="#e3e7eb" vertical={false} />
        <XAxis dataKey="threshold" type="number" domain={[0, 1]} tick={{ fontSize: 12 }} />
        <YAxis yAxisId="acted" domain={[0, 1]} tickFormatter={(value) => percent(value, 0)} tick={{ fontSize: 12 }} width={48} />
        <YAxis yAxisId="wrong" orientation="right" tickFormatter={(value) => percent(value, 0)} tick={{ fontSize: 12, fill: RED }} width={44} />
        <Tooltip formatter={(value) => percent(Number(value))} labelFormatter={(value) => `阈值 ${Number(value).toFixed(2)}`} />
        <Legend wrapperStyle={{ fontSize: 12 }} />
        <ReferenceLine yAxisId="wrong" y={0.03} stroke={RED} strokeDasharray="4 4" label={{ value: "3% 错", fontSize: 12, position: "insideTopLeft" }} />
        <Line yAxisId="acted" dataKey="acted" name="直接处理的比例（左）" stroke={BLUE} dot={false} strokeWidth={2} isAnimationActive={false} />
        <Line yAxisId="wrong" dataKey="wrong" name="判断错的占全部（右）" stroke={RED} dot={false} strokeWidth={2} isAnimationActive={false} />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** What was said with so much confidence, and how much of it was right: on the line they are the same. */
export function Calibration({ side }: { side: Side }) {
  const data = side.calibration.map(([sure, right, count]) => ({ sure, right, count }));
  return (
    <ResponsiveContainer width="100%" height={240}>
      <ScatterChart margin={{ top: 8, right: 16, bottom: 4, left: 0 }}>
        <CartesianGrid stroke="#e3e7eb" />
        <XAxis dataKey="sure" type="number" domain={[0, 1]} name="说有几成把握" tickFormatter={(value) => percent(value, 0)} tick={{ fontSize: 12 }} />
        <YAxis dataKey="right" type="number" domain={[0, 1]} name="其中对的" tickFormatter={(value) => percent(value, 0)} tick={{ fontSize: 12 }} width={48} />
        <ZAxis dataKey="count" range={[30, 320]} name="句数" />
        <Tooltip formatter={(value, name) => (name === "句数" ? `${value}` : percent(Number(value)))} />
        <ReferenceLine segment={[{ x: 0, y: 0 }, { x: 1, y: 1 }]} stroke="#9aa5b1" strokeDasharray="4 4" />
        <Scatter data={data} fill={BLUE} fillOpacity={0.65} isAnimationActive={false} />
      </ScatterChart>
    </ResponsiveContainer>
  );
}

export function Confusions({ side }: { side: Side }) {
  return (
    <Collapse
      size="small"
      items={side.confusions.slice(0, 12).map((one) => ({
        key: `${one.gold}/${one.said}`,
        label: `${one.n} 句 ${LABELS[one.gold]} → ${LABELS[one.said]}`,
        children: <ul>{one.examples.map((text) => <li key={text}>{text}</li>)}</ul>,
      }))}
    />
  );
}
