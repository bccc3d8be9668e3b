import { Link } from "react-router";
import { useNow } from "../../api/data.ts";
import type { Cloud } from "../../api/schema.d.ts";
import { Gauge, Page, Pill, Waiting, warming, When } from "../../ui/parts.tsx";
import { heldWords } from "../../words/clouds.ts";
import { CLOUD_HEALTH, said } from "../../words/states.ts";
import { localTimes } from "../../words/time.ts";
import { PauseButton, useClouds } from "./Cloud.tsx";

export function CloudsPage() {
  const clouds = useClouds();
  return (
    <Page title="Clouds" lead="A cloud that fails or slows down loses its share to the healthy ones by itself. Machines that people have are not touched.">
      <Waiting of={clouds}>
        {(all) => (
          <div className="grid wide">
            {all.map((cloud) => (
              <CloudCard key={cloud.name} cloud={cloud} saved={(saved) => clouds.put(all.map((one) => (one.name === saved.name ? saved : one)))} />
            ))}
          </div>
        )}
      </Waiting>
    </Page>
  );
}

function CloudCard({ cloud, saved }: { cloud: Cloud; saved: (cloud: Cloud) => void }) {
  const now = useNow(30_000);
  const health = said(CLOUD_HEALTH, cloud.health);
  return (
    <article className="card" aria-label={cloud.name}>
      <div className="card-head">
        <div>
          <h2>
            <Link to={`/admin/clouds/${cloud.name}`}>{cloud.name}</Link>
          </h2>
          <p className="soft">
            {cloud.kind}
            {cloud.region !== null && ` · ${cloud.region}`}
          </p>
        </div>
        <Pill tone={health.tone}>{health.word}</Pill>
      </div>
      <p>
        {(cloud.healthReason === null ? null : localTimes(cloud.healthReason, now)) ?? (cloud.health === "HEALTHY" ? "It answers" : "No reason is known")}
        {cloud.healthSince !== null && (
          <span className="soft">
            {" "}
            · since <When at={cloud.healthSince} now={now} />
          </span>
        )}
      </p>
      {heldWords(cloud).map(({ what, which }) => (
        <p key={what}>
          {what} <b>{which}</b>.
        </p>
      ))}
      <div>
        <Gauge counts={cloud.counts} max={cloud.maxVms ?? cloud.live} target={0} />
        <p className="soft small">
          <b>{cloud.live}</b> VMs{cloud.maxVms === null ? "" : <> of at most <b>{cloud.maxVms}</b></>}: {cloud.counts.ready} ready, {warming(cloud.counts)} preparing, {cloud.counts.allocated} in use, {cloud.counts.deleting} deleting
        </p>
      </div>
      <div className="actions bottom">
        <PauseButton cloud={cloud} saved={saved} />
        <Link className="button plain" to={`/admin/fleet?cloud=${encodeURIComponent(cloud.name)}`}>
          Its VMs
        </Link>
      </div>
    </article>
  );
}
