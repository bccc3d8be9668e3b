import { useState } from "react";
import { ApiProblem, call, etagOf } from "../../api/client.ts";
import type { Pool } from "../../api/schema.d.ts";
import { Announce, Button, fieldError, ProblemNote, useAction } from "../../ui/parts.tsx";

/** Pool size and maximum, edited where they stand. Somebody else's change is shown, never overwritten. */
export function SizeEditor({ pool, saved }: { pool: Pool; saved: (pool: Pool) => void }) {
  const [draft, setDraft] = useState<{ poolSize: string; maxSize: string; version: number } | null>(null);
  const [overtaken, setOvertaken] = useState<Pool | null>(null);
  const [news, setNews] = useState("");
  const { run, busy, error, clear } = useAction();

  if (draft === null)
    return (
      <span className="sizes">
        <span>
          <b>{pool.poolSize}</b> <span aria-hidden="true">/</span>
          <span className="unseen"> of at most </span> <b>{pool.maxSize}</b>
        </span>
        <Button
          kind="quiet"
          aria-label={`Edit the sizes of ${pool.name}`}
          onClick={() => {
            setNews("");
            setDraft({ poolSize: String(pool.poolSize), maxSize: String(pool.maxSize), version: pool.version });
          }}
        >
          Edit
        </Button>
        <Announce text={news} />
      </span>
    );

  const close = () => {
    setDraft(null);
    setOvertaken(null);
    clear();
  };
  const tooMany = Number(draft.poolSize) > Number(draft.maxSize);
  const save = () =>
    run(async () => {
      try {
        const { data } = await call("patch", "/api/v1/pools/{name}", {
          path: { name: pool.name },
          query: {},
          body: { poolSize: Number(draft.poolSize), maxSize: Number(draft.maxSize) },
          ifMatch: etagOf(draft.version),
        });
        saved(data);
        setNews(`${pool.name}: saved`);
        close();
      } catch (failure) {
        if (!(failure instanceof ApiProblem && failure.status === 412)) throw failure;
        const { data } = await call("get", "/api/v1/pools/{name}", { path: { name: pool.name } });
        saved(data);
        setOvertaken(data);
        setDraft({ ...draft, version: data.version });
      }
    });
  const other = error !== undefined && fieldError(error, "poolSize") === undefined && fieldError(error, "maxSize") === undefined;
  return (
    <form
      className="sizes editing"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <label>
        Size <input autoFocus inputMode="numeric" type="number" min={0} max={100000} required value={draft.poolSize} aria-invalid={tooMany || undefined} onChange={(event) => setDraft({ ...draft, poolSize: event.target.value })} />
      </label>
      <label>
        At most <input inputMode="numeric" type="number" min={0} max={100000} required value={draft.maxSize} onChange={(event) => setDraft({ ...draft, maxSize: event.target.value })} />
      </label>
      <span className="actions">
        <Button kind="primary" type="submit" busy={busy} disabled={tooMany}>
          {overtaken === null ? "Save" : "Save mine anyway"}
        </Button>
        <Button onClick={close}>Cancel</Button>
      </span>
      {tooMany && <p className="hint wrong">The size must be at most the maximum.</p>}
      {["poolSize", "maxSize"].map((field) => fieldError(error, field) !== undefined && <p key={field} className="hint wrong">{`${field === "poolSize" ? "Size" : "At most"}: ${fieldError(error, field)}`}</p>)}
      {overtaken !== null && (
        <p className="note warn" role="alert">
          <strong>Somebody changed it meanwhile.</strong> It is now {overtaken.poolSize} of at most {overtaken.maxSize}. Yours is still in the boxes and has not been saved.
        </p>
      )}
      {other && <ProblemNote error={error} />}
    </form>
  );
}
