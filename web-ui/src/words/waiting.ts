import type { Allocation, WaitReason } from "../api/schema.d.ts";
import { ordinal, waitWords } from "./availability.ts";
import { dayAndTime, moment } from "./time.ts";

/** What is so, as the first half of a sentence; null for what this page does not know yet. */
export function whyWords(reason: WaitReason, now: Date): string | null {
  const { since, until, places, machines } = reason;
  const from = since === null ? "" : ` since ${moment(new Date(since), now)}`;
  const next = until === null || new Date(until) <= now ? "" : `; the next lease ends ${dayAndTime(new Date(until), now)}`;
  switch (reason.code) {
    case "READY":
      return "One is ready and is being handed out";
    case "STARTING":
      return "One is starting";
    case "LATE":
      return `Those that are starting take longer than usual${from}`;
    case "ALL_IN_USE":
      return machines === null ? `All are in use or go to people who asked before${next}` : `${machines === 1 ? "The only one is" : `All ${machines} are`} in use${next}`;
    case "MAINTENANCE":
      return `Maintenance of ${named(places)}${until === null ? "" : places.length > 1 ? `; the first is back ${dayAndTime(new Date(until), now)}` : ` until ${moment(new Date(until), now)}`}`;
    case "PAUSED":
      return "Those who run this service have paused the start of new ones";
    case "TROUBLE":
      return `No cloud for this type can start one now: ${trouble(places)}${from}`;
    case "RETURNING":
      return `${named(places)} ${places.length > 1 ? "are" : "is"} coming back and ${places.length > 1 ? "start" : "starts"} only a few at a time`;
    case "NO_ROOM":
      return `${places.length === 0 ? "The clouds for this type are full" : `${trouble(places)}, and the other clouds for this type are full`}${next}`;
    case "CLOSED":
      return "This type is closed";
    default:
      return null;
  }
}

/** Why there is none and what happens next, for one who is in the queue. */
export function waitingWords({ waiting, position }: Pick<Allocation, "waiting" | "position">, now: Date): string {
  const why = waiting === null ? null : whyWords(waiting, now);
  const line = position === null || position === 1 ? "you are next in line" : `you are ${ordinal(position)} in line`;
  const then = waiting?.code === "READY" ? "it is yours in a moment" : waiting?.code === "CLOSED" ? "your place is kept until it opens" : `${line} and get the first that is ready for you`;
  const said = why === null ? then : `${why}; ${then}`;
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.${trying(waiting)}`;
}

/** Why there is none, for one who has not asked; null where nothing needs to be said. */
export function noneWords(reason: WaitReason | null, now: Date): string | null {
  const why = reason === null || reason.code === "CLOSED" ? null : whyWords(reason, now);
  return why === null ? null : `${why.charAt(0).toUpperCase()}${why.slice(1)}.${trying(reason)}`;
}

/** Instead of an estimate where there is none: why, in a few words. */
export function noEstimateWords(reason: WaitReason | null, now: Date): string {
  const why = reason === null ? null : shortly(reason, now);
  return why === null ? "No estimate" : `No estimate: ${why}`;
}

/** How long it takes, or why nobody can tell. */
export function likelyWords({ estimate, waiting }: Pick<Allocation, "estimate" | "waiting">, now: Date): string {
  return estimate === null ? noEstimateWords(waiting, now) : waitWords(estimate.p50Seconds, estimate.p90Seconds);
}

function shortly({ code, until }: WaitReason, now: Date): string | null {
  switch (code) {
    case "READY":
      return "one is ready";
    case "STARTING":
      return "no start was timed yet";
    case "LATE":
      return "starts are late";
    case "ALL_IN_USE":
      return "all in use";
    case "MAINTENANCE":
      return `maintenance${until === null ? "" : ` until ${moment(new Date(until), now)}`}`;
    case "PAUSED":
      return "starts are paused";
    case "TROUBLE":
      return "clouds have trouble";
    case "RETURNING":
      return "a cloud is coming back";
    case "NO_ROOM":
      return "the clouds are full";
    case "CLOSED":
      return "closed";
    default:
      return null;
  }
}

function trying(reason: WaitReason | null): string {
  return reason?.code === "TROUBLE" ? " We keep trying." : "";
}

function trouble(places: readonly string[]): string {
  return `${named(places)} ${places.length > 1 ? "have" : "has"} trouble`;
}

/** `a`, `a and b`, `a, b and c`. */
function named(places: readonly string[]): string {
  const last = places.at(-1) ?? "a cloud";
  return places.length < 2 ? last : `${places.slice(0, -1).join(", ")} and ${last}`;
}
