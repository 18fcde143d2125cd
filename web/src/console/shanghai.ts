import dayjs, { type Dayjs } from "dayjs";

/** The clock of Shanghai on this page's pickers, wherever the browser thinks it is. */
export const shanghai = (at: Date = new Date()): Dayjs => dayjs(at.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }));

/** What was picked on that clock, as the service reads it. */
export const inShanghai = (picked: Dayjs): string => `${picked.format("YYYY-MM-DDTHH:mm:ss")}+08:00`;
