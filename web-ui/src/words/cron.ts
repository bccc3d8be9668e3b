/** The plain kind of schedule, at one time on some days of the week, as a cron expression with seconds first. */
export interface Weekly {
  readonly days: readonly Day[];
  readonly time: string;
}

export const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
export type Day = (typeof DAYS)[number];

export const DAY_WORDS: Record<Day, string> = { MON: "Mon", TUE: "Tue", WED: "Wed", THU: "Thu", FRI: "Fri", SAT: "Sat", SUN: "Sun" };

export function cronOf({ days, time }: Weekly): string {
  const [hour, minute] = time.split(":").map(Number);
  return `0 ${minute ?? 0} ${hour ?? 0} * * ${daysField(days)}`;
}

/** Null for one that is not of the plain kind. */
export function weeklyOf(cron: string): Weekly | null {
  const match = /^0 (\d{1,2}) (\d{1,2}) (?:\*|\?) \* (\S+)$/.exec(cron.trim());
  if (match === null) return null;
  const [minute, hour] = [Number(match[1]), Number(match[2])];
  const days = daysOf((match[3] ?? "").toUpperCase());
  if (minute > 59 || hour > 23 || days === null) return null;
  return { days, time: `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` };
}

export function cronWords(cron: string): string {
  const [first, ...others] = oneByHour(cron).map(weeklyOf);
  if (first == null || others.includes(null)) return cron;
  const { days } = first;
  const time = [first, ...others].map((one) => one?.time).join(", ");
  if (days.length === 7) return `Every day at ${time}`;
  return `${runs(days)
    .map(([first, last]) => (first === last ? DAY_WORDS[first] : `${DAY_WORDS[first]}–${DAY_WORDS[last]}`))
    .join(", ")} at ${time}`;
}

/** `7,15` in the field of hours: a cron for each. */
function oneByHour(cron: string): string[] {
  const match = /^(0 \d{1,2} )(\d{1,2}(?:,\d{1,2})*)( .*)$/.exec(cron.trim());
  return match === null ? [cron] : (match[2] ?? "").split(",").map((hour) => `${match[1]}${hour}${match[3]}`);
}

function daysField(days: readonly Day[]): string {
  if (days.length === 0 || days.length === 7) return "*";
  return runs(days)
    .map(([first, last]) => (first === last ? first : `${first}-${last}`))
    .join(",");
}

function daysOf(field: string): Day[] | null {
  if (field === "*" || field === "?") return [...DAYS];
  const chosen = new Set<Day>();
  for (const part of field.split(",")) {
    const [first, last] = part.split("-").map(dayIndex);
    if (first === undefined || first < 0 || (last !== undefined && last < first)) return null;
    for (let i = first; i <= (last ?? first); i++) chosen.add(DAYS[i] as Day);
  }
  return DAYS.filter((day) => chosen.has(day));
}

function dayIndex(text: string): number {
  return /^[1-7]$/.test(text) ? Number(text) - 1 : DAYS.indexOf(text as Day);
}

function runs(days: readonly Day[]): [Day, Day][] {
  const result: [Day, Day][] = [];
  for (const day of DAYS.filter((d) => days.includes(d))) {
    const last = result.at(-1);
    if (last !== undefined && DAYS.indexOf(last[1]) === DAYS.indexOf(day) - 1) last[1] = day;
    else result.push([day, day]);
  }
  return result;
}
