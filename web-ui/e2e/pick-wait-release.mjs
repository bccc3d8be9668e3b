/**
 * A person picks a machine in a real browser, has it, and lets go of it; then one picks where all are taken, waits
 * with an estimate, and is granted when another is released. An administrator sees a cloud fail and come back, and
 * plans maintenance and cancels it.
 *
 *   BASE_URL=http://localhost:8080 npm run e2e
 *
 * Against a service with the demo's sign-ins. WAIT_TYPE is the VM type whose pool is exhausted (vulcan: at most 2).
 * Everything that is asked for here is released at the end, also when a step fails; the weather is calm again.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const BASE_URL = (process.env.BASE_URL ?? "http://localhost:8080").replace(/\/$/, "");
const WAIT_TYPE = process.env.WAIT_TYPE ?? "vulcan";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-background-networking"] });
});
after(() => browser?.close());

test("pick Muon, have it, release it", { timeout: 120_000 }, async (t) => {
  await releaseAllOf("muon", "muon");
  t.after(() => releaseAllOf("muon", "muon"));
  const page = await signedIn(t, "muon");

  await page.getByRole("searchbox", { name: "Search" }).fill("muon");
  const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Muon", exact: true }) });
  await visible(card, "the card of Muon");
  await until("Muon is ready now", 60_000, async () => (await card.textContent()).includes("Ready now"));
  await card.getByRole("button", { name: /^Start/ }).click();

  await page.waitForURL(/\/requests\/[0-9a-f-]{36}$/, { timeout: 10_000 });
  const id = page.url().split("/").at(-1);
  await visible(page.getByRole("heading", { level: 1, name: /Muon.* is ready/ }), "the heading that says it is ready");
  await until("there is a way to connect", 10_000, async () => (await page.locator(".connect a[href], .connect code").count()) > 0);
  const granted = await api("muon", "GET", `/api/v1/allocations/${id}`);
  assert.equal(granted.body.state, "ACTIVE");
  assert.ok(granted.body.vm.connect.length > 0, "the allocation has ways to connect");

  await page.reload();
  await visible(page.getByRole("heading", { level: 1, name: /Muon.* is ready/ }), "the same page after a reload");

  await page.getByRole("link", { name: "Start a machine" }).click();
  await visible(page.getByRole("link", { name: "Continue your Muon machine" }), "the offer of the machine one has");

  await page.getByRole("link", { name: "My machines" }).click();
  await page.getByRole("button", { name: "Release" }).first().click();
  const dialog = page.getByRole("dialog", { name: /Release/ });
  await visible(dialog.getByText("only on its own disk"), "what is lost by it");
  await dialog.getByRole("button", { name: "Release it" }).click();
  await until("the allocation has ended as RELEASED", 10_000, async () => {
    const { body } = await api("muon", "GET", `/api/v1/allocations/${id}`);
    return body.state === "ENDED" && body.endReason === "RELEASED";
  });
  await page.goto(`${BASE_URL}/requests/${id}`);
  await visible(page.getByText("You released it."), "how it ended");
});

test("wait with an estimate, and be granted when another is released", { timeout: 360_000 }, async (t) => {
  const taken = [];
  t.after(async () => {
    for (const id of taken) await api("operator", "DELETE", `/api/v1/allocations/${id}`);
    await releaseAllOf("scientist", WAIT_TYPE);
  });
  await releaseAllOf("scientist", WAIT_TYPE);

  const pool = (await api("admin", "GET", `/api/v1/pools/${WAIT_TYPE}`)).body;
  const busy = (counts) => counts.allocated;
  await until(`all ${pool.maxSize} machines of ${WAIT_TYPE} are taken`, 180_000, async () => {
    const { counts } = (await api("admin", "GET", `/api/v1/pools/${WAIT_TYPE}`)).body;
    if (busy(counts) >= pool.maxSize) return true;
    const { status, body } = await api("admin", "POST", "/api/v1/allocations", { vmType: WAIT_TYPE, wait: false });
    if (status === 201) taken.push(body.id);
    else assert.equal(status, 503, `taking one answers 201 or 503, not ${status}: ${JSON.stringify(body)}`);
    return false;
  });
  const refused = await api("admin", "POST", "/api/v1/allocations", { vmType: WAIT_TYPE, wait: false });
  assert.equal(refused.status, 503);
  assert.equal(refused.body.type, "urn:vmm:problem:pool-exhausted");
  assert.ok(Number(refused.retryAfter) > 0, "it says when to try again");

  const page = await signedIn(t, "scientist", `/?q=${WAIT_TYPE}`);
  await page.getByRole("button", { name: "Wait for one" }).first().click();
  await page.waitForURL(/\/requests\/[0-9a-f-]{36}$/, { timeout: 10_000 });
  const id = page.url().split("/").at(-1);
  await visible(page.getByRole("heading", { level: 1, name: /next|in line/ }), "the place in line");
  await visible(page.getByRole("region", { name: "Estimate" }), "the estimate");
  const waiting = (await api("scientist", "GET", `/api/v1/allocations/${id}`)).body;
  assert.equal(waiting.state, "QUEUED");
  assert.ok(waiting.position >= 1, "it has a position");
  if (waiting.estimate !== null) {
    assert.ok(waiting.estimate.p90Seconds >= waiting.estimate.p50Seconds);
    await visible(page.getByText("nine times in ten before"), "the estimate as a range");
  }
  await page.reload();
  await visible(page.getByRole("heading", { level: 1, name: /next|in line/ }), "the place in line after a reload");

  const given = taken.shift() ?? (await api("operator", "GET", `/api/v1/allocations?state=ACTIVE&vmType=${WAIT_TYPE}&limit=1`)).body.items[0].id;
  assert.equal((await api("operator", "DELETE", `/api/v1/allocations/${given}`)).status, 200);
  await visible(page.getByRole("heading", { level: 1, name: /is ready/ }), "the page of its own accord once it is granted", 240_000);
  assert.ok((await page.locator(".connect a[href], .connect code").count()) > 0, "there is a way to connect");
});

test("a cloud that nobody answers for is unhealthy, in words, until it answers again", { timeout: 480_000 }, async (t) => {
  const cloud = await quietestCloud();
  t.after(() => api("admin", "DELETE", `/api/v1/simulated-clouds/${cloud}/weather`));
  await api("admin", "DELETE", `/api/v1/simulated-clouds/${cloud}/weather`);
  const page = await signedIn(t, "admin");
  await page.getByRole("link", { name: "Clouds", exact: true }).click();
  await page.getByRole("article", { name: cloud, exact: true }).getByRole("link", { name: cloud, exact: true }).click();
  const health = page.getByRole("region", { name: "Health", exact: true });
  const weather = page.getByRole("region", { name: "Weather" });
  await visible(health, "the cloud's health");
  await visible(weather.getByText("This is a tool of the demo."), "what the weather is for");

  await weather.getByRole("button", { name: "Outage", exact: true }).click();
  await until("the weather is an outage", 10_000, async () => (await api("operator", "GET", `/api/v1/simulated-clouds/${cloud}/weather`)).body.outage === true);
  await visible(health.getByText("Unhealthy", { exact: true }), "that it is unhealthy, of its own accord", 180_000);
  assert.notEqual((await health.getByRole("strong").textContent()).trim(), "No reason is known");

  await weather.getByRole("button", { name: "Calm", exact: true }).click();
  await visible(health.getByText(/^(Recovering|Healthy)$/), "that it is well again, or about to be", 240_000);
});

test("maintenance is planned with its preview, and cancelled", { timeout: 120_000 }, async (t) => {
  const cloud = await quietestCloud();
  const note = `switch work ${Date.now()}`;
  const windowOf = async () => (await api("operator", "GET", `/api/v1/clouds/${cloud}/maintenance-windows?limit=500`)).body.items.find((one) => one.note === note);
  t.after(async () => {
    const left = await windowOf();
    if (left !== undefined && left.state !== "CANCELLED") await api("admin", "DELETE", `/api/v1/clouds/${cloud}/maintenance-windows/${left.id}`, undefined, { "If-Match": "*" });
  });
  const page = await signedIn(t, "admin");
  await page.getByRole("link", { name: "Maintenance", exact: true }).click();
  await page.getByRole("link", { name: "Plan maintenance" }).click();
  await page.getByLabel("Cloud", { exact: true }).selectOption(cloud);
  await page.getByLabel("From", { exact: true }).fill(localInput(Date.now() + 3 * 86_400_000));
  await page.getByLabel("To", { exact: true }).fill(localInput(Date.now() + 3 * 86_400_000 + 7_200_000));
  await page.getByLabel("Note").fill(note);
  const preview = page.getByRole("region", { name: "Preview" });
  await visible(preview.getByText(/^(Enough|Not enough): /), "the verdict before anything is saved");
  assert.equal(await windowOf(), undefined, "nothing is saved by looking");
  await page.getByRole("button", { name: "Save", exact: true }).click();

  const row = page.getByRole("row").filter({ hasText: note });
  await visible(row.getByText("Planned", { exact: true }), "the window in the list");
  await row.getByRole("button", { name: /^Cancel/ }).click();
  await page.getByRole("dialog", { name: /Cancel the maintenance/ }).getByRole("button", { name: "Cancel the window" }).click();
  await visible(row.getByText("Cancelled", { exact: true }), "that it is cancelled");
  assert.equal((await windowOf()).state, "CANCELLED");
});

/** The simulated cloud with the fewest VMs. */
async function quietestCloud() {
  const { body } = await api("admin", "GET", "/api/v1/clouds");
  return body.items.filter(({ kind }) => kind === "simulated").sort((a, b) => a.live - b.live)[0].name;
}

/** A time as an input of type datetime-local has it; the browser is in the zone of this machine. */
function localInput(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

async function signedIn(t, name, path = "/") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(BASE_URL + path);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(name);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await visible(page.getByRole("heading", { level: 1, name: "Start a machine" }), "the catalogue after signing in");
  return page;
}

async function visible(locator, what, timeout = 15_000) {
  await locator
    .first()
    .waitFor({ state: "visible", timeout })
    .catch(() => assert.fail(`not seen within ${timeout / 1000} s: ${what}`));
}

async function until(what, timeoutMs, condition) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) assert.fail(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function api(user, method, path, body, headers = {}) {
  const response = await fetch(BASE_URL + path, {
    method,
    headers: { Authorization: `Basic ${btoa(`${user}:${user}`)}`, Accept: "application/json, application/problem+json", ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text), retryAfter: response.headers.get("Retry-After") };
}

async function releaseAllOf(user, vmType) {
  const { body } = await api(user, "GET", `/api/v1/allocations?state=ACTIVE,QUEUED&vmType=${vmType}&user=${user}&limit=500`);
  for (const one of body.items) await api(user, "DELETE", `/api/v1/allocations/${one.id}`);
}
