import { useState } from "react";
import { call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Reconciler, ReconcilerState } from "../../api/schema.d.ts";
import { Button, Confirm, Page, Pill, ProblemNote, useAction, Waiting } from "../../ui/parts.tsx";
import { said, type Tone } from "../../words/states.ts";
import { inFull, localTimes, relative, span } from "../../words/time.ts";

const STATES: Record<ReconcilerState, { word: string; tone: Tone }> = {
  IDLE: { word: "Well", tone: "good" },
  RUNNING: { word: "Running", tone: "info" },
  PAUSED: { word: "Paused", tone: "off" },
  FAILED: { word: "Failed", tone: "bad" },
};

const WHAT: Record<string, string> = {
  grant: "gives ready VMs to the people who wait",
  refill: "launches and retires, so that each pool keeps its target",
  lifecycle: "lists its cloud and brings each VM there one step on",
  reclaim: "ends leases that are over, warns of and takes back what nobody uses",
  orphan: "looks on its cloud for instances that no VM here stands for",
  publish: "tells browsers and scripts what has happened",
  health: "looks at the probes of its cloud and reads its quota and offerings",
  housekeeping: "deletes rows that are older than they are kept",
};

const CONSEQUENCE: Record<string, string> = {
  grant: "People who wait get nothing until it goes on. Whoever asks while one is ready still gets it.",
  refill: "Nothing is launched or retired until it goes on: pools run dry as people take what is ready.",
  lifecycle: "Nothing is created, made ready or deleted on this cloud until it goes on.",
  reclaim: "Leases that are over go on until it does, and nothing that is unused is taken back.",
  orphan: "Instances without a VM stay on this cloud, and cost, until it goes on.",
  publish: "Pages and scripts hear of nothing until it goes on; pages look every few seconds by themselves.",
  health: "Probes, quota and offerings of this cloud stay as they were last seen until it goes on.",
  housekeeping: "Old rows stay until it goes on.",
};

function Ago({ at, now }: { at: string; now: Date }) {
  return (
    <time dateTime={at} title={inFull(new Date(at))}>
      {relative(new Date(at), now)}
    </time>
  );
}

export function LoopsPage() {
  const now = useNow(5_000);
  const [asking, setAsking] = useState<Reconciler | null>(null);
  const { run, busy, error } = useAction();
  const loops = useData(
    "loops",
    async () => (await call("get", "/api/v1/reconcilers")).data.items,
    () => true,
  );
  return (
    <Page title="Loops" lead="What keeps the fleet as it should be. Each loop starts from the tables and the clouds every time, so one that was late or failed makes up for it by itself.">
      <ProblemNote error={error} />
      <Waiting of={loops}>
        {(all) => (
          <table className="stack">
            <caption className="unseen">Loops</caption>
            <thead>
              <tr>
                <th scope="col">Loop</th>
                <th scope="col">State</th>
                <th scope="col">Last pass</th>
                <th scope="col">What it did</th>
                <th scope="col">Next</th>
                <th scope="col">Lease</th>
                <th scope="col">
                  <span className="unseen">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => {
                const { word, tone } = said(STATES, one.state);
                return (
                  <tr key={one.name}>
                    <th scope="row">
                      {one.name}
                      {WHAT[one.kind] !== undefined && <p className="soft small">{WHAT[one.kind]}</p>}
                    </th>
                    <td data-label="State" className="full">
                      <Pill tone={tone}>{word}</Pill>
                    </td>
                    <td data-label="Last pass" className="full nowrap">
                      {one.lastFinishedAt === null ? "none yet" : <Ago at={one.lastFinishedAt} now={now} />}
                    </td>
                    <td data-label="It did" className="full report">
                      {one.lastError !== null ? <span className="wrong">{localTimes(one.lastError, now)}</span> : one.lastReport === null ? "–" : localTimes(one.lastReport, now)}
                    </td>
                    <td data-label="Next" className="full nowrap">
                      {one.paused ? "not while it is paused" : `within ${span(one.everySeconds)}`}
                    </td>
                    <td data-label="Lease" className={one.holder === null ? "full none" : "full"}>
                      {one.holder === null ? (
                        "–"
                      ) : (
                        <>
                          <code className="nowrap" title={one.holder}>
                            …{one.holder.slice(-8)}
                          </code>
                          {one.leaseUntil !== null && <p className="soft small">for {span(Math.max(0, (Date.parse(one.leaseUntil) - now.getTime()) / 1000))}</p>}
                        </>
                      )}
                    </td>
                    <td className="full">
                      <span className="actions tight">
                        <Button
                          kind="quiet"
                          aria-label={`Run ${one.name} now`}
                          disabled={one.paused || busy}
                          onClick={() =>
                            void run(async () => {
                              await call("post", "/api/v1/reconcilers/{name}/run", { path: { name: one.name } });
                              await loops.reload();
                            })
                          }
                        >
                          Run now
                        </Button>
                        <Button kind="quiet" aria-label={`${one.paused ? "Let go on" : "Pause"}: ${one.name}`} onClick={() => setAsking(one)}>
                          {one.paused ? "Let it go on" : "Pause"}
                        </Button>
                      </span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Waiting>
      <p className="soft small">Every loop runs sooner than that when something changes. Some pass only when there is something for them, such as grant when people wait and a VM is ready. A pass that changed nothing is written down every 15 s at most. A lease is the time that one replica has a cloud in hand; it is given back after each pass, so there is mostly none.</p>
      {asking !== null && (
        <Confirm
          title={asking.paused ? `Let ${asking.name} go on?` : `Pause ${asking.name}?`}
          verb={asking.paused ? "Let it go on" : "Pause it"}
          kind="primary"
          keep="Cancel"
          onClose={() => setAsking(null)}
          action={async () => {
            await call("post", "/api/v1/reconcilers/{name}/pause", { path: { name: asking.name }, body: { paused: !asking.paused } });
            await loops.reload();
          }}
        >
          <p>{asking.paused ? "It looks at everything anew and makes up for what it missed." : (CONSEQUENCE[asking.kind] ?? "It does nothing until it goes on.")}</p>
          {!asking.paused && <p>It stays paused, on all replicas and over restarts, until somebody lets it go on.</p>}
        </Confirm>
      )}
    </Page>
  );
}
