import { Alert, Button, Card, DatePicker, Select, Spin, Tag } from "antd";
import dayjs from "dayjs";
import { useEffect, useState } from "react";
import { moment } from "../shared/format";
import { desk as api, type Agent } from "./api";
import { HALF_HOURS, MOST_SPANS, isWrong, joined, nextSpan, parted, type Span } from "./hours";
import type { Desk } from "./useDesk";
import type { Hours } from "./writing";

/** When the people of this party are there; outside of it consumers are offered to wait, leave a message or be called. */
export default function HoursPage({ agent, attempt }: { agent: Agent; attempt: Desk["attempt"] }) {
  const [kept, setKept] = useState<Hours | null>(null);
  const [workdays, setWorkdays] = useState<Span[]>([]);
  const [daysOff, setDaysOff] = useState<Span[]>([]);
  const [closed, setClosed] = useState<string[]>([]);
  const [saving, setSaving] = useState(false);
  const show = (hours: Hours) => {
    setKept(hours);
    setWorkdays(parted(hours.workdays));
    setDaysOff(parted(hours.days_off));
    setClosed(hours.closed_days);
  };
  useEffect(() => {
    void attempt(() => api.hours()).then((found) => found && show(found.hours));
  }, [attempt]);
  if (!kept) return <main className="page"><Spin /></main>;

  const given = { workdays: joined(workdays), days_off: joined(daysOff), closed_days: closed };
  const changed = (["workdays", "days_off", "closed_days"] as const).some((name) => given[name].join() !== kept[name].join());
  const nobody = workdays.length === 0 && daysOff.length === 0;
  const save = async () => {
    setSaving(true);
    const made = await attempt(() => api.setHours(given));
    if (made) show(made.hours);
    setSaving(false);
  };
  return (
    <main className="page hours">
      <h3>{agent.party === "platform" ? "平台" : agent.party_name}的工作时间</h3>
      <p className="now">
        <Tag color={kept.open ? "success" : "default"}>{kept.open ? "现在在工作时间" : "现在不在工作时间"}</Tag>
        {!kept.open && kept.opens_at && <span>{moment(kept.opens_at)} 开始</span>}
        <small>{kept.changed ? `${kept.changed.by} ${moment(kept.changed.at)} 改过` : "目前是系统默认"}</small>
      </p>
      <Spans title="工作日" about="含调休上班的周末" spans={workdays} set={setWorkdays} />
      <Spans title="休息日" about="周末和法定节假日" spans={daysOff} set={setDaysOff} />
      <Card size="small" title={<>关闭日 <small>这些日期整天没人，不论工作日还是休息日</small></>}>
        <DatePicker
          multiple maxTagCount="responsive" style={{ width: "100%" }} placeholder="选日期，例如春节、盘点"
          value={closed.map((day) => dayjs(day))} minDate={dayjs().startOf("day")}
          onChange={(days) => setClosed((days ?? []).map((day) => day.format("YYYY-MM-DD")).sort())}
        />
      </Card>
      {nobody && <Alert type="warning" showIcon title="工作日和休息日不能都关闭，否则消费者永远等不到人" />}
      <div className="buttons">
        <Button type="primary" loading={saving} disabled={!changed || nobody || isWrong(workdays) || isWrong(daysOff)} onClick={() => void save()}>保存</Button>
        <Button disabled={!changed || saving} onClick={() => show(kept)}>恢复</Button>
        <small>保存后，非工作时间来的消费者会看到新的时间，可以继续等、留言或约回电</small>
      </div>
    </main>
  );
}

function Spans({ title, about, spans, set }: { title: string; about: string; spans: Span[]; set: (spans: Span[]) => void }) {
  const free = nextSpan(spans);
  const change = (place: number, span: Span) => set(spans.map((one, at) => (at === place ? span : one)));
  return (
    <Card size="small" title={<>{title} <small>{about}</small></>}>
      {spans.map(([from, to], place) => (
        <div className="span" key={place}>
          <Select showSearch aria-label={`${title}第 ${place + 1} 段开始`} value={from} options={HALF_HOURS.slice(0, -1)} onChange={(value) => change(place, [value, to])} />
          <span>至</span>
          <Select showSearch aria-label={`${title}第 ${place + 1} 段结束`} status={isWrong([[from, to]]) ? "error" : undefined} value={to} options={HALF_HOURS.slice(1)} onChange={(value) => change(place, [from, value])} />
          <Button type="text" danger aria-label={`删除${title}第 ${place + 1} 段`} onClick={() => set(spans.filter((_, at) => at !== place))}>删除</Button>
        </div>
      ))}
      {spans.length === 0 && <p className="closed">不上班</p>}
      {isWrong(spans) && <p className="wrong">时段的结束要晚于开始，前后不能重叠</p>}
      {free && spans.length < MOST_SPANS && <Button type="dashed" size="small" onClick={() => set([...spans, free])}>加一个时段</Button>}
    </Card>
  );
}
