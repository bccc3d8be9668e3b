import { useState } from "react";
import { Link, useParams } from "react-router";
import { allPages, call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Breaker, Cloud, OfferingStatus, Probe, QuotaUse } from "../../api/schema.d.ts";
import { may, useMe, useSession } from "../../session.tsx";
import { Button, Confirm, Field, Gauge, Page, Pill, Timeline, Waiting, warming, When } from "../../ui/parts.tsx";
import { BREAKER_STATES, breakerKind, breakerWaits, effectWords, noBreakersWords, probeSays, quotaWords, secondsWords, telling } from "../../words/clouds.ts";
import { CLOUD_HEALTH, said, sentence } from "../../words/states.ts";
import { localTimes, relative, span } from "../../words/time.ts";
import { WeatherPanel } from "./Weather.tsx";
import { Fact } from "./Pool.tsx";
import { Offer } from "./Offer.tsx";
import { useTurns, WindowTable } from "./Windows.tsx";

export function CloudPage() {
  const { name = "" } = useParams();
  const admin = may(useMe(), "ADMIN");
  const inDemo = useSession().demo.length > 0;
  const cloud = useData(
    admin ? `cloud-${name}` : null,
    async () => (await call("get", "/api/v1/clouds/{name}", { path: { name } })).data,
    (event) => event.cloud === name,
  );
  const data = cloud.data;
  return (
    <Page
      title={name}
      lead={!admin ? "Its health and breakers are shown to administrators." : data === undefined ? undefined : `${data.kind}${data.region === null ? "" : ` · ${data.region}`}`}
      actions={
        <>
          {admin && data !== undefined && <PauseButton cloud={data} saved={cloud.put} />}
          {admin && (
            <Link className="button plain" to={`/admin/maintenance/new?cloud=${encodeURIComponent(name)}`}>
              Plan maintenance
            </Link>
          )}
          <Link className="button plain" to={`/admin/fleet?cloud=${encodeURIComponent(name)}`}>
            Its VMs
          </Link>
        </>
      }
    >
      {admin && (
        <Waiting of={cloud}>
          {(one) => (
            <>
              <Health cloud={one} />
              <Breakers breakers={telling(one.breakers)} none={noBreakersWords(one.health)} />
              <Offerings offerings={one.offerings} />
              <div className="grid wide">
                <Probes probes={one.probes} />
                <Quota cloud={one} />
              </div>
              <Account cloud={one} />
              <Offer cloud={one.name} />
            </>
          )}
        </Waiting>
      )}
      <Maintenance cloud={name} />
      {inDemo && data?.kind === "simulated" && <WeatherPanel cloud={name} />}
      <History cloud={name} />
    </Page>
  );
}

function Health({ cloud }: { cloud: Cloud }) {
  const now = useNow(15_000);
  const health = said(CLOUD_HEALTH, cloud.health);
  return (
    <section className="card" aria-label="Health">
      <p>
        <Pill tone={health.tone}>{health.word}</Pill>{" "}
        {cloud.healthSince !== null && (
          <span className="soft">
            since <When at={cloud.healthSince} now={now} also />
          </span>
        )}
      </p>
      <p>
        <strong>{(cloud.healthReason === null ? null : localTimes(cloud.healthReason, now)) ?? (cloud.health === "HEALTHY" ? "It answers" : "No reason is known")}</strong>
      </p>
      <p className="soft">{effectWords(cloud)} Machines that people have are not touched.</p>
      <Gauge counts={cloud.counts} max={cloud.maxVms ?? cloud.live} target={0} />
      <p className="soft small">
        <b>{cloud.live}</b> VMs{cloud.maxVms === null ? "" : <> of at most <b>{cloud.maxVms}</b></>}: {cloud.counts.ready} ready, {warming(cloud.counts)} preparing, {cloud.counts.allocated} in use, {cloud.counts.deleting} deleting
      </p>
    </section>
  );
}

function Breakers({ breakers, none }: { breakers: readonly Breaker[]; none: string }) {
  const now = useNow(5_000);
  return (
    <section>
      <h2>Breakers</h2>
      {breakers.length === 0 ? (
        <p className="soft">{none}</p>
      ) : (
        <table className="stack">
          <caption className="unseen">Breakers</caption>
          <thead>
            <tr>
              <th scope="col">Of</th>
              <th scope="col">State</th>
              <th scope="col">It waits for</th>
              <th scope="col">Why</th>
              <th scope="col" className="num">
                Strikes
              </th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {breakers.map((one) => {
              const state = said(BREAKER_STATES, one.state);
              return (
                <tr key={`${one.flavor ?? "*"} ${one.image ?? "*"} ${one.kind}`}>
                  <th scope="row">
                    {one.flavor === null ? "the whole cloud" : <code>{one.flavor}</code>}
                    {one.image !== null && (
                      <>
                        {" "}
                        with <code>{one.image}</code>
                      </>
                    )}
                  </th>
                  <td className="full nowrap">
                    <Pill tone={state.tone}>{state.word}</Pill>
                  </td>
                  <td data-label="Waits for" className="full">
                    {breakerWaits(one, now)} {one.canary !== null && <Link to={`/admin/vms/${one.canary}`}>See the canary</Link>}
                  </td>
                  <td data-label="Why" className="full">
                    <b>{breakerKind(one.kind)}</b>
                    {one.reason !== "" && <>: {localTimes(one.reason, now)}</>}
                  </td>
                  <td data-label="Strikes" className="num">
                    {one.strikes}
                  </td>
                  <td data-label="Since" className="nowrap half">
                    <When at={one.since} now={now} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {breakers.length > 0 && <p className="soft small">A breaker that is open lets nothing through until its time has come, except where boots are late: what is late is still used where nothing better has room. Then one VM, its canary, is launched. If that becomes ready in time, the breaker closes; if not, it opens again, mostly for twice as long.</p>}
    </section>
  );
}

function Offerings({ offerings }: { offerings: readonly OfferingStatus[] }) {
  return (
    <section>
      <h2>How long boots take</h2>
      {offerings.length === 0 ? (
        <p className="soft">No pool uses it, so nothing is launched on it.</p>
      ) : (
        <table className="stack">
          <caption className="unseen">Boot times by flavor</caption>
          <thead>
            <tr>
              <th scope="col">Flavor</th>
              <th scope="col" className="num">
                Half within
              </th>
              <th scope="col" className="num">
                95 of 100 within
              </th>
              <th scope="col" className="num">
                Late after
              </th>
              <th scope="col" className="num">
                Measured
              </th>
              <th scope="col" className="num">
                Preparing
              </th>
              <th scope="col" className="num">
                Late now
              </th>
            </tr>
          </thead>
          <tbody>
            {offerings.map((one) => (
              <tr key={one.flavor}>
                <th scope="row">
                  <code>{one.flavor}</code>
                </th>
                <td data-label="Half within" className="num">
                  {secondsWords(one.p50Seconds, span)}
                </td>
                <td data-label="95 % within" className="num">
                  {secondsWords(one.p95Seconds, span)}
                </td>
                <td data-label="Late after" className="num">
                  {one.lateAfterSeconds === null ? "boot timeout" : span(one.lateAfterSeconds)}
                </td>
                <td data-label="Measured" className="num">
                  {one.launches}
                </td>
                <td data-label="Preparing" className="num">
                  {one.warming}
                </td>
                <td data-label="Late now" className="num">
                  {one.late > 0 ? <Pill tone="wait">{one.late}</Pill> : 0}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {offerings.length > 0 && <p className="soft small">From create to ready. One that is late goes on booting, and another is launched on another cloud if that is possible.</p>}
    </section>
  );
}

function Probes({ probes }: { probes: readonly Probe[] }) {
  const now = useNow(15_000);
  return (
    <section className="card" aria-labelledby="probes">
      <h2 id="probes">Probes</h2>
      {probes.length === 0 && <p className="soft">The fleet file names none for this cloud.</p>}
      <dl className="facts">
        {probes.map((one) => {
          const { word, tone } = probeSays(one);
          return (
            <div key={one.name}>
              <dt>{one.name}</dt>
              <dd>
                <Pill tone={tone}>{word}</Pill> {one.detail !== null && localTimes(one.detail, now)}
                <p className="soft small">
                  {[one.latencyMs === null ? null : `${one.latencyMs} ms`, one.since === null ? null : `so since ${relative(new Date(one.since), now)}`, one.checkedAt === null ? null : `looked at ${relative(new Date(one.checkedAt), now)}`].filter((part) => part !== null).join(" · ")}
                </p>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function Quota({ cloud: { quota } }: { cloud: Cloud }) {
  const now = useNow(30_000);
  return (
    <section className="card" aria-labelledby="quota">
      <h2 id="quota">Quota of our account</h2>
      {quota === null ? (
        <p className="soft">The cloud has not told it yet.</p>
      ) : (
        <>
          <QuotaBar name="Instances" use={quota.instances} />
          <QuotaBar name="Cores" use={quota.vcpus} />
          <QuotaBar name="Memory in GB" use={quota.ramMb} per={1024} />
          <p className="soft small">
            Used by all that share the account, as the cloud told <When at={quota.readAt} now={now} also />.
          </p>
        </>
      )}
    </section>
  );
}

function Account({ cloud }: { cloud: Cloud }) {
  const priced = Object.keys(cloud.prices?.perHour ?? {}).length;
  return (
    <section>
      <h2>How it is reached</h2>
      <dl className="facts columns card">
        <Fact name="Kind">{cloud.kind}</Fact>
        <Fact name="Region">{cloud.region ?? "none named"}</Fact>
        <Fact name="Credentials given">{cloud.credentials.length === 0 ? "none" : cloud.credentials.join(", ")}</Fact>
        <Fact name="Options of placements">{Object.keys(cloud.placementOptions).length === 0 ? "none" : Object.keys(cloud.placementOptions).join(", ")}</Fact>
        <Fact name="Prices">{cloud.prices === null ? "none in the fleet file" : `${priced === 1 ? "1 flavor" : `${priced} flavors`}, in ${cloud.prices.currency} an hour`}</Fact>
      </dl>
    </section>
  );
}

function QuotaBar({ name, use, per = 1 }: { name: string; use: QuotaUse; per?: number }) {
  const words = quotaWords(use, per);
  const share = use.used === null || use.max === null ? null : use.max === 0 ? 1 : Math.min(1, use.used / use.max);
  return (
    <div>
      <p className="line">
        <span>{name}</span> <b>{words}</b> {share !== null && share >= 0.9 && <Pill tone="wait">{share >= 1 ? "Used up" : "Nearly used up"}</Pill>}
      </p>
      {share !== null && (
        <div className="gauge" role="img" aria-label={`${name}: ${words}`}>
          <span className="part used" style={{ width: `${100 * share}%` }} />
        </div>
      )}
    </div>
  );
}

function Maintenance({ cloud }: { cloud: string }) {
  const windows = useData(
    `windows-${cloud}`,
    async () => (await call("get", "/api/v1/clouds/{name}/maintenance-windows", { path: { name: cloud }, query: { limit: 10 } })).data.items,
    (event) => event.cloud === cloud && event.type === "cloud",
  );
  useTurns(windows.data, () => void windows.reload());
  return (
    <section>
      <div className="line">
        <h2>Maintenance windows</h2>
        <Link to="/admin/maintenance">Those of all clouds</Link>
      </div>
      <Waiting of={windows}>{(all) => (all.length === 0 ? <p className="soft">None is planned, and none was.</p> : <WindowTable windows={all} changed={() => void windows.reload()} withCloud={false} />)}</Waiting>
    </section>
  );
}

function History({ cloud }: { cloud: string }) {
  const now = useNow(30_000);
  const read = async (query: { limit: number; cursor?: string }) => (await call("get", "/api/v1/clouds/{name}/history", { path: { name: cloud }, query })).data;
  const recent = useData(
    `history-${cloud}`,
    () => read({ limit: 15 }),
    (event) => event.cloud === cloud && event.type === "cloud",
  );
  return (
    <section>
      <h2>What happened</h2>
      <Timeline of={recent} older={(cursor) => read({ limit: 30, cursor })} empty="Nothing that is kept.">
        {(one) => (
          <>
            <When at={one.at} now={now} />
            <div>
              {one.health !== null && <Pill tone={said(CLOUD_HEALTH, one.health).tone}>{said(CLOUD_HEALTH, one.health).word}</Pill>} {one.what !== one.health && <strong>{sentence(one.what)}</strong>} <span className="soft small">by {one.actor}</span>
              {one.detail !== "" && <p>{localTimes(one.detail, now)}</p>}
            </div>
          </>
        )}
      </Timeline>
    </section>
  );
}

/** Pauses a cloud or resumes it, after asking. */
export function PauseButton({ cloud, saved }: { cloud: Cloud; saved: (cloud: Cloud) => void }) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const pause = async (paused: boolean) => saved((await call("post", "/api/v1/clouds/{name}/pause", { path: { name: cloud.name }, body: paused && reason.trim() !== "" ? { paused, reason: reason.trim() } : { paused } })).data);
  return (
    <>
      <Button kind={cloud.paused ? "primary" : "plain"} onClick={() => setAsking(true)}>
        {cloud.paused ? "Resume" : "Pause"}
      </Button>
      {asking && (
        <Confirm title={cloud.paused ? `Resume ${cloud.name}?` : `Pause ${cloud.name}?`} verb={cloud.paused ? "Resume" : "Pause"} kind="primary" keep="Cancel" onClose={() => setAsking(false)} action={() => pause(!cloud.paused)}>
          {cloud.paused ? (
            <p>Machines are launched on it again as its health and its weight allow.</p>
          ) : (
            <>
              <p>Nothing more is launched on it until it is resumed; other clouds take its share. Machines that people have stay, and ready ones are still given out.</p>
              <Field label="Why" hint="Others see it here">
                {(ids) => <input {...ids} autoFocus maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
              </Field>
            </>
          )}
        </Confirm>
      )}
    </>
  );
}

/** All clouds, by name. */
export function useClouds() {
  return useData(
    "clouds",
    () => allPages((cursor) => call("get", "/api/v1/clouds", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "cloud" || event.type === "vm",
  );
}
