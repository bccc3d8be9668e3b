import type { Allocation, MaintenanceKind, MaintenanceState, MaintenanceWindow, MaintenanceWindowPreview, VmType } from "../api/schema.d.ts";
import type { Tone } from "./states.ts";
import { moment, span } from "./time.ts";

export const WINDOW_KINDS: Record<MaintenanceKind, { readonly word: string; readonly what: string }> = {
  UNAVAILABLE: { word: "Unavailable", what: "Replacements are launched on other clouds ahead of the start. At the start the machines that nobody has are retired; those that people have stay, and their owners are told." },
  NO_NEW: { word: "Nothing new", what: "From the start to the end nothing is launched there. What is ready there counts and is given out." },
  AT_RISK: { word: "At risk", what: "From the start to the end it is used only where nothing else has room. Nothing is moved; those who have machines there are told." },
};

export const WINDOW_STATES: Record<MaintenanceState, { readonly word: string; readonly tone: Tone }> = {
  PLANNED: { word: "Planned", tone: "info" },
  PREPARING: { word: "Preparing", tone: "wait" },
  ACTIVE: { word: "On now", tone: "busy" },
  OVER: { word: "Over", tone: "off" },
  CANCELLED: { word: "Cancelled", tone: "off" },
};

/** Whether it can still be edited or ended. */
export function toCome({ state }: Pick<MaintenanceWindow, "state">): boolean {
  return state !== "OVER" && state !== "CANCELLED";
}

/** `today 16:00 – 18:00`, with the day of the end where it is another one. */
export function betweenWords(from: string, to: string, now: Date, zone?: string): string {
  const start = new Date(from);
  return `${moment(start, now, zone)} – ${moment(new Date(to), sameDay(start, new Date(to), zone) ? new Date(to) : now, zone)}`;
}

function sameDay(a: Date, b: Date, zone?: string): boolean {
  return a.toLocaleDateString("sv-SE", { timeZone: zone }) === b.toLocaleDateString("sv-SE", { timeZone: zone });
}

/** An instant as an input of type datetime-local has it, in the browser's zone. */
export function localInput(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What such an input says as an instant; null while it says none. */
export function instantOf(input: string): string | null {
  const at = new Date(input);
  return input === "" || Number.isNaN(at.getTime()) ? null : at.toISOString().replace(".000Z", "Z");
}

/** What is wrong with a window's times, before anybody is asked; null when nothing is. */
export function timesWrong(from: string | null, to: string | null, now: Date): string | null {
  if (from === null || to === null) return null;
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (end <= start) return "must be after the start";
  if (end <= now.getTime()) return "must be to come";
  return end - start > 90 * 86_400_000 ? "must be within 90 days of the start" : null;
}

/** The verdict of a preview in one line. */
export function verdict({ enough, pools, sessions }: Pick<MaintenanceWindowPreview, "enough" | "pools" | "sessions">): { text: string; tone: "good" | "bad" } {
  const short = pools.filter(({ missing }) => missing > 0);
  const missing = short.reduce((sum, pool) => sum + pool.missing, 0);
  const people = new Set(sessions.map(({ user }) => user)).size;
  const those = people === 0 ? "" : ` ${people === 1 ? "1 person has" : `${people} people have`} ${sessions.length === 1 ? "a machine" : "machines"} there.`;
  if (enough) return { text: `Enough: no pool misses anything at the start.${those}`, tone: "good" };
  return { text: `Not enough: ${missing === 1 ? "1 machine" : `${missing} machines`} of ${short.length === 1 ? (short[0]?.pool ?? "a pool") : `${short.length} pools`} cannot be replaced before the start.${those}`, tone: "bad" };
}

/** How many sessions last into the window, and how many of them end within it. */
export function sessionWords(sessions: MaintenanceWindowPreview["sessions"]): string {
  const people = new Set(sessions.map(({ user }) => user)).size;
  const within = sessions.filter(({ endsWithin }) => endsWithin).length;
  if (sessions.length === 0) return "Nobody has one whose time lasts into the window.";
  const all = `${sessions.length === 1 ? "1 machine" : `${sessions.length} machines`} of ${people === 1 ? "1 person" : `${people} people`} ${sessions.length === 1 ? "lasts" : "last"} into the window`;
  return `${all}; ${within === 0 ? "none ends" : within === sessions.length ? (within === 1 ? "it ends" : "all end") : `${within} of them ${within === 1 ? "ends" : "end"}`} within it.`;
}

/** `launched elsewhere from 15:48, which is 12 min before` */
export function leadWords({ leadSeconds, preparationBegins }: Pick<MaintenanceWindowPreview, "leadSeconds" | "preparationBegins">, now: Date): string {
  const at = new Date(preparationBegins);
  return at <= now ? "Replacements are launched at once: the start is nearer than they need." : `Replacements are launched from ${moment(at, now)}, which is ${span(leadSeconds)} before the start.`;
}

/**
 * One calm line for a scientist when something that they may know concerns them: a notice of the next day about a machine of theirs (the
 * machine says those that are further ahead), or at least half
 * of their kinds having to be started first. Else null.
 */
export function concernWords(types: readonly Pick<VmType, "availability">[], mine: readonly Pick<Allocation, "state" | "notice" | "vm">[], now: Date): string | null {
  const active = mine.filter(({ state }) => state === "ACTIVE");
  const told = active.filter(({ notice }) => notice !== null && Date.parse(notice.to) > now.getTime() && Date.parse(notice.from) < now.getTime() + A_DAY).sort((a, b) => Date.parse(a.notice?.from ?? "") - Date.parse(b.notice?.from ?? ""));
  const first = told[0];
  if (first?.notice) {
    const { from, to, kind } = first.notice;
    const risky = kind === "AT_RISK";
    const cloud = first.vm?.cloud ?? "A cloud";
    const there = told.filter((one) => one.vm?.cloud === first.vm?.cloud).length;
    const when = Date.parse(from) > now.getTime() ? `${risky ? "may be interrupted" : "will be maintained"}, ${betweenWords(from, to, now)}` : `${risky ? "may be interrupted" : "is being maintained"} until ${moment(new Date(to), now)}`;
    const yours = there === active.length ? (there === 1 ? "your machine is on it" : `your ${there} machines are on it`) : `${there} of your ${active.length} machines ${there === 1 ? "is" : "are"} on it, ${active.length - there === 1 ? "the other is" : "the others are"} unaffected`;
    return `${cloud} ${when}. ${yours.charAt(0).toUpperCase()}${yours.slice(1)}.`;
  }
  const open = types.filter(({ availability }) => availability.state !== "CLOSED");
  const waiting = open.filter(({ availability }) => availability.state === "WAIT");
  if (waiting.length === 0 || waiting.length * 2 < open.length) return null;
  const which = waiting.length === open.length ? "None of your kinds of machine is ready at once just now" : `${waiting.length} of your ${open.length} kinds of machine ${waiting.length === 1 ? "is" : "are"} not ready at once just now`;
  const stuck = waiting.filter(({ availability }) => STUCK.has(availability.reason?.code ?? "")).length;
  const next = stuck === 0 ? "more are being started" : stuck === waiting.length ? "their clouds cannot start any; each says why" : "some are being started, the others say why not";
  return `${which}: ${next}.${active.length === 0 ? "" : active.length === 1 ? " Your machine is unaffected." : " Your machines are unaffected."}`;
}

const A_DAY = 24 * 3_600_000;

/** Reasons for which no cloud of a type starts machines. */
const STUCK: ReadonlySet<string> = new Set(["TROUBLE", "MAINTENANCE", "PAUSED"]);
