import { useState } from "react";
import { Link } from "react-router";
import { allPages, call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Cloud } from "../../api/schema.d.ts";
import { Button, Confirm, Field, Gauge, Page, Pill, Waiting, warming, When } from "../../ui/parts.tsx";
import { CLOUD_HEALTH, said } from "../../words/states.ts";
import { localTimes } from "../../words/time.ts";

export function CloudsPage() {
  const clouds = useData(
    "clouds",
    () => allPages((cursor) => call("get", "/api/v1/clouds", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "cloud" || event.type === "vm",
  );
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
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const health = said(CLOUD_HEALTH, cloud.health);
  const pause = async (paused: boolean) => saved((await call("post", "/api/v1/clouds/{name}/pause", { path: { name: cloud.name }, body: paused && reason.trim() !== "" ? { paused, reason: reason.trim() } : { paused } })).data);
  return (
    <article className="card" aria-label={cloud.name}>
      <div className="card-head">
        <div>
          <h2>{cloud.name}</h2>
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
      <div>
        <Gauge counts={cloud.counts} max={cloud.maxVms ?? cloud.live} target={0} />
        <p className="soft small">
          <b>{cloud.live}</b> VMs{cloud.maxVms === null ? "" : <> of at most <b>{cloud.maxVms}</b></>}: {cloud.counts.ready} ready, {warming(cloud.counts)} preparing, {cloud.counts.allocated} in use, {cloud.counts.deleting} deleting
        </p>
      </div>
      <div className="actions bottom">
        <Button kind={cloud.paused ? "primary" : "plain"} onClick={() => setAsking(true)}>
          {cloud.paused ? "Resume" : "Pause"}
        </Button>
        <Link className="button plain" to={`/admin/fleet?cloud=${encodeURIComponent(cloud.name)}`}>
          Its VMs
        </Link>
      </div>
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
    </article>
  );
}
