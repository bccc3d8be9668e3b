import { send } from "./client.ts";
import type { Event } from "./schema.d.ts";
import { SseReader } from "./sse.ts";

/**
 * One event stream a browser. The tab that holds the lock reads the stream and tells the others over a
 * BroadcastChannel; when it closes, the next one takes over where it was. Where there are no locks (a page that
 * is not served securely) nothing is live, and the pages ask again every few seconds.
 */
export type LiveEvent = Event;

type Notice =
  | { readonly kind: "event"; readonly event: LiveEvent }
  | { readonly kind: "status"; readonly live: boolean; readonly lastId: string | null }
  | { readonly kind: "hello" };

const SILENCE_MS = 45_000;

const listeners = new Set<(event: LiveEvent) => void>();
const statusListeners = new Set<() => void>();
let live = false;
let lastId: string | null = null;
let stop: (() => void) | null = null;

export function isLive(): boolean {
  return live;
}

export function onLiveStatus(callback: () => void): () => void {
  statusListeners.add(callback);
  return () => void statusListeners.delete(callback);
}

export function onEvent(callback: (event: LiveEvent) => void): () => void {
  listeners.add(callback);
  return () => void listeners.delete(callback);
}

/** Begins to listen for this person; the stream ends with `stopLive`. */
export function startLive(person: string): void {
  stopLive();
  if (!("locks" in navigator) || !("BroadcastChannel" in window)) return;
  const over = new AbortController();
  const channel = new BroadcastChannel(`vmm-events-${person}`);
  let leading = false;

  const tell = (notice: Notice) => channel.postMessage(notice);
  const status = (now: boolean) => {
    setLive(now);
    tell({ kind: "status", live: now, lastId });
  };

  channel.onmessage = ({ data }: MessageEvent<Notice>) => {
    if (data.kind === "event") dispatch(data.event);
    else if (data.kind === "status" && !leading) {
      lastId = data.lastId ?? lastId;
      setLive(data.live);
    } else if (data.kind === "hello" && leading) tell({ kind: "status", live, lastId });
  };
  tell({ kind: "hello" });

  navigator.locks
    .request(`vmm-events-${person}`, { signal: over.signal }, async () => {
      leading = true;
      await lead(over.signal, status, (event) => {
        dispatch(event);
        tell({ kind: "event", event });
      });
    })
    .catch(() => undefined);

  stop = () => {
    over.abort();
    if (leading) tell({ kind: "status", live: false, lastId });
    channel.close();
    setLive(false);
    lastId = null;
  };
}

export function stopLive(): void {
  stop?.();
  stop = null;
}

async function lead(signal: AbortSignal, status: (live: boolean) => void, publish: (event: LiveEvent) => void): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      await readStream(signal, () => status(true), publish);
    } catch {
      // as when it ends: tried again below
    }
    if (signal.aborted) return;
    status(false);
    failures = Date.now() - began > 60_000 ? 0 : failures + 1;
    await pause(Math.min(30_000, 500 * 2 ** failures) * (0.75 + Math.random() / 2), signal);
  }
}

async function readStream(signal: AbortSignal, opened: () => void, publish: (event: LiveEvent) => void): Promise<void> {
  const silent = new AbortController();
  let watch = window.setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (lastId !== null) headers.set("Last-Event-ID", lastId);
    const response = await send("/api/v1/events", { method: "GET", headers, signal: AbortSignal.any([signal, silent.signal]) });
    if (response.body === null) return;
    opened();
    const reader = new SseReader();
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) return;
      window.clearTimeout(watch);
      watch = window.setTimeout(() => silent.abort(), SILENCE_MS);
      for (const message of reader.read(value)) {
        lastId = message.id ?? lastId;
        publish(JSON.parse(message.data) as LiveEvent);
      }
    }
  } finally {
    window.clearTimeout(watch);
  }
}

function dispatch(event: LiveEvent): void {
  if (typeof event.seq === "number") lastId = String(event.seq);
  listeners.forEach((listener) => listener(event));
}

function setLive(now: boolean): void {
  if (live === now) return;
  live = now;
  statusListeners.forEach((listener) => listener());
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (window.clearTimeout(timer), resolve()), { once: true });
  });
}
