import type { AllocationState, CloudHealth, EndReason, Problem, VmState } from "../api/schema.d.ts";

/** A tone is a colour and never alone: words always stand beside it. */
export type Tone = "good" | "wait" | "busy" | "off" | "bad" | "info";

interface Said {
  readonly word: string;
  readonly tone: Tone;
}

export const ALLOCATION_STATES: Record<AllocationState, Said> = {
  QUEUED: { word: "Waiting for a machine", tone: "wait" },
  ACTIVE: { word: "Yours, running", tone: "good" },
  ENDED: { word: "Ended", tone: "off" },
};

export const VM_STATES: Record<VmState, Said & { readonly what: string }> = {
  REQUESTED: { word: "Requested", tone: "info", what: "written down, to be launched" },
  PROVISIONING: { word: "Provisioning", tone: "wait", what: "the cloud is making it" },
  BOOTSTRAPPING: { word: "Bootstrapping", tone: "wait", what: "it runs and prepares itself" },
  READY: { word: "Ready", tone: "good", what: "in reserve" },
  ALLOCATED: { word: "Allocated", tone: "busy", what: "somebody has it" },
  DELETING: { word: "Deleting", tone: "off", what: "on its way out" },
  DELETED: { word: "Deleted", tone: "off", what: "gone" },
};

export const CLOUD_HEALTH: Record<CloudHealth, Said> = {
  HEALTHY: { word: "Healthy", tone: "good" },
  DEGRADED: { word: "Degraded", tone: "wait" },
  UNHEALTHY: { word: "Unhealthy", tone: "bad" },
  RECOVERING: { word: "Recovering", tone: "wait" },
  MAINTENANCE: { word: "Maintenance", tone: "info" },
  PAUSED: { word: "Paused", tone: "off" },
};

export const END_REASONS: Record<EndReason, string> = {
  RELEASED: "You released it.",
  CANCELLED: "You stopped waiting.",
  REFUSED: "None was free.",
  EXPIRED: "Its time was up.",
  ABANDONED: "Nobody had used it for a long time.",
  NEVER_CONNECTED: "Nobody ever connected to it.",
  MAX_LIFETIME: "It had been kept as long as a machine may be.",
  VANISHED: "The machine was lost. That was not your doing.",
  FORCED: "An operator had to remove it.",
};

/** Also for a state that this page does not know yet. */
export function said<S extends string>(states: Record<S, Said>, state: string): Said {
  return (states as Record<string, Said | undefined>)[state] ?? { word: sentence(state), tone: "info" };
}

export function endWords(reason: string | null): string {
  if (reason === null) return "It has ended.";
  return (END_REASONS as Record<string, string | undefined>)[reason] ?? `${sentence(reason)}.`;
}

export function sentence(constant: string): string {
  const words = constant.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const ADVICE: Record<string, string> = {
  "validation-failed": "Correct what is marked and try again.",
  "placement-unknown": "Correct what is marked, or save it unchecked if you know better.",
  forbidden: "Your account may not do this. If it should, ask an administrator; if you have been away for long, reload the page.",
  "not-found": "It may have been removed, or it is not yours.",
  "pool-exhausted": "All are taken at the moment. You can wait for one.",
  "lifetime-exceeded": "Choose a shorter time.",
  "quota-exceeded": "Release a machine that you do not need any more, then try again.",
  conflict: "Look at it as it is now, then try again.",
  "already-ended": "You can start another.",
  "precondition-failed": "Somebody changed it meanwhile. Look at the new values and try again.",
  unavailable: "A cloud or the database does not answer just now. Try again in a minute.",
  "internal-error": "This is not your doing. Try again in a minute; if it stays, tell an administrator.",
};

/** What to do about a problem. */
export function advice(problem: Problem): string | null {
  return ADVICE[problem.type.replace("urn:vmm:problem:", "")] ?? null;
}
