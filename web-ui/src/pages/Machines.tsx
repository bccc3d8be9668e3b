import { Link } from "react-router";
import { call } from "../api/client.ts";
import { useData, useNow } from "../api/data.ts";
import type { Allocation } from "../api/schema.d.ts";
import { useMe } from "../session.tsx";
import { MachineCard } from "../ui/MachineCard.tsx";
import { Button, Page, ProblemNote, Waiting, When } from "../ui/parts.tsx";
import { startWords } from "../words/availability.ts";
import { endWords } from "../words/states.ts";
import { useMine, useStart, useVmTypes } from "./Catalogue.tsx";

export function MachinesPage() {
  const me = useMe();
  const now = useNow(30_000);
  const mine = useMine();
  const types = useVmTypes();
  const ended = useData(
    `ended-${me.name}`,
    async () => (await call("get", "/api/v1/allocations", { query: { state: ["ENDED"], user: me.name, limit: 100 } })).data.items.toSorted(byEnd).slice(0, 10),
    (event) => event.type === "allocation",
  );
  const titleOf = (name: string) => types.data?.find((type) => type.name === name)?.title ?? name;
  const changed = () => void Promise.all([mine.reload(), ended.reload()]);

  return (
    <Page
      title="My machines"
      actions={
        <Link className="button plain" to="/">
          Start a machine
        </Link>
      }
    >
      <Waiting of={mine}>
        {(all) =>
          all.length === 0 ? (
            <Empty />
          ) : (
            <div className="grid wide">
              {all.toSorted(byUrgency).map((allocation) => (
                <MachineCard key={allocation.id} allocation={allocation} title={titleOf(allocation.vmType)} changed={changed} />
              ))}
            </div>
          )
        }
      </Waiting>
      {ended.data !== undefined && ended.data.length > 0 && (
        <section>
          <h2>Before</h2>
          <ul className="rows">
            {ended.data.map((one) => (
              <li key={one.id}>
                <Link to={`/requests/${one.id}`}>{one.name ?? titleOf(one.vmType)}</Link>
                <span>{endWords(one.endReason)}</span>
                <span className="soft">{one.endedAt !== null && <When at={one.endedAt} now={now} />}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

/** What is about to be taken back, then what is waited for, then the newest. */
function byUrgency(a: Allocation, b: Allocation): number {
  const rank = (one: Allocation) => (one.reclaim !== null ? 0 : one.state === "QUEUED" ? 1 : 2);
  return rank(a) - rank(b) || b.requestedAt.localeCompare(a.requestedAt);
}

/** What ended last comes first, whenever it began. */
function byEnd(a: Allocation, b: Allocation): number {
  return (b.endedAt ?? "").localeCompare(a.endedAt ?? "");
}

function Empty() {
  const me = useMe();
  const types = useVmTypes();
  const { start, busy, error } = useStart();
  const open = (types.data ?? []).filter((type) => startWords(type.availability) !== null);
  const own = open.filter((type) => type.groups.some((group) => me.groups.includes(group)));
  const three = (own.length > 0 ? own : open).slice(0, 3);
  return (
    <div className="empty">
      <h2>You have no machine at the moment</h2>
      <p>A machine has your tools on it and opens in your browser. Start one, and it stays here until you release it or its time is up.</p>
      <ProblemNote error={error} />
      <div className="actions">
        {three.map((type) => (
          <Button key={type.name} busy={busy} onClick={() => void start(type.name)}>
            {type.availability.state === "READY_NOW" ? `Start ${type.title}` : `Wait for ${type.title}`}
          </Button>
        ))}
      </div>
    </div>
  );
}
