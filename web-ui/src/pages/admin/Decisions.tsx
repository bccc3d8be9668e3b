import { Link, useSearchParams } from "react-router";
import { call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import { may, useMe } from "../../session.tsx";
import { Button, Field, Page, Timeline, When } from "../../ui/parts.tsx";
import { localTimes } from "../../words/time.ts";
import { instantOf, localInput } from "../../words/windows.ts";
import { useVmTypes } from "../Catalogue.tsx";

interface Filter {
  readonly pool?: string;
  readonly from?: string;
  readonly to?: string;
}

export function DecisionsPage() {
  const types = useVmTypes();
  const [search, setSearch] = useSearchParams();
  const given = (name: "pool" | "from" | "to") => search.get(name) ?? "";
  const choose = (name: string, value: string | null) =>
    setSearch(
      (before) => {
        if (value === null || value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const filter: Filter = Object.fromEntries((["pool", "from", "to"] as const).map((name) => [name, given(name)]).filter(([, value]) => value !== ""));
  const backwards = filter.from !== undefined && filter.to !== undefined && Date.parse(filter.to) <= Date.parse(filter.from);
  const names = [...new Set([...(types.data ?? []).map(({ pool }) => pool), ...(filter.pool === undefined ? [] : [filter.pool])])].sort();
  return (
    <Page title="Decisions" lead="What was launched, what was retired, and what stood in the way: each with its reasons, as the service weighed them.">
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <Field label="Pool">
          {(ids) => (
            <select {...ids} value={filter.pool ?? ""} onChange={(event) => choose("pool", event.target.value)}>
              <option value="">All pools</option>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="From">{(ids) => <input {...ids} type="datetime-local" value={inputOf(filter.from)} onChange={(event) => choose("from", instantOf(event.target.value))} />}</Field>
        <Field label="To" error={backwards ? "must be after the start" : undefined}>
          {(ids) => <input {...ids} type="datetime-local" value={inputOf(filter.to)} onChange={(event) => choose("to", instantOf(event.target.value))} />}
        </Field>
        {search.size > 0 && (
          <Button kind="quiet" onClick={() => setSearch({}, { replace: true })}>
            Show all
          </Button>
        )}
      </form>
      {!backwards && <DecisionList key={JSON.stringify(filter)} filter={filter} first={30} />}
    </Page>
  );
}

function inputOf(instant: string | undefined): string {
  return instant === undefined || Number.isNaN(Date.parse(instant)) ? "" : localInput(new Date(instant));
}

/** Decisions with their reasons, newest first. */
export function DecisionList({ filter, first }: { filter: Filter; first: number }) {
  const now = useNow(30_000);
  const admin = may(useMe(), "ADMIN");
  const read = async (query: { limit: number; cursor?: string }) => (await call("get", "/api/v1/decisions", { query: { ...filter, ...query } })).data;
  const recent = useData(
    `decisions-${JSON.stringify(filter)}`,
    () => read({ limit: first }),
    (event) => event.pool !== undefined && (filter.pool === undefined || event.pool === filter.pool),
  );
  const empty = filter.from === undefined && filter.to === undefined ? "Nothing yet: a decision is kept when something is launched or retired." : "Nothing was decided then.";
  return (
    <Timeline of={recent} older={(cursor) => read({ limit: 2 * first, cursor })} empty={empty}>
      {(one) => (
        <>
          <When at={one.at} now={now} />
          <div>
            {filter.pool === undefined && <>{admin ? <Link to={`/admin/pools/${one.pool}`}>{one.pool}</Link> : one.pool}: </>}
            <strong>{localTimes(one.summary, now)}</strong>
            <Reasons reasons={one.reasons} now={now} />
          </div>
        </>
      )}
    </Timeline>
  );
}

export function Reasons({ reasons, now }: { reasons: readonly string[]; now: Date }) {
  return (
    reasons.length > 0 && (
      <ul>
        {reasons.map((reason, i) => (
          <li key={i}>{localTimes(reason, now)}</li>
        ))}
      </ul>
    )
  );
}
