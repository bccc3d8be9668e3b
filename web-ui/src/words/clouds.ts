import type { Breaker, BreakerKind, BreakerState, Cloud, CloudHealth, Probe, QuotaUse } from "../api/schema.d.ts";
import { sentence, type Tone } from "./states.ts";
import { moment, relative } from "./time.ts";

/** What the words about a cloud are made of. */
export type Known = Pick<Cloud, "health" | "healthReason" | "width"> & { readonly breakers: readonly Breaker[]; readonly probes: readonly Pick<Probe, "name" | "failing">[] };

/** What a cloud's health means for launches and for machines that are there. */
const HEALTH_EFFECTS: Record<CloudHealth, (cloud: Known) => string> = {
  HEALTHY: (cloud) => takesWords(cloud, "Machines are launched on it by weight."),
  DEGRADED: (cloud) => `${degradedWords(cloud)} Ready ones are given out as ever.`,
  UNHEALTHY: (cloud) => `${sickWords(cloud)} Those that prepare there do not count, and ready ones are given out last.`,
  RECOVERING: (cloud) => takesWords(cloud, "It takes launches again after an illness or a maintenance window, few at once."),
  MAINTENANCE: () => "A maintenance window keeps launches away from it, those that would try it too.",
  PAUSED: () => "Nothing is launched on it until somebody resumes it. Ready machines are still given out.",
};

/** What follows from a cloud's health, in a sentence or two; nothing for one that this page does not know yet. */
export function effectWords(cloud: Known): string {
  return (HEALTH_EFFECTS as Record<string, ((cloud: Known) => string) | undefined>)[cloud.health]?.(cloud) ?? "";
}

function takesWords(cloud: Known, usual: string): string {
  if (closing(cloud).some(({ flavor, kind }) => flavor === null && kind === "WINDOW")) return "A maintenance window is over: one machine tries the cloud first, and the others follow when that is ready.";
  return cloud.width === null ? usual : `It takes launches again: ${atOnce(cloud.width)}, and twice as many with each that becomes ready.`;
}

function degradedWords(cloud: Known): string {
  if (closing(cloud).some(({ flavor }) => flavor === null)) return "Nothing is launched on it but one at a time to see whether it takes launches again.";
  const width = cloud.width === null ? "" : ` It still recovers: ${atOnce(cloud.width)}.`;
  if (callsPoor(cloud)) return `Machines are launched on it only where nothing better has room.${width}`;
  return `Only the flavors with an open breaker are concerned; machines of others are launched on it by weight.${width}`;
}

function sickWords(cloud: Known): string {
  if (triesOut(cloud)) return "Nothing is launched on it but one at a time to see whether it is well again.";
  const failing = cloud.probes.filter((probe) => probe.failing).map(({ name }) => name);
  const cause = failing.length === 0 ? "it cannot be listed" : `${failing.length === 1 ? `the probe ${failing[0]} fails` : `the probes ${failing.join(", ")} fail`}`;
  return `Nothing is launched on it, not even to try it, while ${cause}.`;
}

function atOnce(width: number): string {
  return `${width === 1 ? "one machine" : `${width} machines`} may prepare at once`;
}

/** Breakers that keep out all but a canary. One of late boots does not. */
function closing({ breakers }: Pick<Known, "breakers">): Breaker[] {
  return standing(breakers).filter(({ kind }) => kind !== "LATE");
}

/** Whether calls are a reason why it is degraded. The service names breakers first, each to the time of its opening, then the calls. */
function callsPoor({ breakers, healthReason }: Known): boolean {
  const named = standing(breakers).some(({ kind }) => kind !== "WINDOW");
  return !named || (healthReason !== null && !/, since \S+Z$/.test(healthReason));
}

/** Whether canaries are launched on one that is unhealthy: not while a probe fails, nor while listings fail, which its reason names before any breaker. */
function triesOut({ breakers, probes, healthReason }: Known): boolean {
  if (probes.some(({ failing }) => failing)) return false;
  return closing({ breakers }).some(({ reason }) => {
    const at = (healthReason ?? "").indexOf(`: ${reason}, since `);
    return at >= 0 && !healthReason?.slice(0, at).includes("; ");
  });
}

const NO_BREAKERS: Record<CloudHealth, string> = {
  HEALTHY: "None: nothing keeps launches away.",
  DEGRADED: "None: the whole cloud is concerned, as said above.",
  UNHEALTHY: "None: what keeps launches away is said above.",
  RECOVERING: "None: more and more launches are let in.",
  MAINTENANCE: "None: the maintenance window keeps launches away.",
  PAUSED: "None: the pause keeps launches away.",
};

/** Instead of a table of breakers where there is none to show. */
export function noBreakersWords(health: string): string {
  return (NO_BREAKERS as Record<string, string | undefined>)[health] ?? "None.";
}

/** Which of a pool's VMs on a cloud refill does not count on for the cloud's health; null where it counts on all. */
export function notCountedWords(health: string, preparing: number): string | null {
  if (health !== "UNHEALTHY" || preparing === 0) return null;
  return `${preparing === 1 ? "The one that prepares is" : `The ${preparing} that prepare are`} not counted on: the cloud is unhealthy.`;
}

/** Those with something to tell: not those that are closed and whose failures count no more. */
export function telling(breakers: readonly Breaker[]): Breaker[] {
  return breakers.filter(({ state, strikes }) => state !== "CLOSED" || strikes > 0);
}

/** What is held against a cloud, in lines for a card: what follows, and of which offerings. */
export function heldWords(cloud: Known): { readonly what: string; readonly which: string }[] {
  const { breakers, health } = cloud;
  if (SHUT.has(health)) return lines([["Open breakers:", breakers]]);
  return lines([
    ["Nothing is launched but canaries on", closing(cloud)],
    ["Launches are late, so used only where nothing better has room:", standing(breakers).filter(({ kind }) => kind === "LATE")],
  ]);
}

/** Where other things than breakers keep launches away, too. */
const SHUT: ReadonlySet<string> = new Set<CloudHealth>(["UNHEALTHY", "MAINTENANCE", "PAUSED"]);

function lines(groups: readonly (readonly [what: string, breakers: readonly Breaker[]])[]): { what: string; which: string }[] {
  return groups.flatMap(([what, breakers]) => {
    const which = standingWords(breakers);
    return which === null ? [] : [{ what, which }];
  });
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
export function breakerWaits(breaker: Pick<Breaker, "kind" | "state" | "until" | "canary" | "strikes">, now: Date): string {
  const words = waitsFor(breaker, now);
  return breaker.kind === "LATE" && breaker.state !== "CLOSED" ? `used only where nothing better has room; ${words}` : words;
}

function waitsFor({ kind, state, until, canary, strikes }: Pick<Breaker, "kind" | "state" | "until" | "canary" | "strikes">, now: Date): string {
  if (canary !== null) return `half open: canary ${canary.slice(0, 8)}… is booting`;
  const at = until === null ? null : new Date(until);
  switch (state) {
    case "CLOSED":
      return `launches go on; ${strikes === 1 ? "1 failure" : `${strikes} failures`} so far`;
    case "HALF_OPEN":
      return kind === "LATE" ? "a canary is due" : "half open: the next launch is its canary";
    default:
      if (at === null) return "open until what it waits for is well again";
      return at > now && relative(at, now) !== "now" ? `no canary before ${moment(at, now)} (${relative(at, now)})` : "a canary is due";
  }
}

/** Breakers that are open; the whole cloud's first. */
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
  return (max === null ? `${amount(used)}, no limit told` : `${amount(used)} of ${amount(max)}`) + others;
}

/** `8 s`, `1 min 20 s` of a measured boot; a dash where nothing was measured. */
export function secondsWords(seconds: number | null, say: (seconds: number) => string): string {
  return seconds === null ? "–" : say(seconds);
}
