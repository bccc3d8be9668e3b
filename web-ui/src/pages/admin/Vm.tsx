import { useState } from "react";
import { Link, useParams } from "react-router";
import { call } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { TimelineEntry, VmWithTimeline } from "../../api/schema.d.ts";
import { may, useMe } from "../../session.tsx";
import { Button, Confirm, Field, Page, Waiting, When } from "../../ui/parts.tsx";
import { said, sentence, VM_STATES } from "../../words/states.ts";
import { clockSeconds, dayWords, inFull, localTimes, span } from "../../words/time.ts";
import { VmPills } from "./Fleet.tsx";
import { Fact } from "./Pool.tsx";

export function VmPage() {
  const { id = "" } = useParams();
  const me = useMe();
  const now = useNow(15_000);
  const [asking, setAsking] = useState<"hold" | "let go" | "delete" | null>(null);
  const [reason, setReason] = useState("");
  const vm = useData(
    `vm-${id}`,
    async () => (await call("get", "/api/v1/vms/{id}", { path: { id } })).data,
    (event) => event.vmId === id,
  );
  const close = () => setAsking(null);
  const data = vm.data;
  const admin = may(me, "ADMIN");
  const going = data?.state === "DELETING" || data?.state === "DELETED";
  return (
    <Page
      title={`VM ${id.slice(0, 8)}…${id.slice(-4)}`}
      lead={data === undefined ? undefined : <VmPills vm={data} />}
      actions={
        data !== undefined &&
        data.state !== "DELETED" && (
          <>
            <Button onClick={() => setAsking(data.held ? "let go" : "hold")}>{data.held ? "Let go of it" : "Hold"}</Button>
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
                <strong>Held:</strong> {(one.holdReason ?? "no reason was given").replace(/\.$/, "")}. Nobody is given it, and nothing deletes it until it is let go. {admin ? "Delete ends the hold, too, and nobody is given it in between." : "An administrator can delete it as it is."}
              </p>
            )}
            <dl className="facts columns card">
              <Fact name="Pool">{admin ? <Link to={`/admin/pools/${one.pool}`}>{one.pool}</Link> : one.pool}</Fact>
              <Fact name="Cloud">{one.cloud}</Fact>
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
              {one.reason !== null && <Fact name="Reason">{sentence(one.reason)}</Fact>}
            </dl>
            <section>
              <h2>What happened</h2>
              <Timeline vm={one} now={now} />
            </section>
          </>
        )}
      </Waiting>
      {asking === "hold" && (
        <Confirm
          title="Hold this VM?"
          verb="Hold it"
          kind="primary"
          keep="Cancel"
          ready={reason.trim() !== ""}
          onClose={close}
          action={async () => {
            await call("post", "/api/v1/vms/{id}/hold", { path: { id }, body: { held: true, reason: reason.trim() } });
            await vm.reload();
          }}
        >
          <p>Nothing deletes it and nobody is given it until it is let go. It still counts for the pool’s maximum.</p>
          <Field label="Why">{(ids) => <input {...ids} autoFocus required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        </Confirm>
      )}
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
