import type { paths, Problem, ProblemType } from "./schema.d.ts";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathFor<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type Json<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Success<R> = Json<R[keyof R & (200 | 201 | 202)]>;
type Result<O> = O extends { responses: infer R } ? ([Success<R>] extends [never] ? undefined : Success<R>) : never;
type Part<O, K extends "path" | "query"> = O extends { parameters: { [k in K]?: infer T } } ? T : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : never;
type Has<K extends string, T> = [T] extends [never] ? unknown : undefined extends T ? { readonly [k in K]?: T } : { readonly [k in K]: T };

type Init<O> = Has<"path", Part<O, "path">> &
  Has<"query", Part<O, "query">> &
  Has<"body", Body<O>> & {
    readonly ifMatch?: string;
    readonly idempotencyKey?: string;
    readonly signal?: AbortSignal;
  };

export interface Answer<T> {
  readonly data: T;
  readonly status: number;
  readonly etag: string | null;
}

/** An error answer, in the words of the service. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly problem: Problem;
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail ?? problem.title);
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  is(slug: Slug): boolean {
    return this.problem.type === `urn:vmm:problem:${slug}`;
  }
}

export type Slug = ProblemType extends `urn:vmm:problem:${infer S}` ? S : never;

/** The service cannot be reached at all. */
export class Unreachable extends Error {
  constructor() {
    super("The service cannot be reached.");
  }
}

const signedOut = new Set<() => void>();

/** Calls back when an answer says that one is not signed in (any more). */
export function onSignedOut(callback: () => void): () => void {
  signedOut.add(callback);
  return () => void signedOut.delete(callback);
}

export async function call<M extends Method, P extends PathFor<M>>(method: M, path: P, ...rest: {} extends Init<paths[P][M]> ? [init?: Init<paths[P][M]>] : [init: Init<paths[P][M]>]): Promise<Answer<Result<paths[P][M]>>> {
  const init = (rest[0] ?? {}) as {
    path?: Record<string, string>;
    query?: Record<string, unknown>;
    body?: unknown;
    ifMatch?: string;
    idempotencyKey?: string;
    signal?: AbortSignal;
  };
  const headers = new Headers({ Accept: "application/json, application/problem+json" });
  if (init.body !== undefined) headers.set("Content-Type", "application/json");
  if (init.ifMatch !== undefined) headers.set("If-Match", init.ifMatch);
  if (init.idempotencyKey !== undefined) headers.set("Idempotency-Key", init.idempotencyKey);
  const response = await send(fillPath(path, init.path) + queryString(init.query), {
    method: method.toUpperCase(),
    headers,
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
  const text = response.status === 204 ? "" : await response.text();
  return {
    data: (text === "" ? undefined : JSON.parse(text)) as Result<paths[P][M]>,
    status: response.status,
    etag: response.headers.get("ETag"),
  };
}

type TextPath = { [P in keyof paths]: paths[P]["get"] extends { responses: { 200: { content: { "text/plain": unknown } } } } ? P : never }[keyof paths];

/** What is plain text and not JSON. */
export async function readText<P extends TextPath>(path: P, values: Part<paths[P]["get"], "path">): Promise<string> {
  const response = await send(fillPath(path, values), { method: "GET", headers: new Headers({ Accept: "text/plain, application/problem+json" }) });
  return response.text();
}

/** All pages of a list, one after the other. */
export async function allPages<T>(page: (cursor: string | undefined) => Promise<Answer<{ readonly items: readonly T[]; readonly nextCursor: string | null }>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const { data } = await page(cursor);
    items.push(...data.items);
    cursor = data.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export async function signIn(username: string, password: string): Promise<void> {
  const form = () =>
    send("/login", {
      method: "POST",
      headers: new Headers({ "Content-Type": "application/x-www-form-urlencoded", Accept: "application/problem+json" }),
      body: new URLSearchParams({ username, password }).toString(),
    });
  const freshToken = () => fetch("/api/v1/session", { credentials: "same-origin", cache: "no-store" }).catch(() => undefined);
  if (cookie("XSRF-TOKEN") === null) await freshToken();
  try {
    await form();
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 403)) throw error;
    await freshToken(); // the one it had was of a session that is over
    await form();
  }
}

export async function signOut(): Promise<void> {
  await send("/logout", { method: "POST", headers: new Headers() });
}

/** A fetch with what a session needs; throws what is not a success. */
export async function send(url: string, init: RequestInit & { headers: Headers }): Promise<Response> {
  init.headers.set("X-Requested-With", "XMLHttpRequest");
  const token = cookie("XSRF-TOKEN");
  if (init.method !== undefined && init.method !== "GET" && token !== null) init.headers.set("X-XSRF-TOKEN", token);
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (response.ok) return response;
  if (response.status === 401 && url !== "/login") signedOut.forEach((callback) => callback());
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get("Retry-After") ?? NaN);
  const seconds = Number.isFinite(retryAfter) ? retryAfter : null;
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    try {
      return new ApiProblem({ ...((await response.json()) as Problem), status: response.status }, seconds);
    } catch {
      // not what it says it is: as below
    }
  }
  return new ApiProblem({ type: "urn:vmm:problem:internal-error", title: `The service answered ${response.status}`, status: response.status }, seconds);
}

function fillPath(template: string, values: Record<string, string> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

function queryString(query: Record<string, unknown> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function cookie(name: string): string | null {
  for (const part of document.cookie.split("; ")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at) === name) return decodeURIComponent(part.slice(at + 1));
  }
  return null;
}

/** A key for `Idempotency-Key`; also where the page is not served securely and randomUUID is missing. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The `ETag` of a version that was read in a list. */
export function etagOf(version: number): string {
  return `"${version}"`;
}
