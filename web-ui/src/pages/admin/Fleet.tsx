import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { allPages, call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Vm, VmState } from "../../api/schema.d.ts";
import { Announce, Button, Page, Pill, Waiting } from "../../ui/parts.tsx";
import { said, sentence, VM_STATES } from "../../words/states.ts";
import { inFull, relative } from "../../words/time.ts";

const LIVE: readonly VmState[] = ["REQUESTED", "PROVISIONING", "BOOTSTRAPPING", "READY", "ALLOCATED", "DELETING"];
const ROWS = 40;

export function FleetPage() {
  const now = useNow(15_000);
  const [search, setSearch] = useSearchParams();
  const [rows, setRows] = useState(ROWS);
  const filter = { state: search.get("state") ?? "", cloud: search.get("cloud") ?? "", pool: search.get("pool") ?? "", words: search.get("q") ?? "", held: search.get("held") === "yes" };
  const gone = filter.state === "DELETED";
  const fleet = useData(
    "fleet",
    () => allPages((cursor) => call("get", "/api/v1/vms", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "vm",
  );
  const deleted = useData(
    gone ? "fleet-deleted" : null,
    async () => (await call("get", "/api/v1/vms", { query: { state: ["DELETED"], limit: 200 } })).data.items,
    (event) => event.type === "vm",
  );
  const source = gone ? deleted : fleet;
  const choose = (values: Record<string, string>) => {
    setRows(ROWS);
    setSearch(
      (before) => {
        for (const [name, value] of Object.entries(values)) {
          if (value === "") before.delete(name);
          else before.set(name, value);
        }
        return before;
      },
      { replace: true },
    );
  };
  const pools = useMemo(() => [...new Set((fleet.data ?? []).map((vm) => vm.pool))].sort(), [fleet.data]);
  const shown = (source.data ?? []).filter(
    (vm) =>
      (filter.state === "" || vm.state === filter.state) &&
      (filter.cloud === "" || vm.cloud === filter.cloud) &&
      (filter.pool === "" || vm.pool === filter.pool) &&
      (!filter.held || vm.held) &&
      [vm.id, vm.name, vm.instanceId, vm.address, vm.user, vm.pool, vm.reason].some((text) => text?.toLowerCase().includes(filter.words.toLowerCase().trim()) ?? false),
  );
  const filtered = search.size > 0;

  return (
    <Page title="Fleet" lead={fleet.data === undefined ? undefined : `${fleet.data.length} VMs that are not deleted${heldWords(fleet.data)}.`}>
      <Waiting of={fleet}>{(all) => <Matrix vms={all} chosen={filter} choose={choose} />}</Waiting>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label className="grow">
          <span className="unseen">Search VMs</span>
          <input type="search" placeholder="Search by id, address, person or reason" value={filter.words} onChange={(event) => choose({ q: event.target.value })} />
        </label>
        <label>
          <span className="unseen">State</span>
          <select value={filter.state} onChange={(event) => choose({ state: event.target.value })}>
            <option value="">All states</option>
            {[...LIVE, "DELETED" as const].map((state) => (
              <option key={state} value={state}>
                {VM_STATES[state].word}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="unseen">Pool</span>
          <select value={filter.pool} onChange={(event) => choose({ pool: event.target.value })}>
            <option value="">All pools</option>
            {(filter.pool === "" || pools.includes(filter.pool) ? pools : [filter.pool, ...pools]).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={filter.held} onChange={(event) => choose({ held: event.target.checked ? "yes" : "" })} /> Held
        </label>
        {filtered && (
          <Button kind="quiet" onClick={() => setSearch({}, { replace: true })}>
            Show all
          </Button>
        )}
      </form>
      <Announce text={filtered && source.data !== undefined ? `${shown.length} VMs shown` : ""} />
      <Waiting of={source}>
        {() =>
          shown.length === 0 ? (
            <p className="soft">No VM matches.</p>
          ) : (
            <>
              <table className="stack fleet">
                <caption className="unseen">VMs</caption>
                <thead>
                  <tr>
                    <th scope="col">VM</th>
                    <th scope="col">State</th>
                    <th scope="col">Since</th>
                    <th scope="col">Pool</th>
                    <th scope="col">Cloud</th>
                    <th scope="col">Address</th>
                    <th scope="col">Person</th>
                    <th scope="col">Reason</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.slice(0, rows).map((vm) => (
                    <tr key={vm.id}>
                      <th scope="row">
                        <Link to={`/admin/vms/${vm.id}`} title={vm.name}>
                          <code className="nowrap">{vm.id.slice(0, 8)}…{vm.id.slice(-4)}</code>
                        </Link>
                      </th>
                      <td className="half state">
                        <VmPills vm={vm} />
                      </td>
                      <td data-label="Since" className="half nowrap">
                        <time dateTime={vm.stateSince} title={inFull(new Date(vm.stateSince))}>
                          {relative(new Date(vm.stateSince), now)}
                        </time>
                      </td>
                      <td data-label="Pool" className="half">
                        {vm.pool}
                      </td>
                      <td data-label="Cloud" className="half">
                        {vm.cloud}
                      </td>
                      <td data-label="Address" className={vm.address === null ? "half none" : "half"}>
                        {vm.address ?? "–"}
                      </td>
                      <td data-label="Person" className={vm.user === null ? "half none" : "half"}>
                        {vm.user ?? "–"}
                      </td>
                      <td data-label="Reason" className={vm.holdReason === null && vm.reason === null ? "full none" : "full"}>
                        {vm.holdReason ?? (vm.reason === null ? "–" : sentence(vm.reason))}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {shown.length > rows && <Button onClick={() => setRows(rows + 200)}>Show more of {shown.length}</Button>}
            </>
          )
        }
      </Waiting>
    </Page>
  );
}

export function VmPills({ vm }: { vm: Vm }) {
  const { word, tone } = said(VM_STATES, vm.state);
  return (
    <span className="pills">
      <Pill tone={tone}>{word}</Pill>
      {vm.held && <Pill tone="info">Held</Pill>}
      {vm.late && <Pill tone="wait">Late</Pill>}
      {vm.instanceStatus === "ERROR" && <Pill tone="bad">In error</Pill>}
      {vm.instanceStatus === "STOPPED" && <Pill tone="bad">Switched off</Pill>}
    </span>
  );
}

function heldWords(vms: readonly Vm[]): string {
  const held = vms.filter((vm) => vm.held).length;
  return held === 0 ? "" : `, ${held} of them held`;
}

function Matrix({ vms, chosen, choose }: { vms: readonly Vm[]; chosen: { state: string; cloud: string }; choose: (values: { state: string; cloud: string }) => void }) {
  const clouds = [...new Set(vms.map((vm) => vm.cloud))].sort();
  const count = (state: string, cloud: string) => vms.filter((vm) => (state === "" || vm.state === state) && (cloud === "" || vm.cloud === cloud)).length;
  const cell = (state: string, cloud: string, words: string) => {
    const n = count(state, cloud);
    const on = chosen.state === state && chosen.cloud === cloud && (state !== "" || cloud !== "");
    return (
      <td key={cloud} className="num">
        {n === 0 ? (
          <span className="soft">0</span>
        ) : (
          <button type="button" className="cell" aria-pressed={on} aria-label={`${n} ${words}`} onClick={() => choose(on ? { state: "", cloud: "" } : { state, cloud })}>
            {n}
          </button>
        )}
      </td>
    );
  };
  return (
    <div className="matrix">
      <table>
        <caption className="unseen">VMs by state and cloud; choose a number to see them below</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col" className="num">
              All
            </th>
            {clouds.map((cloud) => (
              <th key={cloud} scope="col" className="num">
                {cloud}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {LIVE.map((state) => (
            <tr key={state}>
              <th scope="row">
                <Pill tone={VM_STATES[state].tone}>{VM_STATES[state].word}</Pill> <span className="soft small what">{VM_STATES[state].what}</span>
              </th>
              {cell(state, "", VM_STATES[state].word)}
              {clouds.map((cloud) => cell(state, cloud, `${VM_STATES[state].word} on ${cloud}`))}
            </tr>
          ))}
          <tr className="sum">
            <th scope="row">All</th>
            <td className="num">
              <b>{vms.length}</b>
            </td>
            {clouds.map((cloud) => cell("", cloud, `on ${cloud}`))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}
