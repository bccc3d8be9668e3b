import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { call, onSignedOut, signIn, signOut } from "./api/client.ts";
import { forgetAll } from "./api/data.ts";
import { startLive, stopLive } from "./api/live.ts";
import type { DemoSignIn, Me, Role } from "./api/schema.d.ts";

interface Session {
  /** undefined: not known yet; null: nobody is signed in. */
  readonly me: Me | null | undefined;
  /** Sign-ins to try, where this is the demo. */
  readonly demo: readonly DemoSignIn[];
  readonly error: unknown;
  readonly enter: (name: string, password: string) => Promise<void>;
  readonly leave: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [me, setMe] = useState<Me | null | undefined>();
  const [demo, setDemo] = useState<readonly DemoSignIn[]>([]);
  const [error, setError] = useState<unknown>();

  const look = useCallback(async () => {
    try {
      const { data } = await call("get", "/api/v1/session");
      setMe((before) => (JSON.stringify(before) === JSON.stringify(data.me) ? before : data.me));
      setDemo(data.demo);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  }, []);

  useEffect(() => void look(), [look]);
  useEffect(() => {
    if (error === undefined) return;
    const timer = window.setTimeout(() => void look(), 3000);
    return () => window.clearTimeout(timer);
  }, [error, look]);
  useEffect(() => onSignedOut(() => setMe(null)), []);
  useEffect(() => {
    // somebody else may have signed in or out in another tab
    const back = () => document.visibilityState === "visible" && void look();
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, [look]);

  const name = me?.name;
  useEffect(() => {
    if (name === undefined) return;
    startLive(name);
    return () => {
      stopLive();
      forgetAll();
    };
  }, [name]);

  const session = useMemo<Session>(
    () => ({
      me,
      demo,
      error,
      enter: async (user, password) => {
        await signIn(user, password);
        await look();
      },
      leave: async () => {
        await signOut();
        setMe(null);
      },
    }),
    [me, demo, error, look],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("outside of SessionProvider");
  return session;
}

/** The person signed in; only below the pages that need one. */
export function useMe(): Me {
  const { me } = useSession();
  if (!me) throw new Error("nobody is signed in");
  return me;
}

const RANK: Record<Role, number> = { SCIENTIST: 0, OPERATOR: 1, ADMIN: 2 };

export function may(me: Me, role: Role): boolean {
  return me.roles.some((own) => RANK[own] >= RANK[role]);
}
