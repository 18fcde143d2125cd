import type { Button } from "../shared/wire";
import { Bubble, Chat, type MessageProps } from "./chatui";
import { Icons } from "./Icons";
import { Replies } from "./Parts";

/** A reply as the console's trainers write it, before anybody else reads it. */
export type Draft = { text: string; buttons: Pick<Button, "title" | "style">[] };

/** The widget with one message of the bot's and nobody to talk to. */
export function Preview({ draft }: { draft: Draft }) {
  const message = { _id: "draft", type: "bot", content: draft, position: "left" as const, hasTime: false, user: { name: "智能助手 · AI" } };
  const renderContent = (shown: MessageProps) => {
    const { text, buttons } = shown.content as Draft;
    return (
      <div className="lines">
        <Bubble content={text} />
        <Replies buttons={buttons} choose={() => undefined} />
      </div>
    );
  };
  return (
    <div className="widget preview">
      <Icons />
      <Chat locale="zh-CN" messages={[message]} renderMessageContent={renderContent} onSend={() => undefined} />
    </div>
  );
}
