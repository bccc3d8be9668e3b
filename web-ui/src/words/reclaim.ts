import type { Reclaim, ReclaimKind } from "../api/schema.d.ts";
import { dayAndTime, span } from "./time.ts";

const WHY: Record<ReclaimKind, (since: string) => string> = {
  ABANDONED: (since) => `nobody has used it for ${since}`,
  NEVER_CONNECTED: (since) => `nobody has used it since it became yours, ${since} ago`,
};

/** What to say of a machine that is about to be taken back. */
export function reclaimWords({ kind, at, unusedSince }: Reclaim, now: Date): string {
  const minutes = Math.max(1, Math.round((now.getTime() - Date.parse(unusedSince)) / 60_000));
  const since = span(minutes * 60);
  const why = (WHY as Record<string, ((since: string) => string) | undefined>)[kind] ?? WHY.ABANDONED;
  const when = new Date(at);
  return `This machine will be taken back ${when > now ? dayAndTime(when, now) : "any moment now"} because ${why(since)}.`;
}
