import { useState } from "react";
import { useSearchParams } from "react-router";
import { allPages, ApiProblem, call, etagOf } from "../../api/client.ts";
import { useData, useNow } from "../../api/data.ts";
import type { Pool, Schedule } from "../../api/schema.d.ts";
import { Button, Confirm, Field, fieldError, Page, Pill, Waiting } from "../../ui/parts.tsx";
import { StepChart } from "../../ui/StepChart.tsx";
import { cronOf, cronWords, DAY_WORDS, DAYS, weeklyOf, type Day } from "../../words/cron.ts";
import { clock, dayWords, durationWords, isoOf, localTimes, moment, secondsOf } from "../../words/time.ts";
import { usePools } from "./Pools.tsx";

type Asking = { readonly what: "create" } | { readonly what: "edit" | "delete"; readonly schedule: Schedule };

export function SchedulesPage() {
  const now = useNow(30_000);
  const [search, setSearch] = useSearchParams();
  const [asking, setAsking] = useState<Asking | null>(null);
  const schedules = useData(
    "schedules",
    () => allPages((cursor) => call("get", "/api/v1/schedules", { query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) } })),
    (event) => event.type === "schedule",
  );
  const pools = usePools();
  const names = (pools.data ?? []).map((pool) => pool.name);
  const chosen = search.get("pool") ?? schedules.data?.[0]?.pool ?? names[0];
  const preview = useData(
    chosen === undefined ? null : `preview-${chosen}`,
    async () => (await call("get", "/api/v1/schedules/preview", { query: { pool: chosen ?? "" } })).data.items[0] ?? null,
    (event) => event.type === "schedule" || event.type === "pool",
  );
  const changed = () => void Promise.all([schedules.reload(), preview.reload()]);

  return (
    <Page
      title="Schedules"
      lead="A schedule raises a pool ahead of the people: its machines are ready by the start. Of several at once the largest counts."
      actions={
        <Button kind="primary" onClick={() => setAsking({ what: "create" })}>
          New schedule
        </Button>
      }
    >
      <Waiting of={schedules}>
        {(all) =>
          all.length === 0 ? (
            <div className="empty">
              <h2>There is no schedule yet</h2>
              <p>Each pool keeps its pool size at all times. Make a schedule for mornings of a beam cycle, a course, or a shift change.</p>
            </div>
          ) : (
            <table className="stack">
              <caption className="unseen">Schedules</caption>
              <thead>
                <tr>
                  <th scope="col">Schedule</th>
                  <th scope="col">Pool</th>
                  <th scope="col">When</th>
                  <th scope="col">For</th>
                  <th scope="col" className="num">
                    Target
                  </th>
                  <th scope="col">Next</th>
                  <th scope="col">
                    <span className="unseen">Change</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {all.map((one) => (
                  <tr key={one.name}>
                    <th scope="row">
                      {one.name}
                      {one.notes.map((note) => (
                        <p key={note} className="caution small">
                          {localTimes(note, new Date())}
                        </p>
                      ))}
                    </th>
                    <td data-label="Pool" className="full">
                      {one.pool}
                    </td>
                    <td data-label="When" className="full">
                      {cronWords(one.cron)} <span className="soft small">{one.zone}</span>
                    </td>
                    <td data-label="For">{durationWords(one.duration)}</td>
                    <td data-label="Target" className="num">
                      {one.target}
                    </td>
                    <td data-label="Next" className="full">
                      {one.activeUntil !== null ? <Pill tone="good">Now, until {moment(new Date(one.activeUntil), now)}</Pill> : one.nextStart === null ? "never again" : moment(new Date(one.nextStart), now)}
                    </td>
                    <td className="full">
                      <span className="actions">
                        <Button kind="quiet" aria-label={`Edit ${one.name}`} onClick={() => setAsking({ what: "edit", schedule: one })}>
                          Edit
                        </Button>
                        <Button kind="quiet" aria-label={`Delete ${one.name}`} onClick={() => setAsking({ what: "delete", schedule: one })}>
                          Delete
                        </Button>
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Waiting>
      <section>
        <div className="line">
          <h2>The coming week</h2>
          <label className="inline">
            of pool{" "}
            <select value={chosen ?? ""} onChange={(event) => setSearch({ pool: event.target.value }, { replace: true })}>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
        <Waiting of={preview}>
          {(week) =>
            week === null || week.points.length === 0 ? (
              <p className="soft">Nothing is known about this pool’s coming week.</p>
            ) : (
              <>
                <StepChart points={week.points} now={now} label={`Target of ${week.pool} over the coming week`} />
                <details>
                  <summary>The same as a table</summary>
                  <table className="stack">
                    <thead>
                      <tr>
                        <th scope="col">From</th>
                        <th scope="col">To</th>
                        <th scope="col" className="num">
                          Target
                        </th>
                        <th scope="col">Why</th>
                      </tr>
                    </thead>
                    <tbody>
                      {week.points.map((point) => (
                        <tr key={point.from}>
                          <td data-label="From" className="full">
                            {stamp(point.from)}
                          </td>
                          <td data-label="To" className="full">
                            {stamp(point.to)}
                          </td>
                          <td data-label="Target" className="num">
                            {point.target}
                          </td>
                          <td data-label="Why" className="full">
                            {localTimes(point.reason, new Date())}
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </details>
                <h3>Next occurrences</h3>
                {week.occurrences.length === 0 ? (
                  <p className="soft">None in the coming week; the pool size counts.</p>
                ) : (
                  <ul className="rows">
                    {week.occurrences.slice(0, 12).map((one) => (
                      <li key={`${one.schedule} ${one.start}`}>
                        <span>
                          {stamp(one.start)} – {moment(new Date(one.end), new Date(one.start))}
                        </span>
                        <span>{one.schedule}</span>
                        <span>
                          target <b>{one.target}</b>
                        </span>
                      </li>
                    ))}
                  </ul>
                )}
              </>
            )
          }
        </Waiting>
      </section>
      {asking?.what === "delete" && (
        <Confirm
          title={`Delete ${asking.schedule.name}?`}
          verb="Delete it"
          keep="Keep it"
          onClose={() => setAsking(null)}
          action={async () => {
            await call("delete", "/api/v1/schedules/{name}", { path: { name: asking.schedule.name }, ifMatch: etagOf(asking.schedule.version) });
            changed();
          }}
        >
          <p>
            {asking.schedule.pool} goes back to its pool size. Machines that people have stay; spare ones are retired gently.
          </p>
        </Confirm>
      )}
      {(asking?.what === "create" || asking?.what === "edit") && (
        <ScheduleForm key={asking.what === "edit" ? asking.schedule.name : ""} {...(asking.what === "edit" ? { schedule: asking.schedule } : {})} pools={pools.data ?? []} {...(chosen === undefined ? {} : { pool: chosen })} onClose={() => setAsking(null)} changed={changed} />
      )}
    </Page>
  );
}

function stamp(at: string): string {
  const date = new Date(at);
  return `${dayWords(date)} ${clock(date)}`;
}

function ScheduleForm({ schedule, pools, pool, onClose, changed }: { schedule?: Schedule; pools: readonly Pool[]; pool?: string; onClose: () => void; changed: () => void }) {
  const [name, setName] = useState(schedule?.name ?? "");
  const [inPool, setInPool] = useState(schedule?.pool ?? pool ?? pools[0]?.name ?? "");
  const [cron, setCron] = useState(schedule?.cron ?? "0 0 8 * * MON-FRI");
  const [zone, setZone] = useState(schedule?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const length = secondsOf(schedule?.duration ?? "PT3H");
  const [hours, setHours] = useState(String(Math.floor(length / 3600)));
  const [minutes, setMinutes] = useState(String(Math.floor((length % 3600) / 60)));
  const [target, setTarget] = useState(String(schedule?.target ?? 10));
  const [version, setVersion] = useState(schedule?.version ?? 0);
  const [overtaken, setOvertaken] = useState<Schedule | null>(null);
  const [error, setError] = useState<unknown>();
  const weekly = weeklyOf(cron);
  const most = pools.find((one) => one.name === inPool)?.maxSize;
  const capped = most !== undefined && Number(target) > most;
  const toggle = (day: Day) => weekly !== null && setCron(cronOf({ ...weekly, days: weekly.days.includes(day) ? weekly.days.filter((one) => one !== day) : [...weekly.days, day] }));

  const save = async () => {
    const body = { pool: inPool, cron: cron.trim(), zone, duration: isoOf(Number(hours) * 3600 + Number(minutes) * 60), target: Number(target) };
    try {
      if (schedule === undefined) await call("post", "/api/v1/schedules", { body: { name, ...body } });
      else await call("patch", "/api/v1/schedules/{name}", { path: { name: schedule.name }, body, ifMatch: etagOf(version) });
    } catch (failure) {
      setError(failure);
      if (schedule !== undefined && failure instanceof ApiProblem && failure.status === 412) {
        const { data } = await call("get", "/api/v1/schedules/{name}", { path: { name: schedule.name } });
        setOvertaken(data);
        setVersion(data.version);
      }
      throw failure;
    }
    changed();
  };

  return (
    <Confirm title={schedule === undefined ? "New schedule" : `Edit ${schedule.name}`} verb={overtaken === null ? "Save" : "Save mine anyway"} kind="primary" keep="Cancel" onClose={onClose} action={save}>
      {schedule === undefined && (
        <Field label="Name" hint="Small letters, digits and hyphens" error={fieldError(error, "name")}>
          {(ids) => <input {...ids} autoFocus required pattern="[a-z0-9][a-z0-9\-]{0,62}" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
      )}
      <Field label="Pool" error={fieldError(error, "pool")}>
        {(ids) => (
          <select {...ids} required value={inPool} onChange={(event) => setInPool(event.target.value)}>
            {pools.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <fieldset className="days">
        <legend>Starts</legend>
        {weekly === null ? (
          <p className="soft">The expression below is not a plain weekly one.</p>
        ) : (
          <>
            <div className="day-row">
              {DAYS.map((day) => (
                <label key={day}>
                  <input type="checkbox" checked={weekly.days.includes(day)} disabled={weekly.days.length === 1 && weekly.days.includes(day)} onChange={() => toggle(day)} />
                  <span>{DAY_WORDS[day]}</span>
                </label>
              ))}
            </div>
            <label className="inline">
              at <input type="time" required value={weekly.time} onChange={(event) => event.target.value !== "" && setCron(cronOf({ ...weekly, time: event.target.value }))} />
            </label>
          </>
        )}
        <details open={weekly === null}>
          <summary>As a cron expression</summary>
          <Field label="Cron expression" hint="second minute hour day month weekday" error={fieldError(error, "cron")}>
            {(ids) => <input {...ids} className="mono" required value={cron} onChange={(event) => setCron(event.target.value)} />}
          </Field>
        </details>
      </fieldset>
      <div className="pair">
        <Field label="Hours" error={fieldError(error, "duration")}>
          {(ids) => <input {...ids} type="number" min={0} max={744} required value={hours} onChange={(event) => setHours(event.target.value)} />}
        </Field>
        <Field label="Minutes">{(ids) => <input {...ids} type="number" min={0} max={59} required value={minutes} onChange={(event) => setMinutes(event.target.value)} />}</Field>
        <Field label="Target" hint={capped ? <span className="caution">at most {most}: the pool’s max size</span> : "machines ready"} error={fieldError(error, "target")}>
          {(ids) => <input {...ids} type="number" min={0} max={100000} required value={target} onChange={(event) => setTarget(event.target.value)} />}
        </Field>
      </div>
      <Field label="Time zone" error={fieldError(error, "zone")}>
        {(ids) => (
          <>
            <input {...ids} list="zones" required value={zone} onChange={(event) => setZone(event.target.value)} />
            <datalist id="zones">
              {Intl.supportedValuesOf("timeZone").map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      {overtaken !== null && (
        <p className="note warn">
          It is now: {cronWords(overtaken.cron)} for {durationWords(overtaken.duration)}, target {overtaken.target}. Yours is still in the form and has not been saved.
        </p>
      )}
    </Confirm>
  );
}
