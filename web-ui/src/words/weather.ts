import type { Weather, WeatherChange } from "../api/schema.d.ts";

/** A whole weather in a word: what is not named is as the fleet file says. Null is calm. */
export interface Preset {
  readonly name: string;
  readonly what: string;
  readonly change: WeatherChange | null;
}

export const PRESETS: readonly Preset[] = [
  { name: "Calm", what: "as the fleet file says", change: null },
  { name: "Never boots", what: "creates are accepted, and no machine ever runs", change: { neverBoots: 1 } },
  { name: "Creates fail", what: "each create is told that there is no room", change: { noCapacity: 1 } },
  { name: "Creates hang", what: "no create is answered; its machine appears after ten minutes", change: { lateBirth: 1, lateBy: "PT10M" } },
  { name: "Slow ×10", what: "each boot takes ten times as long", change: { slowBoot: 1, slowBootFactor: 10 } },
  { name: "Listing fails", what: "a page of each listing fails", change: { partialList: 1 } },
  { name: "Listing empty", what: "each listing is answered well, with nothing in it", change: { emptyList: 1 } },
  { name: "Credentials expire", what: "each call is refused as unauthorized", change: { unauthorized: 1 } },
  { name: "Outage", what: "nobody answers at all", change: { outage: true } },
];

/** The preset that this weather is, given what calm is taken for; null when it is another. */
export function presetOf(weather: Weather): Preset | null {
  const disturbed = (Object.keys(QUIET) as (keyof typeof QUIET)[]).filter((name) => weather[name] !== QUIET[name]);
  return (
    PRESETS.find(({ change }) => {
      const named = Object.entries(change ?? {});
      return named.every(([name, value]) => weather[name as keyof Weather] === value) && disturbed.every((name) => named.some(([one]) => one === name));
    }) ?? null
  );
}

/** Components whose value says that nothing goes wrong. Times and sizes are the fleet file's affair. */
const QUIET = { lostReply: 0, failBefore: 0, hang: 0, noCapacity: 0, throttled: 0, unauthorized: 0, rejected: 0, outage: false, slowBoot: 0, neverBoots: 0, neverReports: 0, errorInstances: 0, partialList: 0, staleList: 0, emptyList: 0, lateBirth: 0, leftover: 0 } as const;

type FieldKind = "ratio" | "factor" | "count" | "duration" | "switch";

export const WEATHER_FIELDS: Record<keyof Weather, { readonly kind: FieldKind; readonly what: string }> = {
  outage: { kind: "switch", what: "Nobody answers at all" },
  unauthorized: { kind: "ratio", what: "Calls refused as unauthorized" },
  throttled: { kind: "ratio", what: "Calls told to slow down" },
  retryAfter: { kind: "duration", what: "Slow down for" },
  failBefore: { kind: "ratio", what: "Calls answered 5xx, without effect" },
  hang: { kind: "ratio", what: "Calls that are not answered" },
  lostReply: { kind: "ratio", what: "Changes that take effect, their answer lost" },
  noCapacity: { kind: "ratio", what: "Creates that find no room" },
  rejected: { kind: "ratio", what: "Creates called wrong" },
  lateBirth: { kind: "ratio", what: "Creates unanswered, their machine born late" },
  lateBy: { kind: "duration", what: "Born late by" },
  capacity: { kind: "count", what: "Machines that it can hold" },
  quota: { kind: "count", what: "Machines that the account may have" },
  createTime: { kind: "duration", what: "A create is answered after" },
  deleteTime: { kind: "duration", what: "A machine goes within" },
  bootTime: { kind: "duration", what: "Boot time on average" },
  bootJitter: { kind: "ratio", what: "Boot time varies by" },
  slowBoot: { kind: "ratio", what: "Machines that boot slowly" },
  slowBootFactor: { kind: "factor", what: "Slow boots take times as long" },
  neverBoots: { kind: "ratio", what: "Machines that never run" },
  neverReports: { kind: "ratio", what: "Machines that never report" },
  errorInstances: { kind: "ratio", what: "Machines that go to ERROR" },
  partialList: { kind: "ratio", what: "Listings of which a page fails" },
  emptyList: { kind: "ratio", what: "Listings answered empty" },
  staleList: { kind: "ratio", what: "Listings of a while ago" },
  staleBy: { kind: "duration", what: "Listed as of how long ago" },
  listLag: { kind: "duration", what: "Changes listed only after" },
  leftover: { kind: "ratio", what: "Deleted machines that leave something behind" },
};

/** What a form's text means for the service: no text is no limit, or nothing wrong. */
export function weatherValue(kind: FieldKind, text: string): number | string | boolean | null {
  if (kind === "switch") return text === "true";
  if (kind === "count") return text.trim() === "" ? null : Number(text);
  if (kind === "duration") return text.trim();
  return Number(text);
}
