import { Select, type RefSelectProps } from "antd";
import type { RefObject } from "react";
import type { Meaning } from "./api";
import type { Choice } from "./pad";

const MANY = 9;

interface Props {
  meanings: Meaning[];
  choice: Choice;
  choose: (intent: string | null, detail: string | null) => void;
  finder: RefObject<RefSelectProps | null>;
  ranking: [string, number][];
}

/** Every intent with its key, and below it the details of the chosen one. */
export function LabelPad({ meanings, choice, choose, finder, ranking }: Props) {
  const meaning = meanings.find((one) => one.intent === choice.intent);
  const chances = new Map(ranking);
  const button = (one: Meaning) => (
    <button
      key={one.intent}
      type="button"
      className={one.intent === choice.intent ? "on" : undefined}
      aria-pressed={one.intent === choice.intent}
      onClick={() => choose(one.intent, one.details.length === 1 ? one.details[0].detail : null)}
    >
      {one.key && <kbd>{one.key.toUpperCase()}</kbd>}
      {one.name}
      {chances.has(one.intent) && <small>{Math.round(chances.get(one.intent)! * 100)}%</small>}
    </button>
  );
  const issues = meanings.filter((one) => one.key && /[0-9-]/.test(one.key));
  const rest = meanings.filter((one) => !issues.includes(one));
  return (
    <div className="pad">
      <div className="grid">{issues.map(button)}</div>
      <div className="grid small">{rest.map(button)}</div>
      {meaning && meaning.details.length > 0 && (
        <div className="details" aria-label="细类">
          {meaning.details.length > MANY ? (
            <Select
              ref={finder}
              showSearch
              allowClear
              value={choice.detail}
              placeholder={`${meaning.details.length} 个细类：按 ; 后输入查找，或用 ← →`}
              optionFilterProp="label"
              onChange={(detail: string | undefined) => {
                choose(meaning.intent, detail ?? null);
                finder.current?.blur();
              }}
              options={meaning.details.map((one) => ({ value: one.detail, label: `${one.name}　${one.detail}` }))}
            />
          ) : (
            [{ detail: null, name: "不分细类" }, ...meaning.details].map((one) => (
              <button key={one.detail ?? ""} type="button" className={one.detail === choice.detail ? "on" : undefined}
                aria-pressed={one.detail === choice.detail} onClick={() => choose(meaning.intent, one.detail)}>
                {one.name}
              </button>
            ))
          )}
        </div>
      )}
    </div>
  );
}
