import { useEffect, useState, type ReactNode } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { ApiProblem, call, etagOf } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { MaintenanceKind, MaintenancePoolPreview, MaintenanceWindow, MaintenanceWindowPreview } from "../../api/schema.d.ts";
import { Button, Field, fieldError, Page, Pill, ProblemNote, useAction, Waiting, When } from "../../ui/parts.tsx";
import { localTimes } from "../../words/time.ts";
import { betweenWords, instantOf, leadWords, localInput, sessionWords, timesWrong, toCome, verdict, WINDOW_KINDS } from "../../words/windows.ts";
import { useClouds } from "./Cloud.tsx";
import { EndWindow } from "./Windows.tsx";

const QUIET_MS = 500;
const FEW = 12;

export function NewWindowPage() {
  const [search] = useSearchParams();
  return (
    <Page title="Plan maintenance" lead="A cloud’s downtime, entered ahead. What it would do is shown below before anything is saved.">
      <WindowForm cloud={search.get("cloud") ?? ""} />
    </Page>
  );
}

export function EditWindowPage() {
  const { cloud = "", id = "" } = useParams();
  const now = useNow(15_000);
  const navigate = useNavigate();
  const [ending, setEnding] = useState(false);
  const one = useData(
    `window-${id}`,
    async () => (await call("get", "/api/v1/clouds/{name}/maintenance-windows/{id}", { path: { name: cloud, id } })).data,
    (event) => event.type === "cloud" && event.cloud === cloud,
  );
  return (
    <Page
      title={`Maintenance of ${cloud}`}
      lead={one.data === undefined ? undefined : betweenWords(one.data.from, one.data.to, now)}
      actions={
        one.data !== undefined &&
        toCome(one.data) && (
          <Button kind="danger" onClick={() => setEnding(true)}>
            {one.data.state === "ACTIVE" ? "End it now" : "Cancel the window"}
          </Button>
        )
      }
    >
      <Waiting of={one}>{(window) => (toCome(window) ? <WindowForm cloud={cloud} window={window} put={one.put} /> : <p className="note">It is {window.state === "CANCELLED" ? "cancelled" : "over"} and stays as it was. <Link to={`/admin/maintenance/new?cloud=${encodeURIComponent(cloud)}`}>Plan another</Link></p>)}</Waiting>
      {ending && one.data !== undefined && (
        <EndWindow
          window={one.data}
          now={now}
          changed={() => {
            void one.reload();
            void navigate("/admin/maintenance");
          }}
          onClose={() => setEnding(false)}
        />
      )}
    </Page>
  );
}

function WindowForm({ cloud, window: before, put }: { cloud: string; window?: MaintenanceWindow; put?: (window: MaintenanceWindow) => void }) {
  const now = useNow(15_000);
  const navigate = useNavigate();
  const clouds = useClouds();
  const [first] = useState(() => suggested(new Date()));
  const [on, setOn] = useState(cloud);
  const [from, setFrom] = useState(localInput(before === undefined ? first.from : new Date(before.from)));
  const [to, setTo] = useState(localInput(before === undefined ? first.to : new Date(before.to)));
  const [kind, setKind] = useState<MaintenanceKind>(before?.kind ?? "UNAVAILABLE");
  const [note, setNote] = useState(before?.note ?? "");
  const [version, setVersion] = useState(before?.version ?? 0);
  const [overtaken, setOvertaken] = useState<MaintenanceWindow | null>(null);
  const { run, busy, error, clear } = useAction();

  const names = (clouds.data ?? []).map(({ name }) => name);
  const chosen = on !== "" ? on : (names[0] ?? "");
  // what was not touched stays to the second
  const kept = (input: string, instant: string | undefined) => (instant !== undefined && input === localInput(new Date(instant)) ? instant : instantOf(input));
  const start = kept(from, before?.from);
  const end = kept(to, before?.to);
  const begun = before !== undefined && Date.parse(before.from) <= now.getTime();
  const wrong = timesWrong(start, end, now);
  const said = (field: string) => {
    const message = fieldError(error, field);
    return message === undefined ? undefined : localTimes(message, now);
  };
  const fields = ["from", "to", "kind", "note"].some((field) => said(field) !== undefined);
  const over = error instanceof ApiProblem && error.is("already-ended");
  const edit = (change: () => void) => {
    clear();
    change();
  };

  const wanted = chosen === "" || start === null || end === null || wrong !== null ? null : JSON.stringify({ cloud: chosen, from: start, to: end, kind, ...(before === undefined ? {} : { except: before.id }) });
  const asked = useSettled(wanted);
  const preview = useData(
    asked === null ? null : `window-preview-${asked}`,
    async () => {
      const { cloud: name, ...body } = JSON.parse(asked ?? "{}") as { cloud: string; from: string; to: string; kind: MaintenanceKind; except?: string };
      return (await call("post", "/api/v1/clouds/{name}/maintenance-windows/preview", { path: { name }, body })).data;
    },
    () => false,
  );
  const seen = asked === wanted && (preview.data !== undefined || preview.error !== undefined);

  const save = () =>
    run(async () => {
      if (start === null || end === null) return;
      if (before === undefined) {
        await call("post", "/api/v1/clouds/{name}/maintenance-windows", { path: { name: chosen }, body: { from: start, to: end, kind, note: note.trim() } });
      } else {
        const body = { ...(start === before.from ? {} : { from: start }), ...(end === before.to ? {} : { to: end }), ...(kind === before.kind ? {} : { kind }), ...(note.trim() === before.note ? {} : { note: note.trim() }) };
        const path = { name: before.cloud, id: before.id };
        try {
          put?.((await call("patch", "/api/v1/clouds/{name}/maintenance-windows/{id}", { path, body, ifMatch: etagOf(version) })).data);
        } catch (failure) {
          if (!(failure instanceof ApiProblem && failure.status === 412)) throw failure;
          const { data } = await call("get", "/api/v1/clouds/{name}/maintenance-windows/{id}", { path });
          setOvertaken(data);
          setVersion(data.version);
          return;
        }
      }
      await navigate("/admin/maintenance");
    });

  return (
    <>
      <form
        className="card"
        aria-label="The window"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {before === undefined && (
          <Field label="Cloud">
            {(ids) => (
              <select {...ids} required value={chosen} onChange={(event) => edit(() => setOn(event.target.value))}>
                {!names.includes(chosen) && <option>{chosen}</option>}
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <div className="pair two">
          <Field label="From" hint={begun ? "It has begun, so its start stays" : `Your time, ${zoneWords()}`} error={said("from")}>
            {(ids) => <input {...ids} type="datetime-local" required disabled={begun} value={from} onChange={(event) => edit(() => setFrom(event.target.value))} />}
          </Field>
          <Field label="To" hint={start !== null && end !== null && wrong === null ? betweenWords(start, end, now) : undefined} error={said("to") ?? wrong ?? undefined}>
            {(ids) => <input {...ids} type="datetime-local" required value={to} onChange={(event) => edit(() => setTo(event.target.value))} />}
          </Field>
        </div>
        <fieldset className="choices" disabled={begun && before.kind === "UNAVAILABLE"}>
          <legend>
            <b>What it does</b>
          </legend>
          {(Object.keys(WINDOW_KINDS) as MaintenanceKind[]).map((one) => (
            <label key={one}>
              <input type="radio" name="kind" checked={kind === one} onChange={() => edit(() => setKind(one))} />
              <span>
                <b>{WINDOW_KINDS[one].word}.</b> <span className="soft">{WINDOW_KINDS[one].what}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {said("kind") !== undefined && <p className="hint wrong">{said("kind")}</p>}
        <Field label="Note" hint="What is done, in words that people are shown" error={said("note")}>
          {(ids) => <input {...ids} maxLength={500} value={note} onChange={(event) => edit(() => setNote(event.target.value))} />}
        </Field>
        {overtaken !== null && (
          <p className="note warn" role="alert">
            <strong>Somebody changed it meanwhile.</strong> It is now {betweenWords(overtaken.from, overtaken.to, now)}, {WINDOW_KINDS[overtaken.kind].word.toLowerCase()}
            {overtaken.note !== "" && `, “${overtaken.note}”`}. Yours is still in the form and has not been saved.
          </p>
        )}
        {over && (
          <p className="note bad" role="alert">
            <strong>It is over or cancelled meanwhile, so nothing was saved.</strong> <Link to={`/admin/maintenance/new?cloud=${encodeURIComponent(chosen)}`}>Plan another</Link>
          </p>
        )}
        {!fields && !over && <ProblemNote error={error} />}
        <div className="actions">
          <Button kind="primary" type="submit" busy={busy} disabled={!seen}>
            {overtaken === null ? "Save" : "Save mine anyway"}
          </Button>
          <Link className="button plain" to="/admin/maintenance">
            Leave it
          </Link>
          {!seen && wanted !== null && <p className="soft beside">What it would do is being worked out…</p>}
        </div>
      </form>
      <section aria-label="Preview">
        <h2>What it would do</h2>
        {asked === null ? <p className="soft">Choose a cloud, a start and an end.</p> : <Waiting of={preview}>{(data) => <Preview preview={data} kind={kind} now={now} />}</Waiting>}
      </section>
    </>
  );
}

function Preview({ preview, kind, now }: { preview: MaintenanceWindowPreview; kind: MaintenanceKind; now: Date }) {
  const { text, tone } = verdict(preview);
  return (
    <>
      <p className={tone === "good" ? "note" : "note bad"} role="status">
        <strong>{text}</strong>
      </p>
      <p>
        {localTimes(preview.summary, now)} {kind === "UNAVAILABLE" && <span className="soft">{leadWords(preview, now)}</span>}
      </p>
      {preview.pools.length === 0 ? <p className="soft">No pool uses this cloud.</p> : <Pools pools={preview.pools} now={now} />}
      <h3>Machines that people have there</h3>
      {preview.sessions.length === 0 ? (
        <p className="soft">{sessionWords(preview.sessions)}</p>
      ) : (
        <>
          <p>{sessionWords(preview.sessions)}</p>
          <p className="soft">Nothing takes these away. {kind !== "NO_NEW" && "Their owners are told when you save this, or later if it is more than two weeks ahead."}</p>
          <ul className="rows">
            {preview.sessions.map((one) => (
              <li key={one.allocationId}>
                <Link to={`/admin/vms/${one.vm}`}>{one.user}</Link>
                <span>{one.vmType}</span>
                <span className="soft">
                  until <When at={one.expiresAt} now={now} />
                  {one.endsWithin ? ", within the window" : ", after the window"}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Pools({ pools, now }: { pools: readonly MaintenancePoolPreview[]; now: Date }) {
  const [all, setAll] = useState(false);
  const sorted = pools.toSorted((a, b) => b.missing - a.missing || b.readyThere + b.warmingThere - (a.readyThere + a.warmingThere));
  return (
    <>
      <table className="stack">
        <caption className="unseen">Pools, what they lose and what is launched instead</caption>
        <thead>
          <tr>
            <th scope="col">Pool</th>
            <th scope="col" className="num">
              Ready there
            </th>
            <th scope="col" className="num">
              Preparing
            </th>
            <th scope="col" className="num">
              In use
            </th>
            <th scope="col" className="num">
              Target
            </th>
            <th scope="col">Launched elsewhere</th>
            <th scope="col" className="num">
              Missing
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, all ? sorted.length : FEW).map((one) => (
            <tr key={one.pool}>
              <th scope="row">
                <Link to={`/admin/pools/${one.pool}`}>{one.pool}</Link>
              </th>
              <Count label="Ready there">{one.readyThere}</Count>
              <Count label="Preparing">{one.warmingThere}</Count>
              <Count label="In use">{one.allocatedThere}</Count>
              <Count label="Target">{one.target}</Count>
              <td data-label="Elsewhere" className="full">
                {one.raised.length === 0 ? "none" : one.raised.map(({ cloud, by }) => `${by} on ${cloud}`).join(", ")}
              </td>
              <td data-label="Missing" className="num">
                {one.missing > 0 ? <Pill tone="bad">{one.missing}</Pill> : 0}
              </td>
              <td data-label="Why" className="full small">
                {localTimes(one.why, now)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!all && sorted.length > FEW && <Button onClick={() => setAll(true)}>Show all {sorted.length} pools</Button>}
    </>
  );
}

function Count({ label, children }: { label: string; children: ReactNode }) {
  return (
    <td data-label={label} className="num">
      {children}
    </td>
  );
}

/** The value once it has not changed for a moment; null at once. */
function useSettled(value: string | null): string | null {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), QUIET_MS);
    return () => window.clearTimeout(timer);
  }, [value]);
  return value === null ? null : settled;
}

/** The coming full hour after the next, for two hours. */
function suggested(now: Date): { from: Date; to: Date } {
  const from = new Date(now);
  from.setHours(from.getHours() + 2, 0, 0, 0);
  return { from, to: new Date(from.getTime() + 2 * 3_600_000) };
}

function zoneWords(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
}
