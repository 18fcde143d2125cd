import { Alert, Button, Card, Empty, Radio, Table, Tag } from "antd";
import { useCallback, useEffect, useState } from "react";
import { moment } from "../shared/format";
import { merchants as api, type Attempt, type Course } from "./merchants";
import type { Desk } from "./useDesk";

/** The course: cards to read, a quiz to pass, the record of attempts; the platform sees the merchant's record. */
export function CoursePanel({ id, platform, attempt }: { id?: string; platform: boolean; attempt: Desk["attempt"] }) {
  const [course, setCourse] = useState<Course | null>(null);
  const [passed, setPassed] = useState(false);
  const [record, setRecord] = useState<Attempt[]>([]);
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [marked, setMarked] = useState<Attempt | null>(null);

  const load = useCallback(async () => {
    const found = await attempt(() => api.course());
    if (!found) return;
    setCourse(found.course);
    setPassed(found.passed);
    const team = id ? await attempt(() => api.attempts(id)) : null;
    setRecord(team?.attempts ?? found.attempts);
  }, [attempt, id]);
  useEffect(() => void load(), [load]);

  const submit = async () => {
    const found = await attempt(() => api.answer(answers));
    if (found) {
      setMarked(found.attempt);
      await load();
    }
  };

  if (!course) return null;
  const why = Object.fromEntries((marked?.wrong ?? []).map((one) => [one.id, one]));
  return (
    <div className="course">
      {!platform && (passed ? <Alert type="success" title="您已通过本版测验，可以处理工单" /> : <Alert type="info" title={`读完卡片，答对 ${course.pass_mark} 题（共 ${course.questions.length} 题）即通过，可以多次作答`} />)}
      <div className="cards">
        {course.cards.map((card) => (
          <Card key={card.id} size="small" title={card.title}>{card.text}{card.clause && <p><small>依据：{card.clause}</small></p>}</Card>
        ))}
      </div>
      {!platform && (
        <>
          <h3>测验</h3>
          {course.questions.map((question, place) => (
            <div key={question.id} className="question">
              <p>{place + 1}. {question.text}</p>
              <Radio.Group value={answers[question.id]} onChange={(event) => setAnswers({ ...answers, [question.id]: event.target.value })}
                options={Object.entries(question.options).map(([value, label]) => ({ value, label }))} />
              {marked && why[question.id] && <small className="missed">应选「{question.options[why[question.id].answer]}」：{why[question.id].why}</small>}
            </div>
          ))}
          {marked && <Alert type={marked.passed ? "success" : "warning"} title={`答对 ${marked.correct} / ${marked.total} 题，${marked.passed ? "已通过" : "还差一点，看看上面的说明再试一次"}`} />}
          <Button type="primary" disabled={Object.keys(answers).length < course.questions.length} onClick={() => void submit()}>提交</Button>
        </>
      )}
      <h3>测验记录</h3>
      {record.length ? (
        <Table<Attempt> rowKey="id" size="small" dataSource={record} pagination={{ pageSize: 20, hideOnSinglePage: true }}
          columns={[
            { title: "坐席", dataIndex: "agent_name" },
            { title: "答对", render: (_, one) => `${one.correct} / ${one.total}` },
            { title: "结果", render: (_, one) => <Tag color={one.passed ? "green" : "default"}>{one.passed ? "通过" : "未通过"}</Tag> },
            { title: "时间", render: (_, one) => moment(one.at) },
          ]} />
      ) : <Empty description="还没有人作答" />}
    </div>
  );
}
