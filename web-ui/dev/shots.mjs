/** Takes a picture of each page at 1280 and 390 px, from `npm run preview:mock`, and says which scroll sideways and what axe finds (WCAG 2.2 A and AA). */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const base = process.env.BASE_URL ?? "http://127.0.0.1:4173";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const only = process.argv.slice(2);
mkdirSync("shots", { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-background-networking"] });

const PAGES = [
  ["login", null, "/login"],
  ["catalogue", "scientist", "/"],
  ["catalogue-muon", "muon", "/"],
  ["machines", "muon", "/machines"],
  ["machines-empty", "scientist", "/machines"],
  ["release", "muon", "/machines", async (page) => page.getByRole("button", { name: "Release" }).first().click()],
  ["extend", "muon", "/machines", async (page) => page.getByRole("button", { name: "Extend" }).first().click()],
  ["ready", "muon", "/", async (page) => page.getByRole("button", { name: "Start another" }).first().click().then(() => page.getByRole("heading", { name: /is ready/ }).waitFor())],
  ["waiting", "scientist", "/?q=vulcan", async (page) => page.getByRole("button", { name: /Wait for (one|another)|Start another/ }).click().then(() => page.getByRole("heading", { name: /in line|next/ }).waitFor())],
  ["pools", "admin", "/admin/pools"],
  ["pools-edit", "admin", "/admin/pools", async (page) => page.getByRole("button", { name: "Edit the sizes of muon", exact: true }).click()],
  ["pool", "admin", "/admin/pools/muon"],
  ["pool-placements", "admin", "/admin/pools/muon", async (page) => page.getByRole("button", { name: "Edit placements" }).click()],
  ["pool-placement-unknown", "admin", "/admin/pools/muon", async (page) => page.getByRole("button", { name: "Edit placements" }).click().then(() => page.getByLabel("Flavor").first().fill("l3.mikro")).then(() => page.getByRole("button", { name: "Save", exact: true }).click()).then(() => page.getByRole("button", { name: "Save it unchecked" }).waitFor())],
  ["schedules", "admin", "/admin/schedules"],
  ["schedule-form", "admin", "/admin/schedules", async (page) => page.getByRole("button", { name: "New schedule" }).click()],
  ["fleet", "admin", "/admin/fleet"],
  ["vm", "operator", "/admin/fleet?held=yes", async (page) => page.locator("tbody th a").first().click()],
  ["vm-delete-held", "admin", "/admin/fleet?held=yes", async (page) => page.locator("tbody th a").first().click().then(() => page.getByRole("button", { name: "Delete" }).click())],
  ["clouds", "admin", "/admin/clouds"],
  ["cloud", "admin", "/admin/clouds/harwell"],
  ["cloud-priced", "admin", "/admin/clouds/ireland"],
  ["cloud-operator", "operator", "/admin/clouds/harwell"],
  ["cloud-pause", "admin", "/admin/clouds/rutherford", async (page) => page.getByRole("button", { name: "Pause" }).click()],
  ["maintenance", "admin", "/admin/maintenance"],
  ["maintenance-new", "admin", "/admin/maintenance/new?cloud=rutherford"],
  ["decisions", "admin", "/admin/decisions"],
  ["vm-hold", "operator", "/admin/fleet", async (page) => page.locator("table.fleet tbody th a").first().click().then(() => page.getByRole("button", { name: "Hold" }).click())],
  ["loops", "admin", "/admin/loops"],
  ["usage", "admin", "/admin/usage"],
  ["nowhere", null, "/typo"],
  ["too-low", "muon", "/admin/pools"],
];

for (const [width, height, colorScheme] of [[1280, 800, "light"], [390, 844, "light"], [1280, 800, "dark"]]) {
  for (const [name, user, path, act] of PAGES) {
    if (only.length > 0 && !only.includes(name)) continue;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", timezoneId: "Europe/London" });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && console.log(`${name} ${width}: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`${name} ${width}: ${error}`));
    await page.goto(`${base}${user === null ? path : `/login?next=${encodeURIComponent(path)}`}`);
    if (user !== null) await page.getByRole("button", { name: user, exact: true }).click();
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await page.waitForTimeout(500);
    await act?.(page);
    await page.waitForTimeout(400);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) console.log(`${name} at ${width}: ${wide} px too wide`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
    if (passes.length === 0) console.log(`${name}: axe did not run`);
    for (const { id, help, nodes } of violations) console.log(`${name} at ${width} ${colorScheme}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`);
    await page.screenshot({ path: `shots/${name}-${width}${colorScheme === "dark" ? "-dark" : ""}.png`, fullPage: act === undefined || name === "vm" || name === "ready" || name === "waiting" });
    await context.close();
  }
}
await browser.close();
