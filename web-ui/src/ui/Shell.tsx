import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, Navigate, NavLink, Outlet, useLocation } from "react-router";
import { useLiveStatus } from "../api/data.ts";
import type { Role } from "../api/schema.d.ts";
import { may, useSession } from "../session.tsx";
import { Button, Page, ProblemNote } from "./parts.tsx";

export function SignedIn({ role }: { role: Role }) {
  const { me, error } = useSession();
  const { pathname, search } = useLocation();
  if (me === null) return <Navigate replace to={`/login?next=${encodeURIComponent(pathname + search)}`} />;
  return <Frame>{me === undefined ? <ProblemNote error={error} /> : may(me, role) ? <Outlet /> : <TooLow />}</Frame>;
}

/** What needs no sign-in. */
export function Anybody() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { me } = useSession();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    first.current = false;
  }, [pathname]);

  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Top />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      {me && <Foot />}
    </>
  );
}

function Top() {
  const { me, leave } = useSession();
  return (
    <header className="top">
      <div className="bar">
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="currentColor" />
            <path d="M7 20c3 0 4-9 6.500-9S16 23 18.500 23 22 13 25 13" fill="none" stroke="var(--page)" strokeWidth="2.400" strokeLinecap="round" />
          </svg>
          Analysis machines
        </Link>
        {me && (
          <>
            <nav aria-label="Workspace">
              <NavLink to="/" end>
                Start a machine
              </NavLink>
              <NavLink to="/machines">My machines</NavLink>
            </nav>
            {may(me, "OPERATOR") && (
              <nav aria-label="Operations" className="operations">
                {may(me, "ADMIN") && <NavLink to="/admin/pools">Pools</NavLink>}
                {may(me, "ADMIN") && <NavLink to="/admin/schedules">Schedules</NavLink>}
                <NavLink to="/admin/fleet">Fleet</NavLink>
                {may(me, "ADMIN") && <NavLink to="/admin/clouds">Clouds</NavLink>}
                <NavLink to="/admin/maintenance">Maintenance</NavLink>
                <NavLink to="/admin/decisions">Decisions</NavLink>
                {may(me, "ADMIN") && (
                  <>
                    <NavLink to="/admin/loops">Loops</NavLink>
                    <NavLink to="/admin/usage">Usage</NavLink>
                  </>
                )}
              </nav>
            )}
            <div className="who">
              <span className="name">{me.name}</span>
              <Button kind="quiet" onClick={() => void leave().catch(() => undefined)}>
                Sign out
              </Button>
            </div>
          </>
        )}
      </div>
    </header>
  );
}

function Foot() {
  const live = useLiveStatus();
  return (
    <footer className="foot">
      <span>{live ? "Changes appear here as they happen." : "This page looks for changes every few seconds."}</span>
      <ThemeChoice />
    </footer>
  );
}

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

export function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(() => THEMES.find((one) => one === localStorage.getItem("theme")) ?? "system");
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
  }, [theme]);
  return (
    <label className="theme">
      Colours{" "}
      <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        <option value="system">as the system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}

function TooLow() {
  return (
    <Page title="Not for your account" lead="This page is for those who run the service. If that should be you, ask an administrator.">
      <Link to="/">Back to the machines</Link>
    </Page>
  );
}

export function Nowhere() {
  return (
    <Page title="There is no such page" lead="The address may be old or have a slip in it. Nothing of yours is affected.">
      <p>
        <Link className="button primary" to="/">
          Start a machine
        </Link>{" "}
        <Link className="button plain" to="/machines">
          My machines
        </Link>
      </p>
    </Page>
  );
}
