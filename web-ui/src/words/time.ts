const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** ISO 8601 duration in days, hours, minutes and seconds → seconds; NaN for what is none. */
export function secondsOf(iso: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso);
  if (match === null || match.slice(1).every((part) => part === undefined)) return NaN;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number];
  return days * DAY + hours * HOUR + minutes * MINUTE + seconds;
}

/** Seconds → ISO 8601 duration. */
export function isoOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / DAY);
  const hours = Math.floor((whole % DAY) / HOUR);
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  const rest = whole % MINUTE;
  const time = `${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${rest > 0 ? `${rest}S` : ""}`;
  if (days === 0 && time === "") return "PT0S";
  return `P${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
}

/** An exact length of time in its two largest units: `5 d 21 h`, `1 min 20 s`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / DAY), "d"],
    [Math.floor((whole % DAY) / HOUR), "h"],
    [Math.floor((whole % HOUR) / MINUTE), "min"],
    [whole % MINUTE, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}\u00a0${unit}`)
    .join(" ");
}

/** A length of time as one would say it of a guess: `a few seconds`, `20 s`, `4 min`, `2 h`. */
export function roughly(seconds: number): string {
  return guess(seconds, Math.round);
}

/** As {@link roughly}, never less than it is: for what is said to be enough. */
export function roughlyWithin(seconds: number): string {
  return guess(seconds, Math.ceil);
}

function guess(seconds: number, whole: (n: number) => number): string {
  if (seconds < 8) return "a few seconds";
  if (seconds < 55) return `${whole(seconds / 5) * 5}\u00a0s`;
  if (seconds < 50 * MINUTE) return `${Math.max(1, whole(seconds / MINUTE))}\u00a0min`;
  if (seconds < 20 * HOUR) {
    const halves = whole(seconds / (HOUR / 2)) / 2;
    return `${halves === Math.floor(halves) ? halves : `${Math.floor(halves) === 0 ? "" : Math.floor(halves)}½`}\u00a0h`;
  }
  return `${Math.max(1, whole(seconds / DAY))}\u00a0d`;
}

/** ISO duration in words for a form or a table. */
export function durationWords(iso: string): string {
  const seconds = secondsOf(iso);
  return Number.isNaN(seconds) ? iso : span(seconds);
}

/** `in 5 d 21 h`, `2 min ago`, `now`. */
export function relative(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 10) return "now";
  const coarse = Math.abs(seconds) > 90 ? Math.round(Math.abs(seconds) / MINUTE) * MINUTE : Math.abs(seconds);
  return seconds > 0 ? `in ${span(coarse)}` : `${span(coarse)} ago`;
}

const LOCALE = "en-GB";

export function clock(at: Date, zone?: string): string {
  return at.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

export function clockSeconds(at: Date, zone?: string): string {
  return at.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
}

/** As short as it can be told apart from now: `14:20`, `tomorrow 09:10`, `Thu 26 Nov 18:00`. */
export function moment(at: Date, now: Date, zone?: string): string {
  const days = dayNumber(at, zone) - dayNumber(now, zone);
  if (days === 0) return clock(at, zone);
  if (days === 1) return `tomorrow ${clock(at, zone)}`;
  if (days === -1) return `yesterday ${clock(at, zone)}`;
  return `${dayWords(at, zone)} ${clock(at, zone)}`;
}

/** In a sentence: `today at 14:20`, `tomorrow at 09:10`, `on Thu 26 Nov at 18:00`. */
export function dayAndTime(at: Date, now: Date, zone?: string): string {
  const days = dayNumber(at, zone) - dayNumber(now, zone);
  const day = days === 0 ? "today" : days === 1 ? "tomorrow" : days === -1 ? "yesterday" : `on ${dayWords(at, zone)}`;
  return `${day} at ${clock(at, zone)}`;
}

/** Words of the service with their times in this browser's zone and their durations in words. */
export function localTimes(text: string, now: Date, zone?: string): string {
  return text
    .replace(UTC_SPAN, (_, day: string, from: string, lastDay: string | undefined, to: string) => spanWords(new Date(`${day}T${from}Z`), new Date(`${lastDay ?? day}T${to}Z`), now, zone))
    .replace(INSTANT, (time) => moment(new Date(time), now, zone))
    .replace(DURATION, durationWords);
}

/** How the service names the time of a maintenance window: `2026-11-22 08:00 to 18:00 UTC`, with the day of the end where it is another one. */
const UTC_SPAN = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) to (?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d) UTC\b/g;
const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z\b/g;

/** A word of its own, so that no part of a name is taken for one. */
const DURATION = /(?<![\w./-])P(?=\d|T\d)(?:\d+D)?(?:T[\d.HMS]*[HMS])?(?![\w/-])/g;

function spanWords(from: Date, to: Date, now: Date, zone?: string): string {
  return `${moment(from, now, zone)} to ${dayNumber(from, zone) === dayNumber(to, zone) ? clock(to, zone) : moment(to, now, zone)}`;
}

export function dayWords(at: Date, zone?: string): string {
  return at.toLocaleDateString(LOCALE, { weekday: "short", day: "numeric", month: "short", timeZone: zone }).replace(",", "");
}

/** In full, with the zone's name: for tooltips. */
export function inFull(at: Date): string {
  return at.toLocaleString(LOCALE, { dateStyle: "full", timeStyle: "long" });
}

function dayNumber(at: Date, zone?: string): number {
  const iso = at.toLocaleDateString("sv-SE", { timeZone: zone });
  return Math.round(Date.parse(`${iso}T00:00:00Z`) / (DAY * 1000));
}
