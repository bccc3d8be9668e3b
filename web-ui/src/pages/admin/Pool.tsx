import { useState } from "react";
import { Link, useParams } from "react-router";
import { call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Pool } from "../../api/schema.d.ts";
import { Button, Gauge, Page, Pill, Waiting, warming, When } from "../../ui/parts.tsx";
import { notCountedWords } from "../../words/clouds.ts";
import { optionWords, priceWords } from "../../words/placements.ts";
import { CLOUD_HEALTH, said } from "../../words/states.ts";
import { durationWords, localTimes, roughly, roughlyWithin, secondsOf, span } from "../../words/time.ts";
import { useClouds } from "./Cloud.tsx";
import { DecisionList, Reasons } from "./Decisions.tsx";
import { PlacementsForm } from "./Placements.tsx";
import { Legend } from "./Pools.tsx";
import { SizeEditor } from "./SizeEditor.tsx";

export function PoolPage() {
  const { name = "" } = useParams();
  const pool = useData(
    `pool-${name}`,
    async () => (await call("get", "/api/v1/pools/{name}", { path: { name } })).data,
    (event) => event.pool === name,
  );
  return (
    <Page
      title={name}
      actions={
        <>
          <Link className="button plain" to={`/admin/fleet?pool=${encodeURIComponent(name)}`}>
            Its VMs
          </Link>
          <Link className="button plain" to={`/admin/schedules?pool=${encodeURIComponent(name)}`}>
            Its schedules
          </Link>
        </>
      }
    >
      <Waiting of={pool}>{(data) => <Details pool={data} saved={pool.put} />}</Waiting>
      <section>
        <div className="line">
          <h2>What was decided, and why</h2>
          <Link to={`/admin/decisions?pool=${encodeURIComponent(name)}`}>At another time</Link>
        </div>
        <DecisionList key={name} filter={{ pool: name }} first={10} />
      </section>
    </Page>
  );
}

function Details({ pool, saved }: { pool: Pool; saved: (pool: Pool) => void }) {
  const now = useNow(60_000);
  const clouds = useClouds();
  const [editing, setEditing] = useState(false);
  const pricesOf = (name: string) => clouds.data?.find((cloud) => cloud.name === name)?.prices;
  const healthOf = (name: string) => clouds.data?.find((cloud) => cloud.name === name)?.health ?? null;
  return (
    <>
      <section className="card">
        <Gauge counts={pool.counts} max={pool.maxSize} target={pool.target} />
        <Legend />
        <dl className="figures">
          <Figure name="Ready" value={pool.counts.ready} />
          <Figure name="Preparing" value={warming(pool.counts)} />
          <Figure name="In use" value={pool.counts.allocated} />
          <Figure name="Deleting" value={pool.counts.deleting} />
          <Figure name="Waiting" value={pool.queued} />
          <Figure name="Target" value={pool.target} />
        </dl>
        <p>
          The target, which is the reserve wanted now, is <b>{pool.target}</b> ({localTimes(pool.targetReason, now)}).
        </p>
        {pool.explanation !== null && (
          <div className="why">
            <p>
              <strong>{localTimes(pool.explanation.summary, now)}</strong>{" "}
              <span className="soft small">
                the plan of <When at={pool.explanation.at} now={now} also />
              </span>
            </p>
            <Reasons reasons={pool.explanation.reasons} now={now} />
          </div>
        )}
        <div className="line">
          <span className="soft">Pool size / max size</span> <SizeEditor pool={pool} saved={saved} />
        </div>
      </section>
      <section>
        <div className="line">
          <h2>Where it runs</h2>
          {!editing && clouds.data !== undefined && <Button onClick={() => setEditing(true)}>Edit placements</Button>}
        </div>
        {editing && clouds.data !== undefined && <PlacementsForm pool={pool} clouds={clouds.data} saved={saved} onClose={() => setEditing(false)} />}
        <table className="stack" hidden={editing}>
          <caption className="unseen">Placements of {pool.name}</caption>
          <thead>
            <tr>
              <th scope="col">Cloud</th>
              <th scope="col">Image</th>
              <th scope="col">Flavor</th>
              <th scope="col">Network</th>
              <th scope="col" className="num">
                Weight
              </th>
              <th scope="col" className="num">
                Own maximum
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
            </tr>
          </thead>
          <tbody>
            {pool.placements.map((one) => (
              <tr key={`${one.cloud} ${one.flavor}`}>
                <th scope="row">
                  <Link to={`/admin/clouds/${one.cloud}`}>{one.cloud}</Link>
                  <Standing health={healthOf(one.cloud)} preparing={warming(one.counts)} />
                  {one.note !== null && <p className="caution small">{one.note}</p>}
                </th>
                <td data-label="Image" className="full">
                  <code>{one.image}</code>
                </td>
                <td data-label="Flavor" className="full">
                  <code>{one.flavor}</code> {optionWords(one.options) !== "" && <Pill tone="info">{optionWords(one.options)}</Pill>}
                  {priceWords(pricesOf(one.cloud), one.flavor) !== null && <p className="soft small">{priceWords(pricesOf(one.cloud), one.flavor)}</p>}
                </td>
                <td data-label="Network" className="full">
                  {one.network === null ? "–" : <code>{one.network}</code>}
                </td>
                <td data-label="Weight" className="num">
                  {one.weight}
                </td>
                <td data-label="Own max" className="num">
                  {one.maxVms ?? "–"}
                </td>
                <td data-label="Ready" className="num">
                  {one.counts.ready}
                </td>
                <td data-label="Preparing" className="num">
                  {warming(one.counts)}
                </td>
                <td data-label="In use" className="num">
                  {one.counts.allocated}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="soft small">New VMs are shared out by weight among the clouds that are healthy and have room.</p>
      </section>
      <section>
        <h2>How it behaves</h2>
        <dl className="facts columns">
          <Fact name="Serves">{pool.vmTypes.length === 0 ? "no VM type yet" : pool.vmTypes.join(", ")}</Fact>
          <Fact name="Ready when">{readyWords(pool.readyWhen)}</Fact>
          <Fact name="From launch to ready">{pool.launchP50Seconds === null ? "not measured yet" : `${roughly(pool.launchP50Seconds)}${pool.launchP95Seconds === null ? "" : `, 95 of 100 within ${roughlyWithin(pool.launchP95Seconds)}`}`}</Fact>
          <Fact name="Boot timeout">{durationWords(pool.bootTimeout)}</Fact>
          <Fact name="First lease">{durationWords(pool.lease)}</Fact>
          <Fact name="Kept at most">{durationWords(pool.maxLifetime)}</Fact>
          <Fact name="Taken back when unused for">{durationWords(pool.idleTimeout)}</Fact>
          <Fact name="Its owner is warned before">{warningWords(pool)}</Fact>
        </dl>
      </section>
    </>
  );
}

/** What a cloud's health does to what is there of a pool; nothing where it is well or not known. */
function Standing({ health, preparing }: { health: string | null; preparing: number }) {
  if (health === null || health === "HEALTHY") return null;
  const { word, tone } = said(CLOUD_HEALTH, health);
  const not = notCountedWords(health, preparing);
  return (
    <>
      {" "}
      <Pill tone={tone}>{word}</Pill>
      {not !== null && <p className="caution small">{not}</p>}
    </>
  );
}

function readyWords(readyWhen: string): string {
  if (readyWhen === "guestReport") return "the guest inside reports";
  if (readyWhen === "instanceActive") return "the cloud says that it runs";
  return readyWhen.replace("portOpen:", "it answers on port ");
}

function warningWords({ warning, idleTimeout }: Pool): string {
  const half = secondsOf(idleTimeout) / 2;
  return secondsOf(warning) > half ? `${span(half)}, which is half of that (${durationWords(warning)} is set)` : durationWords(warning);
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

export function Fact({ name, children, whole = false }: { name: string; children: React.ReactNode; whole?: boolean }) {
  return (
    <div className={whole ? "whole" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
