import { useState } from "react";
import { Link, useParams } from "react-router";
import { ApiProblem, call, readText } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { TimelineEntry, Vm, VmWithTimeline } from "../../api/schema.d.ts";
import { may, useMe } from "../../session.tsx";
import { Button, Confirm, Field, fieldError, Page, Pill, ProblemNote, useAction, Waiting, When } from "../../ui/parts.tsx";
import { optionWords } from "../../words/placements.ts";
import { said, sentence, VM_STATES } from "../../words/states.ts";
import { clockSeconds, dayWords, inFull, localTimes, span } from "../../words/time.ts";
import { instantOf, localInput } from "../../words/windows.ts";
import { VmPills } from "./Fleet.tsx";
import { Fact } from "./Pool.tsx";

export function VmPage() {
  const { id = "" } = useParams();
  const me = useMe();
  const now = useNow(15_000);
  const [asking, setAsking] = useState<"hold" | "let go" | "delete" | null>(null);
  const vm = useData(
    `vm-${id}`,
    async () => (await call("get", "/api/v1/vms/{id}", { path: { id } })).data,
    (event) => event.vmId === id,
  );
  const close = () => setAsking(null);
  const data = vm.data;
  const admin = may(me, "ADMIN");
  const missing = data === undefined && vm.error instanceof ApiProblem && vm.error.status === 404;
  const going = data?.state === "DELETING" || data?.state === "DELETED";
  return (
    <Page
      title={`VM ${id.slice(0, 8)}…${id.slice(-4)}`}
      lead={data === undefined ? undefined : <VmPills vm={data} />}
      actions={
        data !== undefined &&
        data.state !== "DELETED" && (
          <>
            {data.held && <Button onClick={() => setAsking("let go")}>Let go of it</Button>}
            <Button onClick={() => setAsking("hold")}>{data.held ? "Change the hold" : "Hold"}</Button>
            <Button kind="danger" disabled={(data.held && !admin) || (going && !data.held)} onClick={() => setAsking("delete")}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Waiting of={vm}>
        {(one) => (
          <>
            {one.held && (
              <p className="note warn">
                <strong>Held:</strong> {(one.holdReason ?? "no reason was given").replace(/\.$/, "")}. Nobody is given it, and nothing deletes it until it is let go
                {one.heldUntil === null ? (
                  ""
                ) : (
                  <>
                    , which happens by itself <When at={one.heldUntil} now={now} also />
                  </>
                )}
                . {admin ? "Delete ends the hold, too, and nobody is given it in between." : "An administrator can delete it as it is."}
              </p>
            )}
            {one.late && (
              <p className="note warn">
                <strong>Late:</strong> it warms for longer than machines of its kind usually do{one.lateSince !== null && <>, since <When at={one.lateSince} now={now} also /></>}. Another is launched on another cloud if that is possible; this one goes on booting.
              </p>
            )}
            <dl className="facts columns card">
              <Fact name="Pool">
                {admin ? <Link to={`/admin/pools/${one.pool}`}>{one.pool}</Link> : one.pool} <span className="soft">(<Link to={`/admin/fleet?pool=${encodeURIComponent(one.pool)}`}>its VMs</Link>, <Link to={`/admin/decisions?pool=${encodeURIComponent(one.pool)}`}>its decisions</Link>)</span>
              </Fact>
              <Fact name="Cloud">
                <Link to={`/admin/clouds/${one.cloud}`}>{one.cloud}</Link>
              </Fact>
              <Fact name="Flavor">
                <code>{one.flavor}</code> {optionWords(one.options) !== "" && <Pill tone="info">{optionWords(one.options)}</Pill>}
              </Fact>
              <Fact name="Image">
                <code>{one.image}</code>
              </Fact>
              <Fact name="Person">{one.user === null ? "nobody" : one.allocationId === null ? one.user : <Link to={`/requests/${one.allocationId}`}>{one.user}</Link>}</Fact>
              <Fact name="Name">
                <code>{one.name}</code>
              </Fact>
              <Fact name="Instance">{one.instanceId === null ? "none yet" : <code>{one.instanceId}</code>}</Fact>
              <Fact name="Address">{one.address === null ? "none yet" : <code>{one.address}</code>}</Fact>
              <Fact name="The cloud says">{sentence(one.instanceStatus)}</Fact>
              <Fact name="Created">
                <When at={one.createdAt} now={now} also />
              </Fact>
              {one.lateSince !== null && !one.late && (
                <Fact name="Was late since">
                  <When at={one.lateSince} now={now} also />
                </Fact>
              )}
              <Fact name="Its guest says" whole>
                {one.guest === null ? (
                  "nothing yet"
                ) : (
                  <>
                    {one.guest.readyAt !== null && (
                      <>
                        ready <When at={one.guest.readyAt} now={now} />
                        {one.guest.image !== null && (
                          <>
                            , made from <code>{one.guest.image}</code>
                          </>
                        )}
                        ;{" "}
                      </>
                    )}
                    {one.guest.reportedAt === null ? (
                      "no report of its use yet"
                    ) : (
                      <>
                        last report <When at={one.guest.reportedAt} now={now} />, {one.guest.lastActiveAt === null ? "nobody has used it" : <>last used <When at={one.guest.lastActiveAt} now={now} /></>}
                      </>
                    )}
                  </>
                )}
              </Fact>
              {one.guest !== null && one.guest.hostKeys.length > 0 && (
                <Fact name="Its SSH keys" whole>
                  {one.guest.hostKeys.map((key) => (
                    <code key={key} className="fingerprint">
                      {key}
                    </code>
                  ))}
                </Fact>
              )}
              {one.launchReason !== null && <Fact name="Why it was launched there" whole>{localTimes(one.launchReason, now)}</Fact>}
              {(one.reason !== null || one.why !== null) && (
                <Fact name={one.state === "DELETED" ? "Why it went" : "Why it goes"} whole>
                  {one.reason !== null && sentence(one.reason)}
                  {one.reason !== null && one.why !== null && ": "}
                  {one.why !== null && localTimes(one.why, now)}
                </Fact>
              )}
            </dl>
            <Console key={one.id} vm={one} />
            <section>
              <h2>What happened</h2>
              <Timeline vm={one} now={now} />
            </section>
          </>
        )}
      </Waiting>
      {missing && (
        <p>
          VMs that have gone are forgotten after a while. <Link to="/admin/fleet">See those that are there</Link>
        </p>
      )}
      {asking === "hold" && data !== undefined && <Hold vm={data} onClose={close} held={vm.reload} />}
      {asking === "let go" && (
        <Confirm
          title="Let go of this VM?"
          verb="Let go"
          kind="primary"
          keep="Cancel"
          onClose={close}
          action={async () => {
            await call("post", "/api/v1/vms/{id}/hold", { path: { id }, body: { held: false } });
            await vm.reload();
          }}
        >
          <p>It goes on as if it had not been held; if it was to be deleted, that happens now.</p>
        </Confirm>
      )}
      {asking === "delete" && data !== undefined && (
        <Confirm
          title={data.held ? "Delete this VM though it is held?" : "Delete this VM?"}
          verb={data.held ? "Delete it though it is held" : "Delete it"}
          keep="Keep it"
          onClose={close}
          action={async () => {
            await call("delete", "/api/v1/vms/{id}", { path: { id }, query: { held: data.held } });
            await vm.reload();
          }}
        >
          {data.held && (
            <p>
              <strong>Somebody holds it:</strong> {data.holdReason ?? "no reason was given"}. What they wanted to see on it is lost.
            </p>
          )}
          {data.state === "ALLOCATED" ? (
            <p>
              <strong>{data.user ?? "Somebody"} has it.</strong> All that is only on its disk is lost to them, and their claim ends. It cannot be brought back.
            </p>
          ) : (
            <p>Nobody has it. The pool starts another in its place if it needs one.</p>
          )}
        </Confirm>
      )}
    </Page>
  );
}

function Hold({ vm, onClose, held }: { vm: Vm; onClose: () => void; held: () => Promise<void> }) {
  const [reason, setReason] = useState(vm.holdReason ?? "");
  const [until, setUntil] = useState(vm.heldUntil === null ? "" : localInput(new Date(vm.heldUntil)));
  const [error, setError] = useState<unknown>();
  const instant = instantOf(until);
  const past = instant !== null && Date.parse(instant) <= Date.now();
  const inHours = (hours: number) => setUntil(localInput(new Date(Date.now() + hours * 3_600_000)));
  return (
    <Confirm
      title={vm.held ? "Change the hold" : "Hold this VM?"}
      verb="Hold it"
      kind="primary"
      keep="Cancel"
      ready={reason.trim() !== "" && !past}
      onClose={onClose}
      action={async () => {
        try {
          await call("post", "/api/v1/vms/{id}/hold", { path: { id: vm.id }, body: { held: true, reason: reason.trim(), ...(instant === null ? {} : { until: instant }) } });
        } catch (failure) {
          setError(failure);
          throw failure;
        }
        await held();
      }}
    >
      <p>Nothing deletes it and nobody is given it until it is let go. It still counts for the pool’s maximum.</p>
      <Field label="Why" error={fieldError(error, "reason")}>
        {(ids) => <input {...ids} autoFocus required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <Field label="Until" hint="Then it is let go by itself. Empty: until somebody lets it go" error={past ? "must be to come" : fieldError(error, "until")}>
        {(ids) => <input {...ids} type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />}
      </Field>
      <div className="actions">
        <Button kind="quiet" onClick={() => inHours(2)}>
          2 hours
        </Button>
        <Button kind="quiet" onClick={() => inHours(24)}>
          1 day
        </Button>
        <Button kind="quiet" onClick={() => inHours(7 * 24)}>
          1 week
        </Button>
        <Button kind="quiet" onClick={() => setUntil("")}>
          No end
        </Button>
      </div>
    </Confirm>
  );
}

/** The last lines that the cloud has of the VM's console, asked for when somebody wants them. */
function Console({ vm }: { vm: Vm }) {
  const now = useNow(30_000);
  const [shown, setShown] = useState<{ text: string; at: string } | null>(null);
  const { run, busy, error } = useAction();
  const none = error instanceof ApiProblem && error.status === 404;
  return (
    <section>
      <div className="line">
        <h2>Console</h2>
        <Button busy={busy} disabled={vm.instanceId === null} onClick={() => void run(async () => setShown({ text: await readText("/api/v1/vms/{id}/console", { id: vm.id }), at: new Date().toISOString() }))}>
          {shown === null ? "Fetch its last lines" : "Fetch them again"}
        </Button>
        {vm.instanceId === null ? <span className="soft">It has no instance.</span> : shown !== null && <span className="soft small">as of <When at={shown.at} now={now} also /></span>}
      </div>
      {none ? <p className="note">Its cloud has no console of it.</p> : <ProblemNote error={error} />}
      {shown !== null && (shown.text.trim() === "" ? <p className="soft">It has said nothing.</p> : <pre className="console" tabIndex={0} aria-label="Console output">{shown.text}</pre>)}
    </section>
  );
}

function Timeline({ vm, now }: { vm: VmWithTimeline; now: Date }) {
  return (
    <ol className="timeline">
      {vm.timeline.map((entry, i) => (
        <li key={i}>
          <time dateTime={entry.at} title={inFull(new Date(entry.at))}>
            <span className="soft small">{dayWords(new Date(entry.at))}</span> {clockSeconds(new Date(entry.at))}
          </time>
          <div>
            <strong>{entryWords(entry)}</strong>{" "}
            <span className="soft small">
              by {entry.actor}
              {i > 0 && `, after ${span((Date.parse(entry.at) - Date.parse(vm.timeline[i - 1]?.at ?? entry.at)) / 1000)}`}
            </span>
            {entry.detail !== null && entry.detail !== "" && <p>{localTimes(entry.detail, now)}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function entryWords({ from, to, reason }: TimelineEntry): string {
  const why = reason === null ? "" : sentence(reason);
  if (from === to) return why === "" ? "Noted" : why;
  const state = said(VM_STATES, to).word;
  return why === "" ? state : `${state}: ${why.toLowerCase()}`;
}
