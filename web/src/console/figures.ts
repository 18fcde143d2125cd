/** A figure as people say it: 97.5%, 1 分 20 秒, 3.5 小时, 4.6 分; — without one. */
export function said(value: number | null, unit: string): string {
  if (value === null || Number.isNaN(value)) return "—";
  switch (unit) {
    case "share":
      return `${trim(value * 100)}%`;
    case "seconds":
      if (value < 60) return `${trim(value)} 秒`;
      if (value < 3600) return Math.round(value % 60) ? `${Math.floor(value / 60)} 分 ${Math.round(value % 60)} 秒` : `${Math.round(value / 60)} 分钟`;
      return `${trim(value / 3600)} 小时`;
    case "minutes":
      return `${trim(value)} 分钟`;
    case "hours":
      return `${trim(value)} 小时`;
    case "stars":
    case "score":
      return `${trim(value)} 分`;
    default:
      return trim(value);
  }
}

const trim = (value: number) => String(Number(value.toFixed(1)));
