import { useState } from "react";
import { ApiProblem, call } from "../../api/client.ts";
import { useData } from "../../api/data.ts";
import type { Weather } from "../../api/schema.d.ts";
import { may, useMe } from "../../session.tsx";
import { Announce, Button, Field, fieldError, Pill, ProblemNote, useAction } from "../../ui/parts.tsx";
import { PRESETS, presetOf, weatherValue, WEATHER_FIELDS, type Preset } from "../../words/weather.ts";

/** Faults of a simulated cloud, for demonstrations; nothing where the service has none to set. */
export function WeatherPanel({ cloud }: { cloud: string }) {
  const admin = may(useMe(), "ADMIN");
  const path = { name: cloud };
  const weather = useData<Weather | null>(
    `weather-${cloud}`,
    async () => {
      try {
        return (await call("get", "/api/v1/simulated-clouds/{name}/weather", { path })).data;
      } catch (failure) {
        if (failure instanceof ApiProblem && failure.status === 404) return null;
        throw failure;
      }
    },
    (event) => event.type === "cloud" && event.cloud === cloud,
  );
  const { run, busy, error } = useAction();
  const [news, setNews] = useState("");
  if (weather.data === undefined) return <ProblemNote error={weather.error} again={() => void weather.reload()} />;
  if (weather.data === null) return null;
  const now = presetOf(weather.data);
  const choose = ({ name, change }: Preset) =>
    run(async () => {
      const { data } = change === null ? await call("delete", "/api/v1/simulated-clouds/{name}/weather", { path }) : await call("put", "/api/v1/simulated-clouds/{name}/weather", { path, body: change });
      weather.put(data);
      setNews(`The weather is now: ${name}`);
    });
  return (
    <section className="card" aria-labelledby="weather">
      <div className="card-head">
        <h2 id="weather">Weather</h2>
        <Pill tone={now === null ? "wait" : now.change === null ? "good" : "bad"}>{now === null ? "Of its own kind" : now.name}</Pill>
      </div>
      <p className="note">
        <strong>This is a tool of the demo.</strong> The cloud is simulated, and this makes it fail so that one can watch what the service does. A real cloud has no such panel.
      </p>
      {admin ? (
        <>
          <div className="actions" role="group" aria-label="Weather to choose">
            {PRESETS.map((preset) => (
              <Button key={preset.name} kind={preset === now ? "primary" : "plain"} aria-pressed={preset === now} title={preset.what} disabled={busy} onClick={() => void choose(preset)}>
                {preset.name}
              </Button>
            ))}
          </div>
          <p className="soft">{now === null ? "Set by its components below." : `${now.name}: ${now.what}.`} It takes effect within a second.</p>
          <ProblemNote error={error} />
          <details>
            <summary>Each component</summary>
            <Components key={JSON.stringify(weather.data)} cloud={cloud} weather={weather.data} saved={weather.put} />
          </details>
        </>
      ) : (
        <p className="soft">{now === null ? "Set by its components." : `${now.name}: ${now.what}.`} An administrator can change it.</p>
      )}
      <Announce text={news} />
    </section>
  );
}

type Name = keyof Weather;

function Components({ cloud, weather, saved }: { cloud: string; weather: Weather; saved: (weather: Weather) => void }) {
  const [draft, setDraft] = useState<Partial<Record<Name, string>>>({});
  const { run, busy, error } = useAction();
  const names = Object.keys(WEATHER_FIELDS) as Name[];
  const shown = (name: Name) => draft[name] ?? String(weather[name] ?? "");
  const changed = names.filter((name) => draft[name] !== undefined && draft[name] !== String(weather[name] ?? ""));
  const placed = names.some((name) => fieldError(error, name) !== undefined);
  return (
    <form
      className="components"
      onSubmit={(event) => {
        event.preventDefault();
        const body = Object.fromEntries(changed.map((name) => [name, weatherValue(WEATHER_FIELDS[name].kind, draft[name] ?? "")]));
        void run(async () => saved((await call("patch", "/api/v1/simulated-clouds/{name}/weather", { path: { name: cloud }, body })).data));
      }}
    >
      <div className="grid">
        {names.map((name) => {
          const { kind, what } = WEATHER_FIELDS[name];
          const set = (text: string) => setDraft({ ...draft, [name]: text });
          if (kind === "switch")
            return (
              <label key={name} className="check">
                <input type="checkbox" checked={shown(name) === "true"} onChange={(event) => set(String(event.target.checked))} /> {what}
              </label>
            );
          const hint = { ratio: "0 never, 1 always", factor: "1 to 1000", count: "empty: no limit", duration: "such as PT30S" }[kind];
          return (
            <Field key={name} label={what} hint={hint} error={fieldError(error, name)}>
              {(ids) =>
                kind === "duration" ? (
                  <input {...ids} className="mono" required maxLength={50} value={shown(name)} onChange={(event) => set(event.target.value)} />
                ) : (
                  <input {...ids} type="number" required={kind !== "count"} min={kind === "factor" ? 1 : 0} {...(kind === "ratio" ? { max: 1, step: "any" } : kind === "factor" ? { max: 1000, step: "any" } : { step: 1 })} value={shown(name)} onChange={(event) => set(event.target.value)} />
                )
              }
            </Field>
          );
        })}
      </div>
      {!placed && <ProblemNote error={error} />}
      <div className="actions">
        <Button kind="primary" type="submit" busy={busy} disabled={changed.length === 0}>
          Set {changed.length === 0 ? "them" : changed.length === 1 ? "1 component" : `${changed.length} components`}
        </Button>
      </div>
    </form>
  );
}
