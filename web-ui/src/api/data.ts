import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { isLive, onEvent, onLiveStatus, type LiveEvent } from "./live.ts";

const POLL_LIVE_MS = 30_000;
const POLL_ALONE_MS = 4_000;
const EVENT_SOON_MS = 250;
const EVENTS_APART_MS = 1_500;

interface Entry {
  readonly data: unknown;
  readonly error: unknown;
}

const cache = new Map<string, Entry>();
const loaders = new Map<string, Set<() => void>>();

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly reload: () => Promise<void>;
  readonly put: (data: T) => void;
}

/**
 * What `load` gives, kept under `key`, read again when an event concerns it and now and then anyway. The last
 * answer stays on the page while the next one is under way, also when that fails.
 */
export function useData<T>(key: string | null, load: () => Promise<T>, concerns: (event: LiveEvent) => boolean = () => true): Loaded<T> {
  const [, redraw] = useState(0);
  const latest = useRef({ load, concerns, key });
  latest.current = { load, concerns, key };
  const busy = useRef<{ key: string; again: boolean } | null>(null);

  const reload = useCallback(async (): Promise<void> => {
    const { key, load } = latest.current;
    if (key === null) return;
    if (busy.current?.key === key) {
      busy.current.again = true;
      return;
    }
    const mine = { key, again: false };
    busy.current = mine;
    try {
      do {
        mine.again = false;
        try {
          cache.set(key, { data: await load(), error: undefined });
        } catch (error) {
          cache.set(key, { data: cache.get(key)?.data, error });
        }
        loaders.get(key)?.forEach((tell) => tell());
      } while (mine.again && latest.current.key === key);
    } finally {
      if (busy.current === mine) busy.current = null;
    }
  }, []);

  useEffect(() => {
    if (key === null) return;
    const tell = () => redraw((n) => n + 1);
    const group = loaders.get(key) ?? new Set();
    loaders.set(key, group.add(tell));
    let read = Date.now();
    void reload();

    let soon: number | undefined;
    const offEvent = onEvent((event) => {
      if (event.type !== "reset" && !latest.current.concerns(event)) return;
      soon ??= window.setTimeout(
        () => {
          soon = undefined;
          read = Date.now();
          void reload();
        },
        Math.max(EVENT_SOON_MS, read + EVENTS_APART_MS - Date.now()),
      );
    });
    const poll = window.setInterval(() => {
      if (Date.now() - read < (isLive() ? POLL_LIVE_MS : POLL_ALONE_MS)) return;
      read = Date.now();
      void reload();
    }, 1_000);
    return () => {
      group.delete(tell);
      offEvent();
      window.clearTimeout(soon);
      window.clearInterval(poll);
    };
  }, [key, reload]);

  const put = useCallback((data: T) => {
    const { key } = latest.current;
    if (key === null) return;
    cache.set(key, { data, error: undefined });
    loaders.get(key)?.forEach((tell) => tell());
  }, []);

  const entry = key === null ? undefined : cache.get(key);
  return { data: entry?.data as T | undefined, error: entry?.error, reload, put };
}

export function forgetAll(): void {
  cache.clear();
}

export function useLiveStatus(): boolean {
  return useSyncExternalStore(onLiveStatus, isLive);
}

/** The time, now and every `everyMs` from now. */
export function useNow(everyMs: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}
