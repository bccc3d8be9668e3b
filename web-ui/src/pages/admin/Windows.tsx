import { useEffect, useState } from "react";
import { Link } from "react-router";
import { allPages, ApiProblem, call, etagOf } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { MaintenanceWindow } from "../../api/schema.d.ts";
import { may, useMe } from "../../session.tsx";
import { Button, Confirm, CopyText, Page, Pill, Waiting } from "../../ui/parts.tsx";
import { said, sentence } from "../../words/states.ts";
import { inFull, moment } from "../../words/time.ts";
import { betweenWords, toCome, WINDOW_KINDS, WINDOW_STATES } from "../../words/windows.ts";

const LOOK_BACK_MS = 90 * 86_400_000;

export function WindowsPage() {
  const admin = may(useMe(), "ADMIN");
  const windows = useData(
    "windows",
    () => {
      const from = new Date(Date.now() - LOOK_BACK_MS).toISOString();
      return allPages((cursor) => call("get", "/api/v1/maintenance-windows", { query: { from, limit: 500, ...(cursor === undefined ? {} : { cursor }) } }));
    },
    (event) => event.type === "cloud",
  );
  const changed = () => void windows.reload();
  useTurns(windows.data, changed);
  return (
    <Page
      title="Maintenance"
      lead="Planned downtime of clouds. Replacements are launched ahead of it, and nobody’s machine is taken away for it."
      actions={
        admin && (
          <Link className="button primary" to="/admin/maintenance/new">
            Plan maintenance
          </Link>
        )
      }
    >
      <Waiting of={windows}>
        {(all) => {
          const coming = all.filter(toCome);
          const past = all.filter((one) => !toCome(one)).toReversed();
          return (
            <>
              <section>
                <h2>On now and to come</h2>
                {coming.length === 0 ? (
                  <div className="empty">
                    <h3>Nothing is planned</h3>
                    <p>Enter a cloud’s downtime as soon as you hear of it. What it would do is shown before anything is saved.</p>
                  </div>
                ) : (
                  <WindowTable windows={coming} changed={changed} />
                )}
              </section>
              {past.length > 0 && (
                <section>
                  <h2>Over and cancelled, of the last 90 days</h2>
                  <WindowTable windows={past} changed={changed} />
                </section>
              )}
            </>
          );
        }}
      </Waiting>
      <section>
        <h2>In your own calendar</h2>
        <p className="soft">Subscribe to this address with your name and password; changes and cancellations follow.</p>
        <CopyText text={`${window.location.origin}/api/v1/maintenance-windows.ics`} what="address of the calendar" />
      </section>
    </Page>
  );
}

/** Reads again when the next window begins its preparation, begins or ends: no event need say so. */
export function useTurns(windows: readonly MaintenanceWindow[] | undefined, turned: () => void): void {
  const now = Date.now();
  const next = Math.min(...(windows ?? []).filter(toCome).flatMap(({ preparationBegins, from, to }) => [preparationBegins, from, to].map((at) => Date.parse(at))).filter((at) => at > now));
  useEffect(() => {
    if (!Number.isFinite(next)) return;
    const timer = window.setTimeout(turned, Math.min(next - Date.now() + 1000, 86_400_000));
    return () => window.clearTimeout(timer);
  }, [next]);
}

export function WindowTable({ windows, changed, withCloud = true }: { windows: readonly MaintenanceWindow[]; changed: () => void; withCloud?: boolean }) {
  const now = useNow(15_000);
  const admin = may(useMe(), "ADMIN");
  const [ending, setEnding] = useState<string | null>(null);
  const asked = windows.find(({ id }) => id === ending);
  return (
    <>
      <table className="stack">
        <caption className="unseen">Maintenance windows</caption>
        <thead>
          <tr>
            {withCloud && <th scope="col">Cloud</th>}
            <th scope="col">When</th>
            <th scope="col">State</th>
            <th scope="col">Kind</th>
            <th scope="col">Note</th>
            {admin && (
              <th scope="col">
                <span className="unseen">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {windows.map((one) => {
            const state = said(WINDOW_STATES, one.state);
            const title = `${one.cloud}, ${betweenWords(one.from, one.to, now)}`;
            return (
              <tr key={one.id}>
                {withCloud && (
                  <th scope="row">
                    <Link to={`/admin/clouds/${one.cloud}`}>{one.cloud}</Link>
                  </th>
                )}
                <td data-label={withCloud ? "When" : undefined} className="full" title={`${inFull(new Date(one.from))} – ${inFull(new Date(one.to))}`}>
                  {betweenWords(one.from, one.to, now)}
                </td>
                <td className="full">
                  <Pill tone={state.tone}>{state.word}</Pill> {one.state === "PLANNED" && Date.parse(one.preparationBegins) < Date.parse(one.from) && <span className="soft small">prepared from {moment(new Date(one.preparationBegins), now)}</span>}
                </td>
                <td data-label="Kind" className="full">
                  {(WINDOW_KINDS as Record<string, { word: string } | undefined>)[one.kind]?.word ?? sentence(one.kind)}
                </td>
                <td data-label="Note" className={one.note === "" ? "full none" : "full"}>
                  {one.note} <span className="soft small">by {one.createdBy}</span>
                </td>
                {admin && (
                  <td className={toCome(one) ? "full" : "full none"}>
                    {toCome(one) && (
                      <span className="actions">
                        <Link className="button quiet" aria-label={`Edit the window of ${title}`} to={`/admin/maintenance/${one.cloud}/${one.id}`}>
                          Edit
                        </Link>
                        <Button kind="quiet" aria-label={`${one.state === "ACTIVE" ? "End" : "Cancel"} the window of ${title}`} onClick={() => setEnding(one.id)}>
                          {one.state === "ACTIVE" ? "End now" : "Cancel"}
                        </Button>
                      </span>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {asked !== undefined && <EndWindow window={asked} now={now} changed={changed} onClose={() => setEnding(null)} />}
    </>
  );
}

/** Asks before a window is cancelled or ended. */
export function EndWindow({ window: one, now, changed, onClose }: { window: MaintenanceWindow; now: Date; changed: () => void; onClose: () => void }) {
  const active = one.state === "ACTIVE";
  return (
    <Confirm
      title={active ? `End the maintenance of ${one.cloud} now?` : `Cancel the maintenance of ${one.cloud}?`}
      verb={active ? "End it now" : "Cancel the window"}
      keep="Keep it"
      onClose={onClose}
      action={async () => {
        try {
          await call("delete", "/api/v1/clouds/{name}/maintenance-windows/{id}", { path: { name: one.cloud, id: one.id }, ifMatch: etagOf(one.version) });
        } catch (failure) {
          // as somebody else left it: the list shows it, and the next press is about that
          if (failure instanceof ApiProblem && (failure.status === 412 || failure.status === 409)) changed();
          throw failure;
        }
        changed();
      }}
    >
      <p>
        {betweenWords(one.from, one.to, now)}
        {one.note !== "" && `: ${one.note}`}
      </p>
      <p>
        {active
          ? one.kind === "UNAVAILABLE"
            ? "The cloud takes launches again once one VM, its canary, has become ready there. Then its share comes back little by little."
            : "The cloud is used as ever again."
          : one.state === "PREPARING"
            ? "Replacements that were launched elsewhere are retired gently as surplus. Owners who were told are told that it does not take place."
            : "Nothing has been done for it yet. It stays in the list as cancelled."}
      </p>
    </Confirm>
  );
}
