import { useSearchParams } from "react-router";
import { call } from "../../api/client.ts";
import { useData } from "../../api/data.ts";
import type { UsageRow } from "../../api/schema.d.ts";
import { Page, Waiting } from "../../ui/parts.tsx";
import { sentence } from "../../words/states.ts";
import { dayWords, roughly, roughlyWithin } from "../../words/time.ts";
import { useVmTypes } from "../Catalogue.tsx";

const DAY = 24 * 3600 * 1000;

export function UsagePage() {
  const types = useVmTypes();
  const [search, setSearch] = useSearchParams();
  const to = search.get("to") ?? new Date().toISOString().slice(0, 10);
  const from = search.get("from") ?? new Date(Date.parse(to) - 6 * DAY).toISOString().slice(0, 10);
  const vmType = search.get("type") ?? "";
  const query = { from, to, ...(vmType === "" ? {} : { vmType }) };
  const usage = useData(
    `usage-${from}-${to}-${vmType}`,
    async () => (await call("get", "/api/v1/usage", { query })).data.items,
    (event) => event.type === "allocation",
  );
  const choose = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  return (
    <Page
      title="Usage"
      lead="What was asked for, how long people waited and how it ended, by day and type. Days are those of UTC."
      actions={
        <a className="button plain" href={`/api/v1/usage?${new URLSearchParams({ ...query, format: "csv" }).toString()}`} download>
          Download as CSV
        </a>
      }
    >
      <form className="filters" onSubmit={(event) => event.preventDefault()}>
        <label className="inline">
          From <input type="date" max={to} value={from} onChange={(event) => choose("from", event.target.value)} />
        </label>
        <label className="inline">
          to <input type="date" min={from} value={to} onChange={(event) => choose("to", event.target.value)} />
        </label>
        <label className="inline">
          Type{" "}
          <select value={vmType} onChange={(event) => choose("type", event.target.value)}>
            <option value="">All types</option>
            {(types.data ?? []).map((type) => (
              <option key={type.name} value={type.name}>
                {type.title}
              </option>
            ))}
          </select>
        </label>
      </form>
      <Waiting of={usage}>
        {(rows) =>
          rows.length === 0 ? (
            <div className="empty">
              <h2>Nothing was asked for in these days</h2>
              <p>Choose other days above. A request is counted on the day it was made, also when it was refused or given up.</p>
            </div>
          ) : (
            <Rows rows={rows} titleOf={(name) => types.data?.find((type) => type.name === name)?.title ?? name} />
          )
        }
      </Waiting>
    </Page>
  );
}

function Rows({ rows, titleOf }: { rows: readonly UsageRow[]; titleOf: (name: string) => string }) {
  const sum = (of: (row: UsageRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return (
    <table className="stack">
      <caption className="unseen">Usage by day and type</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Type</th>
          <th scope="col" className="num">
            Requests
          </th>
          <th scope="col" className="num">
            At once
          </th>
          <th scope="col" className="num">
            After a wait
          </th>
          <th scope="col" className="num">
            Refused
          </th>
          <th scope="col" className="num">
            Given up
          </th>
          <th scope="col" className="num">
            Waiting
          </th>
          <th scope="col">
            Wait <span className="small">(half, 9 in 10 within)</span>
          </th>
          <th scope="col" className="num">
            Hours in use
          </th>
          <th scope="col">How they ended</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.day} ${row.vmType}`}>
            <th scope="row" className="nowrap">
              {dayWords(new Date(`${row.day}T12:00:00Z`), "UTC")}
            </th>
            <td data-label="Type" className="full">
              {titleOf(row.vmType)}
            </td>
            <Numbers of={(pick) => pick(row)} />
            <td data-label="Wait" className={row.waitP50Seconds === null ? "full none" : "full"}>
              {waitWords(row)}
            </td>
            <td data-label="Hours" className="num">
              {hours(row.machineHours)}
            </td>
            <td data-label="Ended" className={Object.keys(row.endReasons).length === 0 ? "full none" : "full"}>
              {endWords(row.endReasons)}
            </td>
          </tr>
        ))}
        <tr className="sum">
          <th scope="row">All</th>
          <td className="full none" />
          <Numbers of={sum} />
          <td className="full none" />
          <td data-label="Hours" className="num">
            {hours(sum((row) => row.machineHours))}
          </td>
          <td className="full none" />
        </tr>
      </tbody>
    </table>
  );
}

function Numbers({ of }: { of: (pick: (row: UsageRow) => number) => number }) {
  const columns: [label: string, pick: (row: UsageRow) => number][] = [
    ["Requests", (row) => row.requests],
    ["At once", (row) => row.grantedAtOnce],
    ["After wait", (row) => row.grantedAfterWait],
    ["Refused", (row) => row.refused],
    ["Given up", (row) => row.givenUp],
    ["Waiting", (row) => row.waiting],
  ];
  return columns.map(([label, pick]) => (
    <td key={label} data-label={label} className="num">
      {of(pick)}
    </td>
  ));
}

function waitWords({ waitP50Seconds, waitP90Seconds }: UsageRow): string {
  if (waitP50Seconds === null || waitP90Seconds === null) return "–";
  const half = waitP50Seconds < 1 ? "none" : roughly(waitP50Seconds);
  const most = waitP90Seconds < 1 ? "none" : roughlyWithin(waitP90Seconds);
  return half === most ? half : `${half}, ${most}`;
}

function hours(number: number): string {
  return number.toLocaleString("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function endWords(reasons: Readonly<Record<string, number>>): string {
  const words = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${n} ${sentence(reason).toLowerCase()}`);
  return words.length === 0 ? "–" : words.join(", ");
}
