import { useEffect, useRef, useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { ApiProblem } from "../api/client.ts";
import { useSession } from "../session.tsx";
import { Button, Field, ProblemNote, useAction, useTitle } from "../ui/parts.tsx";
import { ThemeChoice } from "../ui/Shell.tsx";

export function LoginPage() {
  useTitle("Sign in");
  const { me, demo, enter } = useSession();
  const [search] = useSearchParams();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { run, busy, error } = useAction();
  const nameField = useRef<HTMLInputElement>(null);

  useEffect(() => nameField.current?.focus(), []);

  if (me) return <Navigate replace to={safePath(search.get("next"))} />;
  const wrong = error instanceof ApiProblem && error.status === 401;
  return (
    <main className="login">
      <h1>Analysis machines</h1>
      <p className="lead">Machines with your tools and your data at hand, ready when you are.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => enter(name, password));
        }}
      >
        <Field label="Name">{(ids) => <input {...ids} ref={nameField} name="username" autoComplete="username" required value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Password">{(ids) => <input {...ids} type="password" name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />}</Field>
        {wrong ? (
          <div className="note bad" role="alert">
            <p>
              <strong>Name and password do not belong together.</strong> Mind capitals, and try again.
            </p>
          </div>
        ) : (
          <ProblemNote error={error} />
        )}
        <Button kind="primary" type="submit" busy={busy}>
          Sign in
        </Button>
      </form>
      {demo.length > 0 && (
        <section className="demo" aria-labelledby="demo">
          <h2 id="demo">This is a demonstration</h2>
          <p>Sign in as one of these; each has its name as password.</p>
          <ul>
            {demo.map((person) => (
              <li key={person.name}>
                <Button busy={busy} onClick={() => void run(() => enter(person.name, person.password))}>
                  {person.name}
                </Button>
                <span>{person.what}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <ThemeChoice />
    </main>
  );
}

/** Only a path of ours, never another site. */
function safePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}
