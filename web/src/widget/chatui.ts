/** ChatUI's parts that we use; its package is CommonJS, so its names arrive in one object. */
export { Bubble, default as Chat, type MessageProps } from "@chatui/core";
