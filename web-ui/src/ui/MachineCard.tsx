import { useState } from "react";
import { Link } from "react-router";
import { call } from "../api/client.ts";
import type { Activity, Allocation } from "../api/schema.d.ts";
import { useNow } from "../api/data.ts";
import { ALLOCATION_STATES, said } from "../words/states.ts";
import { reclaimWords } from "../words/reclaim.ts";
import { isoOf, localTimes, moment, relative, span } from "../words/time.ts";
import { ordinal } from "../words/availability.ts";
import { likelyWords, noneWords } from "../words/waiting.ts";
import { Button, Confirm, ConnectList, Pill, When } from "./parts.tsx";

/** One machine of a person: what it is, how to get to it, until when, and letting go of it. */
export function MachineCard({ allocation, title, changed, alone = false }: { allocation: Allocation; title: string; changed: () => void; alone?: boolean }) {
  const now = useNow(10_000);
  const [asking, setAsking] = useState<"cancel" | "extend" | "release" | "restart" | null>(null);
  const close = () => setAsking(null);
  const state = said(ALLOCATION_STATES, allocation.state);
  const label = allocation.name ?? title;
  const off = allocation.vm?.instanceStatus === "STOPPED" || allocation.vm?.instanceStatus === "ERROR";

  return (
    <article className="card machine" aria-label={label}>
      {!alone && (
        <div className="card-head">
          <div>
            <h2>{label}</h2>
            {allocation.name !== null && <p className="soft">{title}</p>}
          </div>
          <Pill tone={off ? "bad" : state.tone}>{off ? (allocation.vm?.instanceStatus === "STOPPED" ? "Switched off" : "Out of order") : state.word}</Pill>
        </div>
      )}
      {allocation.reclaim !== null && (
        <div className="note warn">
          <p>
            <strong>{reclaimWords(allocation.reclaim, now)}</strong> {canExtend(allocation) ? "Use it or extend it, and it stays." : "Use it, and it stays."}
          </p>
          {canExtend(allocation) && <Button onClick={() => setAsking("extend")}>Extend</Button>}
        </div>
      )}
      {allocation.notice !== null && (
        <p className="note">{localTimes(allocation.notice.text, now)}</p>
      )}
      {allocation.vm !== null && <ConnectList ways={allocation.vm.connect} label={label} />}
      {allocation.state === "QUEUED" && (
        <>
          <dl className="facts">
            <div>
              <dt>In line</dt>
              <dd>{allocation.position === null ? "your place is kept" : allocation.position === 1 ? "you are next" : `you are ${ordinal(allocation.position)}`}</dd>
            </div>
            <div>
              <dt>Likely wait</dt>
              <dd>
                {likelyWords(allocation, now)}
                {allocation.estimate === null && <span className="soft">. {noneWords(allocation.waiting, now)}</span>}
              </dd>
            </div>
            <div>
              <dt>Asked</dt>
              <dd>
                <When at={allocation.requestedAt} now={now} also />
              </dd>
            </div>
          </dl>
          <div className="actions bottom">
            <Link className="button primary" to={`/requests/${allocation.id}`}>
              See how far it is
            </Link>
            <Button onClick={() => setAsking("cancel")}>Stop waiting</Button>
          </div>
        </>
      )}
      {allocation.state === "ACTIVE" && (
        <dl className="facts">
          {allocation.expiresAt !== null && (
            <div>
              <dt>Kept until</dt>
              <dd>
                <When at={allocation.expiresAt} now={now} also />
                <span className="soft">{canExtend(allocation) ? " · then its time is up, unless you extend it" : " · the longest that a machine may be kept"}</span>
              </dd>
            </div>
          )}
          <div>
            <dt>Use</dt>
            <dd>{activityWords(allocation.activity, now)}</dd>
          </div>
          {(allocation.vm?.image ?? null) !== null && (
            <div>
              <dt>Software</dt>
              <dd>
                <code>{allocation.vm?.image}</code>
              </dd>
            </div>
          )}
          {allocation.grantedAt !== null && (
            <div>
              <dt>Yours since</dt>
              <dd>
                <When at={allocation.grantedAt} now={now} />
              </dd>
            </div>
          )}
          {allocation.vm !== null && allocation.vm.hostKeys.length > 0 && allocation.vm.connect.some((way) => way.kind === "ssh") && (
            <div>
              <dt>{allocation.vm.hostKeys.length > 1 ? "Its keys" : "Its key"}</dt>
              <dd>
                {allocation.vm.hostKeys.map((key) => (
                  <code key={key} className="fingerprint">
                    {key}
                  </code>
                ))}
                <span className="soft">
                  {allocation.vm.hostKeys.length > 1 ? "On your first connection ssh shows one of these" : "On your first connection ssh shows this"}: if it is the same, answer yes
                </span>
              </dd>
            </div>
          )}
        </dl>
      )}
      {allocation.state === "ACTIVE" && (
        <div className="actions bottom">
          {allocation.vm?.instanceStatus === "STOPPED" && <Button onClick={() => setAsking("restart")}>Start it again</Button>}
          {canExtend(allocation) && allocation.reclaim === null && <Button onClick={() => setAsking("extend")}>Extend</Button>}
          <Button kind="danger" onClick={() => setAsking("release")}>
            Release
          </Button>
        </div>
      )}
      {asking === "release" && (
        <Confirm
          title={`Release ${label}?`}
          verb="Release it"
          keep="Keep it"
          onClose={close}
          action={async () => {
            await call("delete", "/api/v1/allocations/{id}", { path: { id: allocation.id } });
            changed();
          }}
        >
          <p>The machine is deleted at once, and it cannot be brought back. Lost are:</p>
          <ul>
            <li>files that are only on its own disk,</li>
            <li>programs, notebooks and calculations that are running,</li>
            <li>open sessions, also those of others on it.</li>
          </ul>
          <p>What you saved to your facility’s storage stays.</p>
        </Confirm>
      )}
      {asking === "cancel" && <StopWaiting id={allocation.id} onClose={close} stopped={changed} />}
      {asking === "restart" && (
        <Confirm
          title={`Start ${label} again?`}
          verb="Start it again"
          kind="primary"
          keep="Leave it off"
          onClose={close}
          action={async () => {
            await call("post", "/api/v1/allocations/{id}/restart", { path: { id: allocation.id } });
            changed();
          }}
        >
          <p>It was switched off from inside. It starts with its disk as it was; what was running is gone.</p>
        </Confirm>
      )}
      {asking === "extend" && <Extend allocation={allocation} label={label} now={now} onClose={close} changed={changed} />}
    </article>
  );
}

/** Asks before a place in line is given up. */
export function StopWaiting({ id, onClose, stopped }: { id: string; onClose: () => void; stopped: (allocation: Allocation) => void }) {
  return (
    <Confirm title="Stop waiting?" verb="Stop waiting" kind="primary" keep="Go on waiting" onClose={onClose} action={async () => stopped((await call("delete", "/api/v1/allocations/{id}", { path: { id } })).data)}>
      <p>Nothing is lost by it. Only your place in line goes to the next, and you can ask again at any time.</p>
    </Confirm>
  );
}

const CHOICES: [seconds: number, words: string][] = [
  [4 * 3600, "4 hours longer"],
  [24 * 3600, "1 day longer"],
  [3 * 24 * 3600, "3 days longer"],
  [7 * 24 * 3600, "1 week longer"],
];

function Extend({ allocation, label, now, onClose, changed }: { allocation: Allocation; label: string; now: Date; onClose: () => void; changed: () => void }) {
  const expires = new Date(allocation.expiresAt ?? now);
  const room = Math.floor((Date.parse(allocation.maxExpiresAt ?? "") - expires.getTime()) / 1000);
  const choices = CHOICES.filter(([seconds]) => seconds < room);
  choices.push([room, "as long as it may be kept"]);
  const [by, setBy] = useState((choices.find(([seconds]) => seconds === 24 * 3600) ?? choices[0])?.[0] ?? room);
  return (
    <Confirm
      title={`Keep ${label} longer`}
      verb="Extend"
      kind="primary"
      keep="Leave it as it is"
      onClose={onClose}
      action={async () => {
        await call("post", "/api/v1/allocations/{id}/extension", { path: { id: allocation.id }, body: { by: isoOf(by) } });
        changed();
      }}
    >
      <fieldset className="choices">
        <legend>
          It is kept until {moment(expires, now)} ({relative(expires, now)}).
        </legend>
        {choices.map(([seconds, words]) => (
          <label key={seconds}>
            <input type="radio" name="by" checked={by === seconds} onChange={() => setBy(seconds)} />
            <span>
              {words}
              <span className="soft"> – until {moment(new Date(expires.getTime() + seconds * 1000), now)}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </Confirm>
  );
}

function canExtend({ expiresAt, maxExpiresAt }: Allocation): boolean {
  return expiresAt !== null && maxExpiresAt !== null && Date.parse(maxExpiresAt) - Date.parse(expiresAt) >= 60_000;
}

export function activityWords({ state, lastActiveAt, note }: Activity, now: Date): string {
  if (note !== null && state !== "UNKNOWN") return state === "ACTIVE" ? `In use: ${note}` : `${note.charAt(0).toUpperCase()}${note.slice(1)}`;
  const ago = lastActiveAt === null ? null : (now.getTime() - Date.parse(lastActiveAt)) / 1000;
  switch (state) {
    case "ACTIVE":
      return "In use";
    case "IDLE":
      return ago === null ? "Nobody has used it yet" : `Nobody has used it for ${span(Math.max(60, Math.round(ago / 60) * 60))}`;
    default:
      return "Not known, so it is not taken back for being unused";
  }
}
