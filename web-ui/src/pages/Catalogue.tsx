import { useMemo, useState } from "react";
import { useNavigate, useSearchParams, Link } from "react-router";
import { allPages, call, freshKey, Unreachable } from "../api/client.ts";
import { useData, useNow } from "../api/data.ts";
import type { Allocation, VmType } from "../api/schema.d.ts";
import { useMe } from "../session.tsx";
import { Announce, Button, Page, Pill, ProblemNote, useAction, Waiting } from "../ui/parts.tsx";
import { anotherWords, availabilityTone, availabilityWords, startWords } from "../words/availability.ts";
import { noneWords } from "../words/waiting.ts";
import { concernWords } from "../words/windows.ts";

export function useVmTypes() {
  return useData(
    "vm-types",
    () => allPages((cursor) => call("get", "/api/v1/vm-types", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "pool" || event.type === "allocation" || event.type === "cloud",
  );
}

/** What the person has or waits for. */
export function useMine() {
  const me = useMe();
  return useData(
    `mine-${me.name}`,
    async () => (await call("get", "/api/v1/allocations", { query: { state: ["ACTIVE", "QUEUED"], user: me.name, limit: 500 } })).data.items,
    (event) => event.type === "allocation",
  );
}

/** Asks for one and goes to its page; the same click sends the same key again when the line breaks. */
export function useStart() {
  const navigate = useNavigate();
  const action = useAction();
  return {
    ...action,
    start: (vmType: string) =>
      action.run(async () => {
        const idempotencyKey = freshKey();
        const ask = () => call("post", "/api/v1/allocations", { body: { vmType }, idempotencyKey });
        const { data } = await ask().catch((error: unknown) => (error instanceof Unreachable ? ask() : Promise.reject(error)));
        await navigate(`/requests/${data.id}`);
      }),
  };
}

export function CataloguePage() {
  const types = useVmTypes();
  const mine = useMine();
  const [search, setSearch] = useSearchParams();
  const words = search.get("q") ?? "";
  const group = search.get("group") ?? "";
  const gpu = search.get("gpu") === "yes";

  const choose = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );

  const groups = useMemo(() => [...new Set((types.data ?? []).flatMap((type) => type.groups.map(topGroup)))].sort(), [types.data]);
  const shown = (types.data ?? []).filter((type) => matches(type, words) && (group === "" || type.groups.some((one) => topGroup(one) === group)) && (!gpu || type.gpus > 0));
  const ready = shown.filter((type) => type.availability.state === "READY_NOW").length;
  const filtered = words !== "" || group !== "" || gpu;
  const now = useNow(30_000);
  const concern = types.data === undefined || mine.data === undefined ? null : concernWords(types.data, mine.data, now);

  return (
    <Page title="Start a machine" lead="Pick what you want to work with. Your tools are on it, and it is yours until you release it or its time is up.">
      {concern !== null && (
        <p className="note" role="status">
          {concern}
        </p>
      )}
      <Waiting of={types}>
        {(all) =>
          all.length === 0 ? (
            <div className="empty">
              <h2>There is nothing here for you yet</h2>
              <p>Machines belong to groups, and your account is in none that has some. Ask your instrument scientist or an administrator to add you.</p>
            </div>
          ) : (
            <>
              <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
                <label className="grow">
                  <span className="unseen">Search</span>
                  <input type="search" placeholder="Search by name, tool or instrument" value={words} onChange={(event) => choose("q", event.target.value)} />
                </label>
                {groups.length > 1 && (
                  <label>
                    <span className="unseen">Group</span>
                    <select value={group} onChange={(event) => choose("group", event.target.value)}>
                      <option value="">All groups</option>
                      {groups.map((one) => (
                        <option key={one}>{one}</option>
                      ))}
                    </select>
                  </label>
                )}
                {all.some((type) => type.gpus > 0) && (
                  <label className="check">
                    <input type="checkbox" checked={gpu} onChange={(event) => choose("gpu", event.target.checked ? "yes" : "")} /> With graphics card
                  </label>
                )}
                <p className="soft count">
                  {filtered ? `${shown.length} of ${all.length}` : `${all.length} kinds`}, {ready} ready now
                </p>
              </form>
              <Announce text={filtered ? `${shown.length} of ${all.length} kinds shown` : ""} />
              {shown.length === 0 ? (
                <div className="empty">
                  <h2>Nothing matches</h2>
                  <p>Try fewer words, or look at all of them.</p>
                  <Button onClick={() => setSearch({}, { replace: true })}>Show all</Button>
                </div>
              ) : (
                <ul className="grid">
                  {shown.map((type) => (
                    <TypeCard key={type.name} type={type} mine={(mine.data ?? []).filter((one) => one.vmType === type.name)} />
                  ))}
                </ul>
              )}
            </>
          )
        }
      </Waiting>
    </Page>
  );
}

function TypeCard({ type, mine }: { type: VmType; mine: readonly Allocation[] }) {
  const now = useNow(30_000);
  const { start, busy, error } = useStart();
  const [open, setOpen] = useState(false);
  const promise = startWords(type.availability);
  const had = mine.find((one) => one.state === "ACTIVE") ?? mine[0];
  const why = noneWords(type.availability.reason, now);
  const heading = `type-${type.name}`;
  const hasMany = type.description.length > 160;
  return (
    <li className="card" aria-labelledby={heading}>
      <h2 id={heading}>{type.title}</h2>
      <p className="chip-line">
        <Pill tone={availabilityTone(type.availability)}>{availabilityWords(type.availability, now)}</Pill>
      </p>
      {why !== null && <p className="soft">{why}</p>}
      <p className={hasMany && !open ? "clip" : undefined}>{type.description}</p>
      {hasMany && (
        <Button kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Less" : "More"}
        </Button>
      )}
      <p className="soft facts">{sizeWords(type)}</p>
      <ProblemNote error={error} />
      <div className="actions bottom">
        {had !== undefined && (
          <Link className="button primary" to={`/requests/${had.id}`}>
            {had.state === "ACTIVE" ? `Continue your ${type.title} machine` : "Back to your place in line"}
          </Link>
        )}
        {promise === null ? (
          <Button disabled>Not open now</Button>
        ) : (
          <Button kind={had === undefined ? "primary" : "plain"} busy={busy} onClick={() => void start(type.name)} aria-describedby={heading}>
            {had === undefined ? promise : anotherWords(type.availability)}
          </Button>
        )}
      </div>
    </li>
  );
}

export function sizeWords({ vcpus, ramGb, gpus }: { vcpus: number; ramGb: number; gpus: number }): string {
  const parts = [`${vcpus} ${vcpus === 1 ? "core" : "cores"}`, `${ramGb}\u00a0GB memory`];
  if (gpus > 0) parts.push(gpus === 1 ? "1 graphics card" : `${gpus} graphics cards`);
  return parts.join(" · ");
}

function topGroup(group: string): string {
  return group.split("/")[0] ?? group;
}

function matches(type: VmType, words: string): boolean {
  const text = [type.title, type.name, type.description, ...type.tags, ...type.groups].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
