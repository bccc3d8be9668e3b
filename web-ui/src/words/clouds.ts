import type { Breaker, BreakerKind, BreakerState, Cloud, CloudHealth, Probe, QuotaUse } from "../api/schema.d.ts";
import { sentence, type Tone } from "./states.ts";
import { moment, relative } from "./time.ts";

/** What a cloud's health means for launches and for machines that are there. */
export const HEALTH_EFFECTS: Record<CloudHealth, string> = {
  HEALTHY: "Machines are launched on it by weight.",
  DEGRADED: "Machines are launched on it only where nothing better has room. Ready ones are given out as ever.",
  UNHEALTHY: "Nothing is launched on it but one at a time to see whether it is well again. Those that prepare there do not count, and ready ones are given out last.",
  RECOVERING: "It takes launches again, few at once.",
  MAINTENANCE: "A maintenance window says what is launched on it.",
  PAUSED: "Nothing is launched on it until somebody resumes it. Ready machines are still given out.",
};

/** The effect with the number of this cloud, where there is one. */
export function effectWords({ health, width }: Pick<Cloud, "health" | "width">): string {
  if (width !== null && (health === "RECOVERING" || health === "HEALTHY")) return `It takes launches again: ${width === 1 ? "one machine" : `${width} machines`} may prepare at once, and twice as many with each that becomes ready.`;
  return (HEALTH_EFFECTS as Record<string, string | undefined>)[health] ?? "";
}

export const BREAKER_KINDS: Record<BreakerKind, string> = {
  NO_CAPACITY: "No room",
  REJECTED: "Requests refused as wrong",
  QUOTA: "Quota used up",
  THROTTLED: "Asked to slow down",
  UNREACHABLE: "Creates are not answered",
  UNAUTHORIZED: "Credentials refused",
  BOOT_FAILED: "Boots fail",
  LATE: "Boots are late",
  WINDOW: "Back from maintenance",
};

export const BREAKER_STATES: Record<BreakerState, { readonly word: string; readonly tone: Tone }> = {
  CLOSED: { word: "Closed", tone: "off" },
  OPEN: { word: "Open", tone: "bad" },
  HALF_OPEN: { word: "Half open", tone: "wait" },
};

/** What made it, also of a kind that this page does not know yet. */
export function breakerKind(kind: string): string {
  return (BREAKER_KINDS as Record<string, string | undefined>)[kind] ?? sentence(kind);
}

/** What a breaker waits for: `no canary before 09:14 (in 2 min)`. */
export function breakerWaits({ state, until, canary, strikes }: Pick<Breaker, "state" | "until" | "canary" | "strikes">, now: Date): string {
  if (canary !== null) return `half open: canary ${canary.slice(0, 8)}… is booting`;
  const at = until === null ? null : new Date(until);
  switch (state) {
    case "CLOSED":
      return `launches go on; ${strikes === 1 ? "1 failure" : `${strikes} failures`} so far`;
    case "HALF_OPEN":
      return "half open: the next launch is its canary";
    default:
      if (at === null) return "open until what it waits for is well again";
      return at > now ? `no canary before ${moment(at, now)} (${relative(at, now)})` : "a canary is due";
  }
}

/** Breakers that keep launches away now; the whole cloud's first. */
export function standing(breakers: readonly Breaker[]): Breaker[] {
  return breakers.filter(({ state }) => state !== "CLOSED").sort((a, b) => Number(a.flavor !== null) - Number(b.flavor !== null) || (a.flavor ?? "").localeCompare(b.flavor ?? ""));
}

/** One line about all that stand; null when none does. */
export function standingWords(breakers: readonly Breaker[]): string | null {
  const all = standing(breakers);
  if (all.length === 0) return null;
  const whole = all.filter(({ flavor }) => flavor === null).map(({ kind }) => breakerKind(kind).toLowerCase());
  const flavors = all.filter(({ flavor }) => flavor !== null).map(({ flavor, image, kind }) => `${flavor}${image === null ? "" : ` with ${image}`} (${breakerKind(kind).toLowerCase()})`);
  return [whole.length === 0 ? "" : `the whole cloud (${[...new Set(whole)].join(", ")})`, ...flavors].filter((part) => part !== "").join("; ");
}

/** A probe by its last looks; it fails when three in a row did. */
export function probeSays({ ok, failing }: Pick<Probe, "ok" | "failing">): { word: string; tone: Tone } {
  if (failing) return { word: "Fails", tone: "bad" };
  if (ok === null) return { word: "Not looked at yet", tone: "off" };
  return ok ? { word: "Well", tone: "good" } : { word: "Missed", tone: "wait" };
}

/** `42 of 100, 12 of them by others`, of what all of the account use; divided for units: MB as GB. */
export function quotaWords({ used, max, ours }: QuotaUse, per = 1): string {
  const amount = (n: number) => Math.round(n / per).toLocaleString("en-GB");
  if (used === null) return max === null ? "not told" : `at most ${amount(max)}; what is used is not told`;
  const others = ours !== null && used > ours ? `, ${amount(used - ours)} of them by others` : "";
  return (max === null ? `${amount(used)}, no limit` : `${amount(used)} of ${amount(max)}`) + others;
}

/** `8 s`, `1 min 20 s` of a measured boot; a dash where nothing was measured. */
export function secondsWords(seconds: number | null, say: (seconds: number) => string): string {
  return seconds === null ? "–" : say(seconds);
}
