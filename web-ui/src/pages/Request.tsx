import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useParams } from "react-router";
import { ApiProblem, call } from "../api/client.ts";
import { useData, useNow } from "../api/data.ts";
import type { Allocation, VmType } from "../api/schema.d.ts";
import { useMe } from "../session.tsx";
import { MachineCard, StopWaiting } from "../ui/MachineCard.tsx";
import { Announce, Button, Page, ProblemNote, useTitle, Waiting } from "../ui/parts.tsx";
import { alternatives } from "../words/alternatives.ts";
import { anotherWords, ordinal } from "../words/availability.ts";
import { endWords } from "../words/states.ts";
import { likelyWords, waitingWords } from "../words/waiting.ts";
import { clock, clockSeconds, inFull, moment, span } from "../words/time.ts";
import { sizeWords, useStart, useVmTypes } from "./Catalogue.tsx";

export function RequestPage() {
  const { id = "" } = useParams();
  const request = useData(
    `request-${id}`,
    async () => (await call("get", "/api/v1/allocations/{id}", { path: { id } })).data,
    (event) => event.allocationId === id || event.type === "pool" || event.type === "cloud",
  );
  const types = useVmTypes();
  if (request.data === undefined && request.error instanceof ApiProblem && request.error.status === 404)
    return (
      <Page title="This request is not here" lead="It may be another person’s, or so old that it has been cleared away.">
        <Link to="/machines">See your machines</Link>
      </Page>
    );
  return (
    <Waiting of={request}>
      {(allocation) => <Shown allocation={allocation} type={types.data?.find((type) => type.name === allocation.vmType)} types={types.data ?? []} put={request.put} reload={() => void request.reload()} />}
    </Waiting>
  );
}

interface ShownProps {
  allocation: Allocation;
  type: VmType | undefined;
  types: readonly VmType[];
  put: (allocation: Allocation) => void;
  reload: () => void;
}

function Shown(props: ShownProps) {
  const { allocation, type } = props;
  const me = useMe();
  const title = type?.title ?? allocation.vmType;
  const before = useRef(allocation.state);
  const [news, setNews] = useState("");
  useEffect(() => {
    if (before.current !== allocation.state) setNews(allocation.state === "ACTIVE" ? `Your ${title} machine is ready.` : allocation.state === "ENDED" ? endWords(allocation.endReason) : "");
    before.current = allocation.state;
  }, [allocation.state, allocation.endReason, title]);
  return (
    <div className="narrow">
      <Announce text={news} />
      {allocation.user !== me.name && <p className="note">This is the request of {allocation.user}.</p>}
      {allocation.state === "QUEUED" ? <WaitingRoom {...props} title={title} /> : allocation.state === "ACTIVE" ? <Ready {...props} title={title} /> : <Over {...props} title={title} />}
    </div>
  );
}

function WaitingRoom({ allocation, title, type, types, put }: ShownProps & { title: string }) {
  const now = useNow(1000);
  const [asking, setAsking] = useState(false);
  const waited = (now.getTime() - Date.parse(allocation.requestedAt)) / 1000;
  const { estimate, position } = allocation;
  const promised = usePromise(allocation, now);
  const late = promised !== null && now > promised;
  const instead = type === undefined ? null : alternatives(type, types);
  useTitle(position === null ? `Waiting for ${title}` : `${ordinal(position)} in line for ${title}`);

  return (
    <>
      <header className="page-head">
        <div>
          <h1>{position === null || position === 1 ? `You are next for ${title}` : `You are ${ordinal(position)} in line for ${title}`}</h1>
          <p className="lead">You may close this page: your place is kept, and the machine waits for you under “My machines”.</p>
        </div>
      </header>
      <section className="card estimate" aria-label="Estimate">
        <p className="big">{likelyWords(allocation, now)}</p>
        <p>{waitingWords(allocation, now)}</p>
        {estimate !== null && (
          <>
            <progress max={waited + estimate.p50Seconds} value={waited} aria-label="Waited so far, of the likely whole" />
            <p className="soft">
              Likely by {moment(plus(now, estimate.p50Seconds), now)}, nine times in ten before {moment(plus(now, estimate.p90Seconds + 59), now)}.
            </p>
          </>
        )}
        {late && <p className="note warn">It takes longer than we said at first ({clock(promised)}).{estimate !== null && " The time above is the new estimate."}</p>}
      </section>
      <Steps
        steps={[
          { name: "Asked", state: "done", what: <Clock at={allocation.requestedAt} /> },
          { name: "Waiting for a machine", state: "now", what: `for ${span(waited)}${position !== null ? ` · ${position === 1 ? "next in line" : `${position - 1} before you`}` : ""}` },
          { name: "Yours", state: "next", what: "it opens on this page" },
        ]}
      />
      {instead !== null && instead.types.length > 0 && (
        <p>
          {instead.alike ? "Ready now and much the same" : "Ready now"}: {instead.types.map((one, i) => (
            <span key={one.name}>
              {i > 0 && " and "}
              <Link to={`/?q=${encodeURIComponent(one.title)}`}>{one.title}</Link> <span className="soft">({sizeWords(one)})</span>
            </span>
          ))}.
        </p>
      )}
      <div className="actions">
        <Button onClick={() => setAsking(true)}>Stop waiting</Button>
        <p className="soft beside">Nothing is lost by it; you can ask again at any time.</p>
      </div>
      {asking && <StopWaiting id={allocation.id} onClose={() => setAsking(false)} stopped={put} />}
    </>
  );
}

function Ready({ allocation, title, reload }: ShownProps & { title: string }) {
  useTitle(`${title} is ready`);
  const asked = new Date(allocation.requestedAt);
  const granted = new Date(allocation.grantedAt ?? allocation.requestedAt);
  const waited = (granted.getTime() - asked.getTime()) / 1000;
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{allocation.name ?? `Your ${title} machine`} is ready</h1>
          <p className="lead">It is yours alone. You find it again under “My machines”.</p>
        </div>
      </header>
      <MachineCard allocation={allocation} title={title} changed={reload} alone />
      <Steps
        steps={[
          { name: "Asked", state: "done", what: <Clock at={allocation.requestedAt} /> },
          { name: waited < 2 ? "One was ready" : "Waited", state: "done", what: waited < 2 ? "no wait" : span(waited) },
          { name: "Yours", state: "done", what: <Clock at={allocation.grantedAt ?? allocation.requestedAt} /> },
        ]}
      />
    </>
  );
}

function Over({ allocation, title, type }: ShownProps & { title: string }) {
  useTitle(`${title} has ended`);
  const { start, busy, error } = useStart();
  const never = allocation.grantedAt === null;
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{never ? `Your request for ${title} has ended` : `Your ${title} machine has gone`}</h1>
          <p className="lead">{endWords(allocation.endReason)}</p>
        </div>
      </header>
      <Steps
        steps={[
          { name: "Asked", state: "done", what: <Clock at={allocation.requestedAt} /> },
          ...(never ? [] : [{ name: "Yours", state: "done" as const, what: <Clock at={allocation.grantedAt ?? ""} /> }]),
          { name: "Ended", state: "done", what: allocation.endedAt === null ? "" : <Clock at={allocation.endedAt} /> },
        ]}
      />
      <ProblemNote error={error} />
      <div className="actions">
        {type !== undefined && type.availability.state !== "CLOSED" && (
          <Button kind="primary" busy={busy} onClick={() => void start(type.name)}>
            {anotherWords(type.availability)}
          </Button>
        )}
        <Link className="button plain" to="/machines">
          My machines
        </Link>
      </div>
    </>
  );
}

interface Step {
  readonly name: string;
  readonly state: "done" | "now" | "next";
  readonly what: ReactNode;
}

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="steps">
      {steps.map((step) => (
        <li key={step.name} className={step.state} aria-current={step.state === "now" ? "step" : undefined}>
          <strong>{step.name}</strong>
          <span className="soft">{step.what}</span>
        </li>
      ))}
    </ol>
  );
}

function Clock({ at }: { at: string }) {
  const now = useNow(60_000);
  const date = new Date(at);
  const day = moment(date, now).slice(0, -5);
  return (
    <time dateTime={at} title={inFull(date)}>
      {day}
      {clockSeconds(date)}
    </time>
  );
}

/** The time that the first estimate of this request gave as all but sure; kept over reloads. */
function usePromise({ id, estimate }: Allocation, now: Date): Date | null {
  const key = `promised-${id}`;
  const kept = sessionStorage.getItem(key);
  if (kept !== null) return new Date(kept);
  if (estimate === null) return null;
  const promised = plus(now, estimate.p90Seconds);
  sessionStorage.setItem(key, promised.toISOString());
  return promised;
}

function plus(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}
