import type { Availability, AvailabilityState } from "../api/schema.d.ts";
import { moment, roughly, roughlyWithin } from "./time.ts";
import type { Tone } from "./states.ts";
import { noEstimateWords } from "./waiting.ts";

const TONES: Record<AvailabilityState, Tone> = {
  READY_NOW: "good",
  WAIT: "wait",
  AT_CAPACITY: "busy",
  CLOSED: "off",
};

/** Of the chip on a card. */
export function availabilityTone({ state, reason }: Availability): Tone {
  return reason?.code === "TROUBLE" ? "bad" : reason?.code === "MAINTENANCE" ? "info" : (TONES as Record<string, Tone | undefined>)[state] ?? "info";
}

/** `About 4 min (usually under 8)`. */
export function waitWords(p50: number, p90: number): string {
  const usual = roughly(p50);
  const most = roughlyWithin(p90);
  const about = usual === "a few seconds" ? "A few seconds" : `About ${usual}`;
  if (most === usual) return about;
  const unit = usual.split("\u00a0")[1];
  const bound = unit !== undefined && most.endsWith(`\u00a0${unit}`) ? most.split("\u00a0")[0] : most;
  return `${about} (usually under ${bound})`;
}

/** What the chip on a card says. */
export function availabilityWords(availability: Availability, now: Date): string {
  const until = availability.until === null ? null : new Date(availability.until);
  switch (availability.state) {
    case "READY_NOW":
      return "Ready now";
    case "WAIT":
      return availability.waitSeconds === null ? noEstimateWords(availability.reason, now) : waitWords(availability.waitSeconds.p50, availability.waitSeconds.p90);
    case "AT_CAPACITY":
      return `${availability.reason?.code === "NO_ROOM" ? "No room" : "All in use"}${until === null || until <= now ? "" : ` – next likely ${moment(until, now)}`}`;
    case "CLOSED":
      return until === null ? "Closed" : `Closed until ${moment(until, now)}`;
    default:
      return "Not known";
  }
}

/** What the button promises; null where there is nothing to start. */
export function startWords(availability: Availability): string | null {
  switch (availability.state) {
    case "READY_NOW":
      return "Start – ready now";
    case "CLOSED":
      return null;
    default:
      return "Wait for one";
  }
}

/** What the button for one more promises. */
export function anotherWords({ state }: Pick<Availability, "state">): string {
  return state === "READY_NOW" ? "Start another" : "Wait for another";
}

/** When it is likely there, for one who waits: from the middle to nine times in ten. */
export function etaWords(estimate: { readonly p50Seconds: number; readonly p90Seconds: number }, now: Date): string {
  return `${waitWords(estimate.p50Seconds, estimate.p90Seconds)}, so likely by ${moment(new Date(now.getTime() + estimate.p50Seconds * 1000), now)}`;
}

export function ordinal(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}
