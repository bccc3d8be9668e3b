import { useId, useState } from "react";
import { ApiProblem, call, etagOf } from "../../api/client.ts";
import { useData } from "../../api/data.ts";
import type { Cloud, CloudCatalogue, Pool } from "../../api/schema.d.ts";
import { Button, Field, fieldError, fieldNear, ProblemNote, useAction } from "../../ui/parts.tsx";
import { choicesOf, draftOf, NEW_DRAFT, priceWords, requestOf, sizeWords, type Draft } from "../../words/placements.ts";

const MOST = 50;
const FIELDS = ["cloud", "image", "flavor", "network", "weight", "maxVms"];

/** What a cloud offers; not read anew for every event, as it changes seldom. */
export function useCatalogue(cloud: string) {
  return useData(
    cloud === "" ? null : `catalogue-${cloud}`,
    async () => (await call("get", "/api/v1/clouds/{name}/catalogue", { path: { name: cloud } })).data,
    () => false,
  );
}

/** The placements of a pool, edited together. Somebody else's change is shown, never overwritten. */
export function PlacementsForm({ pool, clouds, saved, onClose }: { pool: Pool; clouds: readonly Cloud[]; saved: (pool: Pool) => void; onClose: () => void }) {
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => pool.placements.map(draftOf));
  const [version, setVersion] = useState(pool.version);
  const [overtaken, setOvertaken] = useState(false);
  const [mended, setMended] = useState<ReadonlySet<string>>(new Set());
  const { run, busy, error, clear } = useAction();
  const known = (name: string) => clouds.find((cloud) => cloud.name === name)?.placementOptions ?? {};
  const unknownThere = error instanceof ApiProblem && error.is("placement-unknown");
  const change = (i: number, part: Partial<Draft>) => {
    setMended(new Set([...mended, ...Object.keys(part).map((field) => `placements[${i}].${field}`)]));
    setDrafts(drafts.map((draft, n) => (n === i ? { ...draft, ...part } : draft)));
  };

  const save = (unchecked: boolean) =>
    run(async () => {
      setMended(new Set());
      const path = { name: pool.name };
      try {
        const body = { placements: drafts.map(requestOf) };
        saved((await call("patch", "/api/v1/pools/{name}", { path, query: unchecked ? { unchecked } : {}, body, ifMatch: etagOf(version) })).data);
        onClose();
      } catch (failure) {
        if (!(failure instanceof ApiProblem && failure.status === 412)) throw failure;
        setVersion((await call("get", "/api/v1/pools/{name}", { path })).data.version);
        setOvertaken(true);
      }
    });

  const placed = new Set(drafts.flatMap((draft, i) => [...FIELDS, ...Object.keys(known(draft.cloud)).map((name) => `options.${name}`)].map((field) => `placements[${i}].${field}`)));
  const elsewhere = error !== undefined && !(error instanceof ApiProblem && (error.problem.errors ?? []).length > 0 && error.problem.errors?.every(({ field }) => placed.has(field)));
  return (
    <form
      className="placements"
      aria-label={`Placements of ${pool.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      {drafts.map((draft, i) => (
        <OnePlacement key={i} draft={draft} n={i} of={drafts.length} clouds={clouds} error={error} mended={mended} change={(part) => change(i, part)} remove={() => (clear(), setDrafts(drafts.filter((_, n) => n !== i)))} />
      ))}
      {drafts.length < MOST && <Button onClick={() => setDrafts([...drafts, { ...NEW_DRAFT, cloud: clouds[0]?.name ?? "" }])}>Add a placement</Button>}
      {overtaken && (
        <p className="note warn" role="alert">
          <strong>Somebody changed the pool meanwhile.</strong> Yours is still in the form and has not been saved.
        </p>
      )}
      {unknownThere && (
        <p className="note warn" role="alert">
          <strong>A cloud does not know what is marked, so nothing was saved.</strong> Correct it, or save it as it is if you know that it will be there: launches fail until then.
        </p>
      )}
      {elsewhere && <ProblemNote error={error} />}
      <div className="actions">
        <Button kind="primary" type="submit" busy={busy}>
          {overtaken ? "Save mine anyway" : "Save"}
        </Button>
        {unknownThere && (
          <Button busy={busy} onClick={() => void save(true)}>
            Save it unchecked
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        {busy && <p className="soft beside">The clouds are asked whether they know these names…</p>}
      </div>
    </form>
  );
}

function OnePlacement({ draft, n, of, clouds, error, mended, change, remove }: { draft: Draft; n: number; of: number; clouds: readonly Cloud[]; error: unknown; mended: ReadonlySet<string>; change: (part: Partial<Draft>) => void; remove: () => void }) {
  const cloud = clouds.find(({ name }) => name === draft.cloud);
  const catalogue = useCatalogue(draft.cloud).data;
  const flavor = catalogue?.flavors.find(({ name }) => name === draft.flavor);
  const price = priceWords(cloud?.prices, draft.flavor);
  // What was said of a field holds until it is edited; another cloud knows other names.
  const isOpen = (field: string) => ![field, field.split(".")[0], "cloud"].some((one) => mended.has(`placements[${n}].${one}`));
  const said = (field: string) => (isOpen(field) ? fieldError(error, `placements[${n}].${field}`) : undefined);
  const about = flavor === undefined ? price : [sizeWords(flavor), price].filter((part) => part !== null).join("; ");
  const text = (field: "image" | "flavor" | "network", label: string, offered: readonly Offered[], hint: string | undefined, required: boolean) => (
    <NamedField label={label} value={draft[field]} offered={offered} hint={hint} required={required} error={said(field)} near={isOpen(field) ? fieldNear(error, `placements[${n}].${field}`) : []} change={(value) => change({ [field]: value })} />
  );
  return (
    <fieldset className="card">
      <legend className="unseen">Placement {n + 1}</legend>
      <div className="line">
        <Field label="Cloud" error={said("cloud")}>
          {(ids) => (
            <select {...ids} required value={draft.cloud} onChange={(event) => change({ cloud: event.target.value, options: {} })}>
              {cloud === undefined && <option>{draft.cloud}</option>}
              {clouds.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        {of > 1 && (
          <Button kind="quiet" aria-label={`Remove placement ${n + 1}`} onClick={remove}>
            Remove
          </Button>
        )}
      </div>
      <div className="pair three">
        {text("image", "Image", entries(catalogue?.images), catalogue?.failure === null || catalogue === undefined ? undefined : `What it offers could not be read: ${catalogue.failure}`, true)}
        {text("flavor", "Flavor", catalogue?.flavors.map((one) => ({ name: one.name, about: sizeWords(one) })) ?? [], about ?? undefined, true)}
        {text("network", "Network", entries(catalogue?.networks), "Empty: the cloud’s default", false)}
      </div>
      <div className="pair three">
        <Field label="Weight" hint="Its share; 0 is a last resort" error={said("weight")}>
          {(ids) => <input {...ids} type="number" inputMode="numeric" min={0} max={1_000_000} required value={draft.weight} onChange={(event) => change({ weight: event.target.value })} />}
        </Field>
        <Field label="Own maximum" hint="Empty: none" error={said("maxVms")}>
          {(ids) => <input {...ids} type="number" inputMode="numeric" min={0} max={100_000} value={draft.maxVms} onChange={(event) => change({ maxVms: event.target.value })} />}
        </Field>
        {Object.entries(cloud?.placementOptions ?? {}).map(([name, pattern]) => (
          <OptionField key={name} name={name} pattern={pattern} value={draft.options[name] ?? ""} error={said(`options.${name}`)} change={(value) => change({ options: { ...draft.options, [name]: value } })} />
        ))}
      </div>
    </fieldset>
  );
}

interface Offered {
  readonly name: string;
  readonly about: string;
}

/** By their names; those that share one, by their ids too. */
function entries(some: CloudCatalogue["images"] | undefined): Offered[] {
  return (some ?? []).flatMap(({ id, name }) => (some?.some((other) => other.name === name && other.id !== id) ? [{ name: id, about: name }] : [{ name, about: id === name ? "" : id }]));
}

/** A box that knows what there is, and says what may have been meant. */
function NamedField({ label, value, offered, hint, required, error, near, change }: { label: string; value: string; offered: readonly Offered[]; hint: string | undefined; required: boolean; error: string | undefined; near: readonly string[]; change: (value: string) => void }) {
  const list = useId();
  return (
    <div>
      <Field label={label} hint={hint} error={error}>
        {(ids) => <input {...ids} list={list} required={required} maxLength={200} autoComplete="off" spellCheck={false} value={value} onChange={(event) => change(event.target.value)} />}
      </Field>
      <datalist id={list}>
        {offered.map(({ name, about }) => (
          <option key={name} value={name}>
            {about}
          </option>
        ))}
      </datalist>
      {near.length > 0 && (
        <p className="near">
          {near.map((name) => (
            <Button key={name} kind="quiet" aria-label={`Take ${name} as ${label.toLowerCase()}`} onClick={() => change(name)}>
              {name}
            </Button>
          ))}
        </p>
      )}
    </div>
  );
}

function OptionField({ name, pattern, value, error, change }: { name: string; pattern: string; value: string; error: string | undefined; change: (value: string) => void }) {
  const choices = choicesOf(pattern);
  return (
    <Field label={name} hint="An option of this cloud" error={error}>
      {(ids) =>
        choices === null ? (
          <input {...ids} maxLength={200} pattern={pattern} value={value} onChange={(event) => change(event.target.value)} />
        ) : (
          <select {...ids} value={value} onChange={(event) => change(event.target.value)}>
            <option value="">not set</option>
            {!choices.includes(value) && value !== "" && <option>{value}</option>}
            {choices.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )
      }
    </Field>
  );
}
