import { useEffect, useId, useLayoutEffect, useRef, useState, type ButtonHTMLAttributes, type ReactNode } from "react";
import { ApiProblem, Unreachable } from "../api/client.ts";
import type { Connect, StateCounts } from "../api/schema.d.ts";
import { advice, type Tone } from "../words/states.ts";
import { inFull, localTimes, moment, relative } from "../words/time.ts";

export function Page({ title, lead, actions, children }: { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Analysis machines`;
  }, [title]);
}

export function Pill({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`pill tone-${tone}`}>{children}</span>;
}

type Kind = "primary" | "plain" | "danger" | "quiet";

export function Button({ kind = "plain", busy = false, ...rest }: { kind?: Kind; busy?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" {...rest} className={`button ${kind} ${rest.className ?? ""}`} aria-busy={busy || undefined} disabled={rest.disabled || busy} />;
}

/** A moment, short; the tooltip has it in full with its zone. */
export function When({ at, now, also = false }: { at: string; now: Date; also?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={inFull(date)}>
      {moment(date, now)}
      {also && <span className="soft"> ({relative(date, now)})</span>}
    </time>
  );
}

/** Why something went wrong, and what to do. */
export function ProblemNote({ error, again }: { error: unknown; again?: () => void }) {
  if (error === undefined || error === null) return null;
  const { title, detail, hint } = explain(error);
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>{title}</strong> {detail !== null && detail !== title && <>{detail} </>}
        {hint}
      </p>
      {again !== undefined && <Button onClick={again}>Try again</Button>}
    </div>
  );
}

export function explain(error: unknown): { title: string; detail: string | null; hint: string | null } {
  if (error instanceof Unreachable) return { title: "The service cannot be reached.", detail: null, hint: "Your machines are not affected. This page tries again by itself." };
  if (error instanceof ApiProblem) {
    const { problem } = error;
    const fields = problem.errors?.map(({ field, message }) => `${field}: ${message}`).join("; ");
    const detail = fields || problem.detail || null;
    return { title: ended(problem.title), detail: ended(detail === null ? null : localTimes(detail, new Date())), hint: advice(problem) };
  }
  return { title: "Something went wrong on this page.", detail: String(error), hint: "Reload the page; if it stays, tell an administrator." };
}

function ended<T extends string | null>(text: T): T {
  return (text === null || /[.!?]$/.test(text) ? text : `${text}.`) as T;
}

/** Content once there is some; until then quiet, and in words when it cannot be had. */
export function Waiting<T>({ of, children }: { of: { data: T | undefined; error: unknown; reload: () => Promise<void> }; children: (data: T) => ReactNode }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSlow(true), 400);
    return () => window.clearTimeout(timer);
  }, []);
  const problem = of.error === undefined ? null : <ProblemNote error={of.error} again={() => void of.reload()} />;
  if (of.data === undefined) return problem ?? (slow ? <p className="soft">One moment…</p> : null);
  return (
    <>
      {problem}
      {children(of.data)}
    </>
  );
}

/** Newest first: the recent ones as they are kept fresh, and older ones when they are asked for. */
export function Timeline<T extends { id: string }>({
  of,
  older: read,
  empty,
  children,
}: {
  of: { data: { items: readonly T[]; nextCursor: string | null } | undefined; error: unknown; reload: () => Promise<void> };
  older: (cursor: string) => Promise<{ items: readonly T[]; nextCursor: string | null }>;
  empty: string;
  children: (one: T) => ReactNode;
}) {
  const [older, setOlder] = useState<{ items: readonly T[]; cursor: string | null } | null>(null);
  const { run, busy, error } = useAction();
  return (
    <Waiting of={of}>
      {(page) => {
        const seen = new Set<string>();
        const all = [...page.items, ...(older?.items ?? [])].filter(({ id }) => !seen.has(id) && seen.add(id));
        const cursor = older === null ? page.nextCursor : older.cursor;
        return (
          <>
            {all.length === 0 && <p className="soft">{empty}</p>}
            <ol className="timeline">
              {all.map((one) => (
                <li key={one.id}>{children(one)}</li>
              ))}
            </ol>
            <ProblemNote error={error} />
            {cursor !== null && (
              <Button
                busy={busy}
                onClick={() =>
                  void run(async () => {
                    const next = await read(cursor);
                    setOlder({ items: [...(older?.items ?? []), ...next.items], cursor: next.nextCursor });
                  })
                }
              >
                Show older ones
              </Button>
            )}
          </>
        );
      }}
    </Waiting>
  );
}

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} onCancel={(event) => (event.preventDefault(), onClose())} onClick={(event) => event.target === dialog.current && onClose()}>
      <div className="dialog">
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** Asks, does, and says when it could not be done. */
export function Confirm({ title, verb, kind = "danger", keep, action, onClose, children, ready = true }: { title: string; verb: string; kind?: Kind; keep: string; action: () => Promise<unknown>; onClose: () => void; children: ReactNode; ready?: boolean }) {
  const { run, busy, error } = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            await action();
            onClose();
          });
        }}
      >
        {children}
        <ProblemNote error={error} />
        <div className="actions end">
          <Button onClick={onClose}>{keep}</Button>
          <Button kind={kind} type="submit" busy={busy} disabled={!ready}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function useAction(): { run: (action: () => Promise<unknown>) => Promise<void>; busy: boolean; error: unknown; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error, clear: () => setError(undefined) };
}

export function Field({ label, hint, error, children }: { label: string; hint?: ReactNode; error?: string | undefined; children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode }) {
  const id = useId();
  const described = hint !== undefined || error !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(described ? { "aria-describedby": `${id}-hint` } : {}), ...(error === undefined ? {} : { "aria-invalid": true as const }) })}
      {described && (
        <p id={`${id}-hint`} className={error === undefined ? "hint" : "hint wrong"}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

/** What the service said about one field of a form. */
export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiProblem ? error.problem.errors?.find((one) => one.field === field)?.message : undefined;
}

/** What may have been meant there, likeliest first. */
export function fieldNear(error: unknown, field: string): readonly string[] {
  return (error instanceof ApiProblem && error.problem.errors?.find((one) => one.field === field)?.near) || [];
}

/** Says politely what has changed; for changes of state only, never for the passing of time. */
export function Announce({ text }: { text: string }) {
  return (
    <p className="unseen" role="status" aria-live="polite">
      {text}
    </p>
  );
}

const CONNECT_WORDS: Record<string, string> = { jupyter: "Open Jupyter", desktop: "Open the desktop", vnc: "Open the desktop", guacamole: "Open the desktop", rdp: "Open the desktop", terminal: "Open a terminal", web: "Open" };

/** Ways to a machine: links to open, commands to copy. */
export function ConnectList({ ways, label }: { ways: readonly Connect[]; label: string }) {
  const links = ways.filter((way) => way.url);
  const commands = ways.filter((way) => way.command);
  if (ways.length === 0) return <p className="soft">This machine names no way to connect. An administrator can add one to its pool.</p>;
  return (
    <div className="connect">
      {links.length > 0 && (
        <div className="actions">
          {links.map((way, i) => (
            <a key={way.url} className={`button ${i === 0 ? "primary" : "plain"}`} href={way.url} target="_blank" rel="noreferrer" aria-label={`${CONNECT_WORDS[way.kind] ?? `Open ${way.kind}`} of ${label}, in a new tab`}>
              {CONNECT_WORDS[way.kind] ?? `Open ${way.kind}`}
            </a>
          ))}
        </div>
      )}
      {commands.map((way) => (
        <CopyText key={way.command} text={way.command ?? ""} what={`${way.kind} command`} />
      ))}
    </div>
  );
}

export function CopyText({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  useEffect(() => {
    if (copied === "no") return;
    const timer = window.setTimeout(() => setCopied("no"), 2500);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <div className="copy">
      <code tabIndex={0}>{text}</code>
      <Button
        kind="quiet"
        aria-label={`Copy the ${what}`}
        onClick={() =>
          navigator.clipboard === undefined
            ? setCopied("failed")
            : void navigator.clipboard.writeText(text).then(
                () => setCopied("yes"),
                () => setCopied("failed"),
              )
        }
      >
        {{ no: "Copy", yes: "Copied", failed: "Select it" }[copied]}
      </Button>
      <Announce text={copied === "yes" ? "Copied" : ""} />
    </div>
  );
}

export function warming(counts: StateCounts): number {
  return counts.requested + counts.provisioning + counts.bootstrapping;
}

/** Ready, preparing and in use on the scale of the maximum, with a tick at the target of the reserve. */
export function Gauge({ counts, max, target }: { counts: StateCounts; max: number; target: number }) {
  const preparing = warming(counts);
  const whole = Math.max(max, counts.ready + preparing + counts.allocated, target, 1);
  const share = (n: number) => `${(100 * n) / whole}%`;
  return (
    <div className="gauge" role="img" aria-label={`${counts.ready} ready, ${preparing} preparing, ${counts.allocated} in use, of at most ${max}; target ${target}`}>
      <span className="part ready" style={{ width: share(counts.ready) }} />
      <span className="part preparing" style={{ width: share(preparing) }} />
      <span className="part used" style={{ width: share(counts.allocated) }} />
      {target > 0 && <span className="tick" style={{ left: share(target) }} />}
    </div>
  );
}
