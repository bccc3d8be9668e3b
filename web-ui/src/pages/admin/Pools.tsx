import { useState } from "react";
import { Link } from "react-router";
import { allPages, call } from "../../api/client.ts";
import { useData } from "../../api/data.ts";
import type { Pool } from "../../api/schema.d.ts";
import { Gauge, Page, Pill, Waiting, warming } from "../../ui/parts.tsx";
import { SizeEditor } from "./SizeEditor.tsx";

export function usePools() {
  return useData(
    "pools",
    () => allPages((cursor) => call("get", "/api/v1/pools", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "pool" || event.type === "vm" || event.type === "allocation",
  );
}

const ORDERS = { name: "by name", risk: "emptiest first", queue: "longest queue first" } as const;
type Order = keyof typeof ORDERS;

export function PoolsPage() {
  const pools = usePools();
  const [words, setWords] = useState("");
  const [order, setOrder] = useState<Order>("name");
  return (
    <Page title="Pools" lead={pools.data === undefined ? undefined : totalWords(pools.data)}>
      <Waiting of={pools}>
        {(all) => {
          const shown = all.filter((pool) => pool.name.includes(words.trim().toLowerCase())).sort(comparison(order));
          return (
            <>
              <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
                <label className="grow">
                  <span className="unseen">Search pools</span>
                  <input type="search" placeholder="Search pools" value={words} onChange={(event) => setWords(event.target.value)} />
                </label>
                <label>
                  <span className="unseen">Order</span>
                  <select value={order} onChange={(event) => setOrder(event.target.value as Order)}>
                    {Object.entries(ORDERS).map(([key, text]) => (
                      <option key={key} value={key}>
                        {text}
                      </option>
                    ))}
                  </select>
                </label>
                <Legend />
              </form>
              <table className="stack pools">
                <caption className="unseen">Pools</caption>
                <thead>
                  <tr>
                    <th scope="col">Pool</th>
                    <th scope="col" className="wide-col">
                      Filled
                    </th>
                    <th scope="col" className="num">
                      Ready
                    </th>
                    <th scope="col" className="num">
                      Preparing
                    </th>
                    <th scope="col" className="num">
                      In use
                    </th>
                    <th scope="col" className="num">
                      Waiting
                    </th>
                    <th scope="col">Target</th>
                    <th scope="col">Size / most</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((pool) => (
                    <tr key={pool.name}>
                      <th scope="row">
                        <Link to={`/admin/pools/${pool.name}`}>{pool.name}</Link>
                      </th>
                      <td className="wide-col">
                        <Gauge counts={pool.counts} max={pool.maxSize} target={pool.target} />
                      </td>
                      <td className="num" data-label="Ready">
                        {pool.counts.ready}
                      </td>
                      <td className="num" data-label="Preparing">
                        {warming(pool.counts)}
                      </td>
                      <td className="num" data-label="In use">
                        {pool.counts.allocated}
                      </td>
                      <td className="num" data-label="Waiting">
                        {pool.queued > 0 ? <Pill tone="wait">{pool.queued}</Pill> : 0}
                      </td>
                      <td className="full" data-label="Target">
                        <b>{pool.target}</b> <span className="soft small">{pool.targetReason}</span>
                      </td>
                      <td className="full" data-label="Size / most">
                        <SizeEditor pool={pool} saved={(saved) => pools.put(all.map((one) => (one.name === saved.name ? saved : one)))} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {shown.length === 0 && <p className="soft">No pool of that name.</p>}
            </>
          );
        }}
      </Waiting>
    </Page>
  );
}

export function Legend() {
  return (
    <p className="legend soft" aria-hidden="true">
      {["ready", "preparing", "used"].map((part) => (
        <span key={part}>
          <span className={`part ${part}`} /> {part === "used" ? "in use" : part}
        </span>
      ))}
      <span>
        <span className="tick" /> target
      </span>
    </p>
  );
}

function totalWords(pools: readonly Pool[]): string {
  const sum = (of: (pool: Pool) => number) => pools.reduce((total, pool) => total + of(pool), 0);
  const queued = sum((pool) => pool.queued);
  return `${sum((pool) => pool.counts.ready)} ready of a target of ${sum((pool) => pool.target)}, ${sum((pool) => warming(pool.counts))} preparing, ${sum((pool) => pool.counts.allocated)} in use; ${queued === 0 ? "nobody waits" : queued === 1 ? "1 person waits" : `${queued} people wait`}.`;
}

function comparison(order: Order): (a: Pool, b: Pool) => number {
  const byName = (a: Pool, b: Pool) => a.name.localeCompare(b.name);
  const filled = (pool: Pool) => (pool.target === 0 ? 1 : pool.counts.ready / pool.target);
  switch (order) {
    case "risk":
      return (a, b) => filled(a) - filled(b) || b.queued - a.queued || byName(a, b);
    case "queue":
      return (a, b) => b.queued - a.queued || byName(a, b);
    default:
      return byName;
  }
}
