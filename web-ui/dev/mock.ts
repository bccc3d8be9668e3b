/**
 * A small service in memory, for looking at the pages (`npm run dev:mock`). It is not the service: it knows
 * one simulated rhythm, forgets everything when it ends, and checks only what the pages rely on.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  Allocation,
  Availability,
  Cloud,
  CloudCatalogue,
  CloudHealth,
  Decision,
  EndReason,
  Event,
  EventType,
  Me,
  PlacementRequest,
  Pool,
  Problem,
  Reconciler,
  Role,
  Schedule,
  SchedulePreview,
  StateCounts,
  TimelineEntry,
  UsageRow,
  Vm,
  VmState,
  VmType,
  WaitCode,
  WaitReason,
  VmWithTimeline,
  Weather,
} from "../src/api/schema.d.ts";

interface PoolRow {
  name: string;
  version: number;
  poolSize: number;
  maxSize: number;
  lease: number;
}
interface VmRow {
  id: string;
  pool: string;
  cloud: string;
  state: VmState;
  reason: string | null;
  createdAt: number;
  since: number;
  held: boolean;
  holdReason: string | null;
  allocationId: string | null;
  timeline: TimelineEntry[];
}
interface AllocationRow {
  id: string;
  vmType: string;
  user: string;
  name: string | null;
  requestedAt: number;
  grantedAt: number | null;
  expiresAt: number | null;
  endedAt: number | null;
  endReason: EndReason | null;
  vmId: string | null;
  reclaimAt: number | null;
  activity: Allocation["activity"];
}
interface ScheduleRow {
  name: string;
  version: number;
  pool: string;
  cron: string;
  zone: string;
  duration: string;
  target: number;
}
interface CloudRow {
  name: string;
  region: string;
  boot: number;
  maxVms: number;
  health: CloudHealth;
  healthReason: string | null;
  pauseReason: string | null;
}

const CALM: Weather = { lostReply: 0, failBefore: 0, hang: 0, noCapacity: 0, capacity: null, quota: null, throttled: 0, retryAfter: "PT5S", unauthorized: 0, rejected: 0, outage: false, createTime: "PT0S", deleteTime: "PT2S", bootTime: "PT12S", bootJitter: 0.3, slowBoot: 0, slowBootFactor: 10, neverBoots: 0, neverReports: 0, errorInstances: 0, listLag: "PT0S", partialList: 0, staleList: 0, staleBy: "PT30S", emptyList: 0, lateBirth: 0, lateBy: "PT30S", leftover: 0 };

type Handler = (args: { me: Me; path: string[]; query: URLSearchParams; body: Record<string, unknown>; request: IncomingMessage }) => Reply;
interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
// As images of ours have them.
const HOST_KEYS = ["SHA256:JpEnbon5qb9iyAyDl+G3anqaYxw/THPFPqCCRIjrYbY (ED25519)", "SHA256:0vWmUuE9TXo2CwKb3ODq4mFhTj8bN1sYzRgLxPeVaHc (RSA)"];
const DAY = 24 * HOUR;

const TYPES: [name: string, title: string, description: string, vcpus: number, ramGb: number, gpus: number, poolSize: number, maxSize: number, groups: string[], tags: string[]][] = [
  ["crystallography", "Crystallography", "GSAS-II, TOPAS and Mantid for HRPD, INES, PEARL, POLARIS, SXD and WISH", 60, 245, 0, 2, 5, ["Crystallography"], ["gsas", "mantid"]],
  ["disordered-materials", "Disordered Materials", "Gudrun, EPSR and Dissolve for GEM, NIMROD and SANDALS", 16, 60, 0, 7, 65, ["Disordered Materials"], ["gudrun", "epsr"]],
  ["engin-x", "Engin-X", "Strain scanning for ENGIN-X and IMAT", 8, 30, 0, 3, 25, ["Crystallography"], ["mantid"]],
  ["excitations-powder", "Excitations Powder", "Horace, Euphonic and Mantid for powder data", 8, 30, 0, 5, 50, ["Excitations"], ["horace", "mantid"]],
  ["excitations-instrument-diagnostic", "Excitations Instrument Diagnostic", "Detector diagnostics for ALF, LET, MAPS, MARI and MERLIN", 12, 90, 1, 1, 5, ["Excitations"], ["mantid"]],
  ["mcstas", "McStas", "Monte Carlo ray tracing of neutron instruments", 30, 123, 0, 2, 10, ["NMIDG"], ["mcstas", "mpi"]],
  ["molecular-spectroscopy", "Molecular Spectroscopy", "Mantid and AbINS for IRIS, OSIRIS, TOSCA and VESUVIO", 30, 123, 0, 7, 46, ["Molecular Spectroscopy"], ["mantid", "abins"]],
  ["muon", "Muon", "Mantid and WiMDA for ARGUS, CHRONUS, EMU, HIFI and MUSR", 4, 16, 0, 5, 30, ["Muon"], ["mantid", "wimda"]],
  ["muon-simulation", "Muon Simulation", "Density functional theory and muon stopping sites", 16, 60, 0, 3, 15, ["Muon"], ["castep", "muspinsim"]],
  ["reflectometry", "Reflectometry", "RasCAL and Mantid for CRISP, INTER, OFFSPEC, POLREF and SURF", 16, 60, 0, 5, 55, ["Reflectometry"], ["rascal", "mantid"]],
  ["sans", "SANS", "SasView and Mantid for LARMOR, LOQ and ZOOM", 16, 60, 0, 5, 50, ["Small Angle Scattering"], ["sasview", "mantid"]],
  ["sans-gpu", "SANS GPU", "SasView with a graphics card, for large model fits", 12, 90, 1, 1, 5, ["Small Angle Scattering"], ["sasview", "cuda"]],
  ["tomography-advanced", "Tomography Advanced", "Mantid Imaging and SAVU for IMAT, two graphics cards", 28, 180, 2, 2, 10, ["Crystallography/Imaging/Diffraction"], ["savu", "cuda"]],
  ["ultra", "Ultra", "Time-resolved spectroscopy at the Central Laser Facility", 8, 30, 0, 5, 20, ["ULTRA"], ["python", "matlab"]],
  ["ultra-centos7-old", "Ultra CentOS7 (old)", "The old system, kept for comparison", 8, 30, 0, 0, 0, ["ULTRA"], []],
  ["vulcan", "Vulcan", "Analysis of petawatt shots", 8, 30, 0, 1, 2, ["VULCAN"], ["python"]],
];

const PEOPLE: Record<string, { password: string; roles: Role[]; groups: string[]; what: string }> = {
  scientist: { password: "scientist", roles: ["SCIENTIST"], groups: [...new Set(TYPES.flatMap((t) => t[8]))], what: "a scientist of all groups" },
  muon: { password: "muon", roles: ["SCIENTIST"], groups: ["Muon"], what: "a scientist of the group Muon" },
  operator: { password: "operator", roles: ["OPERATOR"], groups: [], what: "looks after the fleet" },
  admin: { password: "admin", roles: ["ADMIN"], groups: [], what: "sets pools, schedules and clouds" },
};

class Refusal extends Error {
  readonly problem: Omit<Problem, "instance">;
  readonly headers: Record<string, string>;
  constructor(status: number, slug: string, title: string, detail?: string, field?: string, headers: Record<string, string> = {}) {
    super(title);
    this.problem = { type: `urn:vmm:problem:${slug}` as Problem["type"], title, status, ...(detail ? { detail } : {}), errors: field ? [{ field, message: detail ?? title }] : [] };
    this.headers = headers;
  }
}

export function mockService(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  const pools = new Map<string, PoolRow>(TYPES.map(([name, , , , , , poolSize, maxSize]) => [name, { name, version: 1, poolSize, maxSize, lease: 12 * HOUR }]));
  const vms = new Map<string, VmRow>();
  const allocations = new Map<string, AllocationRow>();
  const schedules = new Map<string, ScheduleRow>();
  const decisions: Decision[] = [];
  const clouds = new Map<string, CloudRow>(
    (
      [
        { name: "rutherford", region: "RegionOne", boot: 12, maxVms: 400, health: "HEALTHY", healthReason: "99 of the last 100 calls answered, in 180 ms" },
        { name: "harwell", region: "RegionTwo", boot: 20, maxVms: 120, health: "DEGRADED", healthReason: "boots take 2.4 times as long as usual since 09:12" },
        { name: "ireland", region: "eu-west-1", boot: 30, maxVms: 100, health: "UNHEALTHY", healthReason: "breaker open since 09:41: 12 of 20 calls timed out; the next try is at 10:03" },
      ] as const
    ).map((c) => [c.name, { ...c, pauseReason: null }]),
  );
  const weathers = new Map<string, Weather>([...clouds.keys()].map((name) => [name, CALM]));
  const sessions = new Map<string, string>();
  const keys = new Map<string, string>();
  const streams = new Set<{ me: Me; response: ServerResponse }>();
  const past: Event[] = [];
  let seq = 100;

  const publish = (type: EventType, about: Partial<Event>) => {
    const event: Event = { ...about, seq: ++seq, type, at: new Date().toISOString() };
    past.push(event);
    for (const { me, response } of streams) if (concerns(me, event)) response.write(sse(event));
  };
  const sse = (event: Event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  const concerns = (me: Me, event: Event) => isOperator(me) || event.type === "pool" || (event.allocationId !== undefined && allocations.get(event.allocationId)?.user === me.name);
  const isOperator = (me: Me) => me.roles.includes("OPERATOR") || me.roles.includes("ADMIN");

  const become = (vm: VmRow, to: VmState, reason: string | null, detail: string | null, actor: string, at = Date.now()) => {
    vm.timeline.push({ at: new Date(at).toISOString(), from: vm.timeline.length === 0 ? null : vm.state, to, reason, detail, actor });
    publish("vm", { vmId: vm.id, pool: vm.pool, cloud: vm.cloud, from: vm.state, to });
    vm.state = to;
    vm.since = at;
    if (to === "DELETING") vm.reason = reason;
    if (to === "READY" || to === "DELETED" || to === "ALLOCATED") publish("pool", { pool: vm.pool });
  };
  const launch = (pool: string, cloud: string, state: VmState, at = Date.now()) => {
    const vm: VmRow = { id: randomUUID(), pool, cloud, state: "REQUESTED", reason: null, createdAt: at, since: at, held: false, holdReason: null, allocationId: null, timeline: [] };
    vms.set(vm.id, vm);
    become(vm, "REQUESTED", null, `for ${pool}: ${cloud} has room and is cheapest`, "refill", at);
    const steps: VmState[] = ["PROVISIONING", "BOOTSTRAPPING", "READY"];
    for (const [i, step] of steps.entries()) {
      if (state === "REQUESTED") break;
      become(vm, step, null, step === "READY" ? "the guest reported ready" : null, `lifecycle-${cloud}`, at + (i + 1) * 40 * SECOND);
      if (step === state) break;
    }
    return vm;
  };
  const ofPool = (pool: string) => [...vms.values()].filter((vm) => vm.pool === pool && vm.state !== "DELETED");
  const queueOf = (pool: string) => [...allocations.values()].filter((a) => a.vmType === pool && state(a) === "QUEUED").sort((a, b) => a.requestedAt - b.requestedAt);
  const state = (a: AllocationRow) => (a.endedAt !== null ? "ENDED" : a.grantedAt !== null ? "ACTIVE" : "QUEUED");
  const live = (vm: VmRow) => vm.state !== "DELETED" && vm.state !== "DELETING";

  const grant = () => {
    for (const pool of pools.keys())
      for (const waiting of queueOf(pool)) {
        const vm = ofPool(pool).find((one) => one.state === "READY" && !one.held);
        if (vm === undefined) break;
        waiting.grantedAt = Date.now();
        waiting.expiresAt = Date.now() + 12 * HOUR;
        waiting.vmId = vm.id;
        vm.allocationId = waiting.id;
        become(vm, "ALLOCATED", null, `granted to ${waiting.user}`, waiting.user);
        publish("allocation", { allocationId: waiting.id, pool, from: "QUEUED", to: "ACTIVE" });
      }
  };
  const tick = () => {
    const now = Date.now();
    for (const vm of vms.values()) {
      const boot = (clouds.get(vm.cloud)?.boot ?? 12) * SECOND;
      const age = now - vm.since;
      if (vm.held && vm.state === "DELETING") continue;
      if (vm.state === "REQUESTED" && age > SECOND) become(vm, "PROVISIONING", null, "accepted", `lifecycle-${vm.cloud}`);
      else if (vm.state === "PROVISIONING" && age > boot / 3) become(vm, "BOOTSTRAPPING", null, "the instance runs", `lifecycle-${vm.cloud}`);
      else if (vm.state === "BOOTSTRAPPING" && age > boot / 2) become(vm, "READY", null, "the guest reported ready", `lifecycle-${vm.cloud}`);
      else if (vm.state === "DELETING" && age > 4 * SECOND) become(vm, "DELETED", vm.reason, "absent from two listings", `lifecycle-${vm.cloud}`);
    }
    grant();
    for (const pool of pools.values()) {
      const mine = ofPool(pool.name).filter(live);
      const reserve = mine.filter((vm) => vm.state !== "ALLOCATED" && !vm.held).length;
      const missing = Math.min(pool.poolSize + queueOf(pool.name).length - reserve, pool.maxSize - mine.length);
      if (missing <= 0) continue;
      for (let i = 0; i < missing; i++) launch(pool.name, clouds.get("rutherford")?.pauseReason ? "harwell" : "rutherford", "REQUESTED");
      decisions.unshift({
        id: randomUUID(),
        at: new Date().toISOString(),
        pool: pool.name,
        summary: `launch ${missing}: target ${pool.poolSize}, ready or coming ${reserve}`,
        reasons: [`${missing} on rutherford: healthy, cheapest`, "0 on harwell: boots slowly since 09:12", "0 on ireland: breaker open since 09:41"],
      });
      publish("pool", { pool: pool.name });
    }
  };

  function seed() {
    const start = Date.now() - 3 * HOUR;
    for (const pool of pools.values()) for (let i = 0; i < pool.poolSize; i++) launch(pool.name, i % 3 === 2 ? "harwell" : "rutherford", "READY", start + i * 60 * SECOND);
    schedules.set("cycle-mornings", { name: "cycle-mornings", version: 1, pool: "muon", cron: "0 30 7 * * MON-FRI", zone: "Europe/London", duration: "PT3H", target: 15 });
    schedules.set("muon-school", { name: "muon-school", version: 2, pool: "muon", cron: "0 0 9 * * SAT", zone: "Europe/London", duration: "PT8H", target: 40 });
    schedules.set("sans-shift-change", { name: "sans-shift-change", version: 1, pool: "sans", cron: "0 45 7,15,23 * * *", zone: "Europe/London", duration: "PT1H30M", target: 8 });
    for (const [i, name] of ["a.lovelace", "m.curie", "r.franklin", "d.hodgkin"].entries()) take(name, ["sans", "reflectometry", "mcstas", "muon"][i]!, start);
    for (let i = 0; i < 2; i++) take("k.lonsdale", "vulcan", start);
    const mine = take("muon", "muon", start);
    mine.activity = { state: "ACTIVE", lastActiveAt: iso(Date.now() - 60 * SECOND), reportedAt: iso(Date.now() - 30 * SECOND), note: "a desktop session and 2 busy kernels" };
    const idle = take("muon", "muon-simulation", start - 2 * DAY);
    idle.name = "stopping sites of Fe₃O₄";
    idle.expiresAt = Date.now() + 40 * 60 * SECOND;
    idle.reclaimAt = Date.now() + 40 * 60 * SECOND;
    idle.activity = { state: "IDLE", lastActiveAt: iso(Date.now() - 23 * HOUR), reportedAt: iso(Date.now() - 20 * SECOND), note: null };
    const old = take("muon", "muon", start - 5 * DAY);
    end(old, "EXPIRED", Date.now() - 4 * DAY);
    const held = ofPool("sans").find((vm) => vm.state === "READY");
    if (held) Object.assign(held, { held: true, holdReason: "disk is full after boot, looking into it" });
    decisions.length = 0;
    for (let i = 0; i < 14; i++)
      decisions.push({
        id: randomUUID(),
        at: iso(Date.now() - (i + 1) * 11 * 60 * SECOND),
        pool: "muon",
        summary: i % 4 === 3 ? "retire 2: surplus after cycle-mornings" : `launch ${1 + (i % 3)}: target 5, ready or coming ${4 - (i % 3)}`,
        reasons: i % 4 === 3 ? ["2 on harwell: slowest to boot, oldest first", "the target fell from 15 to 5 at 10:30"] : ["all on rutherford: healthy, cheapest", "0 on harwell: boots slowly since 09:12", "0 on ireland: breaker open since 09:41"],
      });
  }
  function take(user: string, type: string, at: number): AllocationRow {
    const vm = ofPool(type).find((one) => one.state === "READY") ?? launch(type, "rutherford", "READY", at);
    const row: AllocationRow = {
      id: randomUUID(),
      vmType: type,
      user,
      name: null,
      requestedAt: at,
      grantedAt: at,
      expiresAt: at + 24 * HOUR,
      endedAt: null,
      endReason: null,
      vmId: vm.id,
      reclaimAt: null,
      activity: { state: "UNKNOWN", lastActiveAt: null, reportedAt: null, note: null },
    };
    allocations.set(row.id, row);
    vm.allocationId = row.id;
    become(vm, "ALLOCATED", null, `granted to ${user}`, user, at);
    return row;
  }
  function end(a: AllocationRow, reason: EndReason, at = Date.now()) {
    const from = state(a);
    if (from === "ENDED") return;
    a.endedAt = at;
    a.endReason = reason;
    a.reclaimAt = null;
    const vm = a.vmId === null ? undefined : vms.get(a.vmId);
    if (vm !== undefined && live(vm)) become(vm, "DELETING", reason, null, a.user);
    publish("allocation", { allocationId: a.id, pool: a.vmType, from, to: "ENDED", reason });
  }

  const iso = (ms: number) => new Date(ms).toISOString();
  const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));
  const counts = (rows: VmRow[]): StateCounts => {
    const count = (s: VmState) => rows.filter((vm) => vm.state === s).length;
    return { requested: count("REQUESTED"), provisioning: count("PROVISIONING"), bootstrapping: count("BOOTSTRAPPING"), ready: rows.filter((vm) => vm.state === "READY" && !vm.held).length, allocated: count("ALLOCATED"), deleting: count("DELETING") };
  };
  const why = (code: WaitCode): WaitReason => ({ code, since: null, until: null, places: [], machines: null });
  const showVmType = ([name, title, description, vcpus, ramGb, gpus, , maxSize, groups, tags]: (typeof TYPES)[number]): VmType => {
    const rows = ofPool(name);
    const ready = counts(rows).ready;
    const full = rows.filter(live).length >= (pools.get(name)?.maxSize ?? maxSize);
    const warming = rows.some((vm) => ["REQUESTED", "PROVISIONING", "BOOTSTRAPPING"].includes(vm.state));
    const availability: Availability =
      (pools.get(name)?.maxSize ?? 0) === 0
        ? { state: "CLOSED", ready: 0, waitSeconds: null, until: null, reason: why("CLOSED") }
        : ready > 0
          ? { state: "READY_NOW", ready, waitSeconds: null, until: null, reason: null }
          : full && !warming
            ? { state: "AT_CAPACITY", ready: 0, waitSeconds: null, until: iso(Date.now() + 2 * HOUR), reason: { ...why("ALL_IN_USE"), until: iso(Date.now() + 2 * HOUR), machines: rows.filter(live).length } }
            : { state: "WAIT", ready: 0, waitSeconds: { p50: 14, p90: 26 }, until: null, reason: why("STARTING") };
    return { name, title, description, pool: name, vcpus, ramGb, gpus, tags, groups, availability };
  };
  const showAllocation = (a: AllocationRow, me: Me): Allocation => {
    const vm = a.vmId === null ? undefined : vms.get(a.vmId);
    const queued = state(a) === "QUEUED";
    const position = queueOf(a.vmType).indexOf(a) + 1;
    const warming = ofPool(a.vmType).some((one) => ["REQUESTED", "PROVISIONING", "BOOTSTRAPPING"].includes(one.state));
    const secret = me.name === a.user ? "9f2c61" : "";
    return {
      id: a.id,
      vmType: a.vmType,
      pool: a.vmType,
      user: a.user,
      name: a.name,
      priority: 0,
      state: state(a),
      requestedAt: iso(a.requestedAt),
      grantedAt: isoOrNull(a.grantedAt),
      lifetime: "PT12H",
      expiresAt: isoOrNull(a.expiresAt),
      maxExpiresAt: isoOrNull(a.grantedAt === null ? null : a.grantedAt + 14 * DAY),
      endedAt: isoOrNull(a.endedAt),
      endReason: a.endReason,
      position: queued ? position : null,
      estimate: queued ? (warming ? { p50Seconds: 8 + position * 6, p90Seconds: 20 + position * 9 } : { p50Seconds: 5400, p90Seconds: 9000 }) : null,
      waiting: !queued ? null : warming ? why("STARTING") : { ...why("ALL_IN_USE"), until: iso(Date.now() + 2 * HOUR), machines: ofPool(a.vmType).filter(live).length },
      warnedAt: a.reclaimAt === null ? null : iso(Date.now()),
      warning: a.reclaimAt === null ? null : `Nobody has used it; it will be taken back at ${iso(a.reclaimAt)}`,
      reclaim: a.reclaimAt === null ? null : { kind: "ABANDONED", at: iso(a.reclaimAt), unusedSince: a.activity.lastActiveAt ?? iso(a.grantedAt ?? a.requestedAt) },
      activity: a.activity,
      notice: null,
      vm:
        vm === undefined || state(a) !== "ACTIVE"
          ? null
          : {
              id: vm.id,
              cloud: vm.cloud,
              instanceId: `i-${vm.id.slice(0, 8)}`,
              address: address(vm),
              connect: [
                { kind: "jupyter", url: `https://${address(vm)}:8888/?token=${secret}` },
                { kind: "desktop", url: `https://${address(vm)}/desktop/?token=${secret}` },
                { kind: "ssh", command: `ssh ${a.user}@${address(vm)}` },
              ],
              instanceStatus: "RUNNING",
              image: "jupyter-20261122-1f3a9c2",
              hostKeys: HOST_KEYS,
            },
    };
  };
  const address = (vm: VmRow) => `10.20.${parseInt(vm.id.slice(0, 2), 16)}.${parseInt(vm.id.slice(2, 4), 16)}`;
  const showVm = (vm: VmRow): Vm => ({
    id: vm.id,
    pool: vm.pool,
    cloud: vm.cloud,
    image: `daaas-${vm.pool}`,
    flavor: "l3.micro",
    options: vm.cloud === "ireland" ? { spot: "true" } : {},
    instanceId: vm.state === "REQUESTED" ? null : `i-${vm.id.slice(0, 8)}`,
    name: `vmm-demo-${vm.id}`,
    state: vm.state,
    reason: vm.reason,
    address: vm.state === "REQUESTED" || vm.state === "PROVISIONING" ? null : address(vm),
    createdAt: iso(vm.createdAt),
    stateSince: iso(vm.since),
    allocationId: vm.allocationId,
    user: vm.allocationId === null ? null : (allocations.get(vm.allocationId)?.user ?? null),
    held: vm.held,
    holdReason: vm.holdReason,
    heldUntil: null,
    late: false,
    lateSince: null,
    launchReason: vm.timeline[0]?.detail ?? null,
    why: null,
    instanceStatus: vm.state === "READY" || vm.state === "ALLOCATED" ? "RUNNING" : "UNKNOWN",
    guest:
      vm.state === "READY" || vm.state === "ALLOCATED"
        ? { image: "jupyter-20261122-1f3a9c2", readyAt: iso(vm.since), reportedAt: iso(Date.now() - 30 * SECOND), lastActiveAt: vm.state === "READY" ? null : iso(Date.now() - 60 * SECOND), hostKeys: HOST_KEYS }
        : null,
  });
  const showPool = (pool: PoolRow): Pool => {
    const rows = ofPool(pool.name);
    return {
      name: pool.name,
      version: pool.version,
      poolSize: pool.poolSize,
      maxSize: pool.maxSize,
      target: pool.poolSize,
      targetReason: "pool size",
      queued: queueOf(pool.name).length,
      counts: counts(rows),
      placements: [...clouds.keys()].map((cloud, i) => ({
        cloud,
        image: `daaas-${pool.name}`,
        flavor: "l3.micro",
        network: "private",
        options: cloud === "ireland" ? { spot: "true" } : {},
        note: cloud === "harwell" ? "there is no image 'daaas-muon'; did you mean 'daaas-muon-2'?" : null,
        weight: [100, 50, 20][i] ?? 10,
        maxVms: cloud === "ireland" ? 5 : null,
        counts: counts(rows.filter((vm) => vm.cloud === cloud)),
      })),
      vmTypes: [pool.name],
      readyWhen: "guestReport",
      bootTimeout: "PT10M",
      lease: "PT12H",
      maxLifetime: "P14D",
      idleTimeout: "PT24H",
      warning: "PT1H",
      connect: [{ kind: "jupyter", url: "https://{address}:8888/?token={secret}" }],
      launchP50Seconds: 12.4,
      launchP95Seconds: 21.7,
      explanation: null,
    };
  };
  const catalogue = (cloud: string): CloudCatalogue => ({
    flavors: ["l3.micro", "l3.small", "g-h100.x1", ...Array.from({ length: 40 }, (_, n) => `m7i.${n + 1}xlarge`)].map((name, n) => ({ name, vcpus: 2 + (n % 8) * 2, ramGb: 8 + n * 2, gpus: name.startsWith("g-") ? 1 : 0, price: cloud === "ireland" && n < 3 ? 0.2016 * (n + 1) : null })),
    images: TYPES.map(([name]) => ({ id: `3f1c8a52-9d0e-4c55-8a10-${name}`, name: `daaas-${name}` })),
    networks: [{ id: "52630818-f331-4159-98e4-f0c57a269291", name: "private" }],
    currency: cloud === "ireland" ? "GBP" : null,
    readAt: iso(Date.now() - 20 * SECOND),
    failure: cloud === "harwell" ? "unreachable: no answer within PT20S" : null,
  });
  const known = (place: PlacementRequest, n: number) => {
    const near = catalogue(place.cloud).flavors.map(({ name }) => name).filter((name) => name.slice(0, 3) === place.flavor.slice(0, 3));
    if (near.includes(place.flavor)) return;
    const refusal = new Refusal(422, "placement-unknown", "The cloud does not know it", `on ${place.cloud} there is no flavor '${place.flavor}'`, `placements[${n}].flavor`);
    throw Object.assign(refusal, { problem: { ...refusal.problem, errors: refusal.problem.errors?.map((one) => ({ ...one, near: near.slice(0, 3) })) } });
  };
  const showCloud = (cloud: CloudRow): Cloud => {
    const rows = [...vms.values()].filter((vm) => vm.cloud === cloud.name && vm.state !== "DELETED");
    return {
      name: cloud.name,
      kind: "simulated",
      region: cloud.region,
      health: cloud.pauseReason === null ? cloud.health : "PAUSED",
      healthReason: cloud.pauseReason === null ? cloud.healthReason : `paused by admin: ${cloud.pauseReason}`,
      healthSince: iso(Date.now() - 47 * 60 * SECOND),
      paused: cloud.pauseReason !== null,
      pauseReason: cloud.pauseReason,
      live: rows.length,
      maxVms: cloud.maxVms,
      counts: counts(rows),
      probes: [],
      quota: null,
      breakers: [],
      width: null,
      offerings: [],
      credentials: ["applicationCredentialId", "applicationCredentialSecret"],
      placementOptions: cloud.name === "ireland" ? { diskGb: "[1-9][0-9]{0,3}", spot: "true|false" } : {},
      prices: cloud.name === "ireland" ? { currency: "GBP", perHour: { "l3.micro": 0.2016 } } : null,
    };
  };
  /** Good for the plain weekly kind, in the zone of this machine; the service does it properly. */
  const occurrences = (s: ScheduleRow, from: number, to: number) => {
    const [, minute, hours, , , days] = s.cron.split(" ");
    const names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    const on = (day: number) => days === "*" || (days === "MON-FRI" ? day >= 1 && day <= 5 : (days ?? "").split(",").includes(names[day]!));
    const length = /PT(?:(\d+)H)?(?:(\d+)M)?/.exec(s.duration);
    const ms = (Number(length?.[1] ?? 0) * 60 + Number(length?.[2] ?? 0)) * 60 * SECOND;
    const result: { schedule: string; start: number; end: number; target: number }[] = [];
    for (let day = -1; day < 9; day++)
      for (const hour of (hours ?? "0").split(",")) {
        const at = new Date(from + day * DAY);
        at.setHours(Number(hour), Number(minute), 0, 0);
        if (on(at.getDay()) && at.getTime() + ms > from && at.getTime() < to) result.push({ schedule: s.name, start: at.getTime(), end: at.getTime() + ms, target: s.target });
      }
    return result;
  };
  const preview = (pool: PoolRow, from: number, to: number): SchedulePreview => {
    const all = [...schedules.values()].filter((s) => s.pool === pool.name).flatMap((s) => occurrences(s, from, to)).sort((a, b) => a.start - b.start);
    const edges = [...new Set([from, to, ...all.flatMap((o) => [Math.max(from, o.start), Math.min(to, o.end)])])].sort((a, b) => a - b);
    return {
      pool: pool.name,
      points: edges.slice(0, -1).map((at, i) => {
        const active = all.filter((o) => o.start <= at && o.end > at).sort((a, b) => b.target - a.target)[0];
        return { from: iso(at), to: iso(edges[i + 1]!), target: active?.target ?? pool.poolSize, reason: active ? `schedule ${active.schedule}` : "pool size" };
      }),
      occurrences: all.map((o) => ({ ...o, start: iso(o.start), end: iso(o.end) })),
    };
  };
  const showSchedule = (s: ScheduleRow): Schedule => {
    const all = occurrences(s, Date.now(), Date.now() + 8 * DAY);
    const active = all.find((o) => o.start <= Date.now());
    const next = all.find((o) => o.start > Date.now());
    const most = pools.get(s.pool)?.maxSize ?? 0;
    return { ...s, activeUntil: isoOrNull(active?.end ?? null), nextStart: isoOrNull(next?.start ?? null), nextEnd: isoOrNull(next?.end ?? null), notes: s.target > most ? [`target ${s.target} is above max size ${most}: ${most} will be kept`] : [] };
  };

  const showLoop = (name: string): Reconciler => {
    const kind = name.split("-")[0]!;
    const failed = name === "lifecycle-ireland";
    return {
      name,
      kind,
      state: failed ? "FAILED" : "IDLE",
      paused: false,
      everySeconds: { refill: 5, reclaim: 5, orphan: 60, housekeeping: 600 }[kind] ?? 1,
      lastStartedAt: iso(Date.now() - 12 * SECOND),
      lastFinishedAt: iso(Date.now() - 12 * SECOND),
      lastReport: kind === "refill" ? "muon: target 5 (pool size): 4 ready or warming, 1 launched" : "nothing to do",
      lastError: failed ? "ireland: Unreachable: no answer within PT20S" : null,
      holder: kind === "lifecycle" && !failed ? "0199a2b4-7c1e-7d2a-9a52-3f6f7d1c0b11" : null,
      leaseUntil: kind === "lifecycle" && !failed ? iso(Date.now() + 9 * SECOND) : null,
    };
  };
  const usage = (query: URLSearchParams): UsageRow[] => {
    const rows: UsageRow[] = [];
    for (let at = Date.parse(query.get("from") ?? ""); at <= Date.parse(query.get("to") ?? ""); at += DAY)
      for (const [i, vmType] of ["muon", "sans", "vulcan"].entries())
        if (!query.get("vmType") || query.get("vmType") === vmType)
          rows.push({ day: iso(at).slice(0, 10), vmType, requests: 21 - 7 * i, grantedAtOnce: 18 - 7 * i, grantedAfterWait: 2, refused: 0, givenUp: 1, waiting: 0, waitP50Seconds: 0, waitP90Seconds: 12 + 80 * i, machineHours: 71.25 - 20 * i, endReasons: { RELEASED: 9 - i, EXPIRED: 4, NEVER_CONNECTED: i } });
    return rows;
  };

  const page = (items: readonly unknown[], query: URLSearchParams): Reply => {
    const limit = Number(query.get("limit") ?? 100);
    const from = Number(query.get("cursor") ?? 0);
    return { status: 200, body: { items: items.slice(from, from + limit), nextCursor: from + limit < items.length ? String(from + limit) : null } };
  };
  const notFound = () => new Refusal(404, "not-found", "There is no such thing");
  const found = <T>(value: T | undefined): T => {
    if (value === undefined) throw notFound();
    return value;
  };
  const guarded = <T extends { version: number }>(row: T, request: IncomingMessage): T => {
    const match = request.headers["if-match"];
    if (match === undefined) throw new Refusal(428, "precondition-required", "Say which version you have read");
    if (match !== "*" && match !== `"${row.version}"`) throw new Refusal(412, "precondition-failed", "Somebody changed it meanwhile");
    return row;
  };
  const withEtag = (status: number, version: number, body: unknown): Reply => ({ status, body, headers: { ETag: `"${version}"` } });
  const own = (id: string | undefined, me: Me): AllocationRow => {
    const row = found(allocations.get(id ?? ""));
    if (row.user !== me.name && !isOperator(me)) throw notFound();
    return row;
  };

  const weather = (cloud: string, now: Weather): Weather => {
    found(weathers.get(cloud));
    weathers.set(cloud, now);
    publish("cloud", { cloud });
    return now;
  };

  const routes: [method: string, path: string, role: Role, handler: Handler][] = [
    ["GET", "vm-types", "SCIENTIST", ({ me, query }) => page(TYPES.filter((t) => isOperator(me) || t[8].some((g) => me.groups.includes(g))).map(showVmType), query)],
    [
      "POST",
      "allocations",
      "SCIENTIST",
      ({ me, body, request }) => {
        const key = request.headers["idempotency-key"];
        const before = typeof key === "string" ? keys.get(`${me.name} ${key}`) : undefined;
        const type = found(TYPES.find((t) => t[0] === body["vmType"] && (isOperator(me) || t[8].some((g) => me.groups.includes(g)))));
        const id = before ?? randomUUID();
        if (before === undefined) {
          if (body["wait"] === false && counts(ofPool(type[0])).ready === 0) throw new Refusal(503, "pool-exhausted", "None is ready", undefined, undefined, { "Retry-After": "15" });
          allocations.set(id, { id, vmType: type[0], user: me.name, name: (body["name"] as string) ?? null, requestedAt: Date.now(), grantedAt: null, expiresAt: null, endedAt: null, endReason: null, vmId: null, reclaimAt: null, activity: { state: "UNKNOWN", lastActiveAt: null, reportedAt: null, note: null } });
          if (typeof key === "string") keys.set(`${me.name} ${key}`, id);
          publish("allocation", { allocationId: id, pool: type[0], to: "QUEUED" });
          grant();
        }
        const row = allocations.get(id)!;
        return { status: state(row) === "QUEUED" ? 202 : 201, body: showAllocation(row, me), headers: { Location: `/api/v1/allocations/${id}` } };
      },
    ],
    [
      "GET",
      "allocations",
      "SCIENTIST",
      ({ me, query }) => {
        const states = query.getAll("state").flatMap((s) => s.split(","));
        const user = isOperator(me) ? query.get("user") : me.name;
        const rows = [...allocations.values()].filter((a) => (states.length === 0 || states.includes(state(a))) && (user === null || a.user === user) && (!query.get("vmType") || a.vmType === query.get("vmType")));
        return page(rows.sort((a, b) => b.requestedAt - a.requestedAt).map((a) => showAllocation(a, me)), query);
      },
    ],
    ["GET", "allocations/:", "SCIENTIST", ({ me, path }) => ({ status: 200, body: showAllocation(own(path[0], me), me) })],
    [
      "DELETE",
      "allocations/:",
      "SCIENTIST",
      ({ me, path }) => {
        const row = own(path[0], me);
        end(row, state(row) === "QUEUED" ? "CANCELLED" : "RELEASED");
        return { status: 200, body: showAllocation(row, me) };
      },
    ],
    [
      "POST",
      "allocations/:/extension",
      "SCIENTIST",
      ({ me, path, body }) => {
        const row = own(path[0], me);
        if (row.expiresAt === null || row.endedAt !== null) throw new Refusal(409, "already-ended", "It has ended");
        const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(body["by"]))?.slice(1).map((n) => Number(n ?? 0));
        if (parts === undefined) throw new Refusal(422, "validation-failed", "The request is not valid", "is no ISO 8601 duration", "by");
        const until = row.expiresAt + (((parts[0]! * 24 + parts[1]!) * 60 + parts[2]!) * 60 + parts[3]!) * SECOND;
        if (until > row.grantedAt! + 14 * DAY) throw new Refusal(409, "lifetime-exceeded", "It cannot be kept that long");
        row.expiresAt = until;
        row.reclaimAt = null;
        publish("allocation", { allocationId: row.id, pool: row.vmType });
        return { status: 200, body: showAllocation(row, me) };
      },
    ],
    ["GET", "pools", "ADMIN", ({ query }) => page([...pools.values()].map(showPool), query)],
    ["GET", "pools/:", "ADMIN", ({ path }) => ((pool) => withEtag(200, pool.version, showPool(pool)))(found(pools.get(path[0]!)))],
    [
      "PATCH",
      "pools/:",
      "ADMIN",
      ({ path, body, query, request }) => {
        const pool = guarded(found(pools.get(path[0]!)), request);
        const { placements, ...sizes } = body as Partial<PoolRow> & { placements?: PlacementRequest[] };
        if (query.get("unchecked") !== "true") placements?.forEach(known);
        const next = { ...pool, ...sizes };
        if (next.poolSize > next.maxSize) throw new Refusal(422, "validation-failed", "The request is not valid", `must be at most maxSize (${next.maxSize})`, "poolSize");
        Object.assign(pool, next, { version: pool.version + 1 });
        publish("pool", { pool: pool.name });
        return withEtag(200, pool.version, showPool(pool));
      },
    ],
    ["GET", "decisions", "OPERATOR", ({ query }) => page(decisions.filter((d) => !query.get("pool") || d.pool === query.get("pool")), query)],
    ["GET", "schedules", "ADMIN", ({ query }) => page([...schedules.values()].filter((s) => !query.get("pool") || s.pool === query.get("pool")).map(showSchedule), query)],
    [
      "GET",
      "schedules/preview",
      "ADMIN",
      ({ query }) => {
        const from = Date.parse(query.get("from") ?? iso(Date.now()));
        const to = Date.parse(query.get("to") ?? iso(from + 7 * DAY));
        const names = query.get("pool") ? [query.get("pool")!] : [...new Set([...schedules.values()].map((s) => s.pool))];
        return page(names.map((name) => preview(found(pools.get(name)), from, to)), new URLSearchParams());
      },
    ],
    [
      "POST",
      "schedules",
      "ADMIN",
      ({ body }) => {
        const row = { ...(body as unknown as ScheduleRow), version: 1 };
        if (schedules.has(row.name)) throw new Refusal(409, "conflict", "There is a schedule of that name");
        if (row.cron.split(" ").length !== 6) throw new Refusal(422, "validation-failed", "The request is not valid", "must have six fields", "cron");
        schedules.set(row.name, row);
        publish("schedule", { pool: row.pool });
        return withEtag(201, 1, showSchedule(row));
      },
    ],
    ["GET", "schedules/:", "ADMIN", ({ path }) => ((s) => withEtag(200, s.version, showSchedule(s)))(found(schedules.get(path[0]!)))],
    [
      "PATCH",
      "schedules/:",
      "ADMIN",
      ({ path, body, request }) => {
        const row = guarded(found(schedules.get(path[0]!)), request);
        Object.assign(row, body, { version: row.version + 1 });
        publish("schedule", { pool: row.pool });
        return withEtag(200, row.version, showSchedule(row));
      },
    ],
    [
      "DELETE",
      "schedules/:",
      "ADMIN",
      ({ path, request }) => {
        const row = guarded(found(schedules.get(path[0]!)), request);
        schedules.delete(row.name);
        publish("schedule", { pool: row.pool });
        return { status: 204 };
      },
    ],
    ["GET", "clouds", "ADMIN", ({ query }) => page([...clouds.values()].map(showCloud), query)],
    ["GET", "clouds/:", "ADMIN", ({ path }) => ({ status: 200, body: showCloud(found(clouds.get(path[0]!))) })],
    ["GET", "clouds/:/catalogue", "ADMIN", ({ path }) => ({ status: 200, body: catalogue(found(clouds.get(path[0]!)).name) })],
    ["GET", "clouds/:/history", "OPERATOR", ({ path, query }) => page(found(clouds.get(path[0]!)) && [], query)],
    ["GET", "clouds/:/maintenance-windows", "OPERATOR", ({ path, query }) => page(found(clouds.get(path[0]!)) && [], query)],
    ["GET", "simulated-clouds/:/weather", "OPERATOR", ({ path }) => ({ status: 200, body: found(weathers.get(path[0]!)) })],
    ["PUT", "simulated-clouds/:/weather", "ADMIN", ({ path, body }) => ({ status: 200, body: weather(path[0]!, { ...CALM, ...body }) })],
    ["PATCH", "simulated-clouds/:/weather", "ADMIN", ({ path, body }) => ({ status: 200, body: weather(path[0]!, { ...found(weathers.get(path[0]!)), ...body }) })],
    ["DELETE", "simulated-clouds/:/weather", "ADMIN", ({ path }) => ({ status: 200, body: weather(path[0]!, CALM) })],
    ["GET", "maintenance-windows", "OPERATOR", ({ query }) => page([], query)],
    [
      "POST",
      "clouds/:/pause",
      "ADMIN",
      ({ path, body }) => {
        const cloud = found(clouds.get(path[0]!));
        cloud.pauseReason = body["paused"] === true ? String(body["reason"] ?? "no reason given") : null;
        publish("cloud", { cloud: cloud.name });
        return { status: 200, body: showCloud(cloud) };
      },
    ],
    [
      "GET",
      "vms",
      "OPERATOR",
      ({ query }) => {
        const states = query.getAll("state").flatMap((s) => s.split(","));
        const rows = [...vms.values()].filter((vm) => (states.length === 0 ? vm.state !== "DELETED" : states.includes(vm.state)));
        return page(rows.sort((a, b) => b.createdAt - a.createdAt).map(showVm), query);
      },
    ],
    ["GET", "vms/:", "OPERATOR", ({ path }) => ((vm) => ({ status: 200, body: { ...showVm(vm), timeline: vm.timeline } satisfies VmWithTimeline }))(found(vms.get(path[0]!)))],
    [
      "POST",
      "vms/:/hold",
      "OPERATOR",
      ({ me, path, body }) => {
        const vm = found(vms.get(path[0]!));
        vm.held = body["held"] === true;
        vm.holdReason = vm.held ? String(body["reason"]) : null;
        vm.timeline.push({ at: iso(Date.now()), from: vm.state, to: vm.state, reason: vm.held ? "HELD" : "HOLD_RELEASED", detail: vm.holdReason, actor: me.name });
        publish("vm", { vmId: vm.id, pool: vm.pool, cloud: vm.cloud });
        return { status: 200, body: showVm(vm) };
      },
    ],
    [
      "DELETE",
      "vms/:",
      "OPERATOR",
      ({ me, path, query }) => {
        const vm = found(vms.get(path[0]!));
        if (vm.held && query.get("held") !== "true") throw new Refusal(409, "conflict", "It is held");
        vm.held = false;
        const claim = vm.allocationId === null ? undefined : allocations.get(vm.allocationId);
        if (live(vm)) become(vm, "DELETING", "FORCED", `by ${me.name}`, me.name);
        if (claim !== undefined) end(claim, "FORCED");
        return { status: 202, body: showVm(vm) };
      },
    ],
    ["GET", "usage", "ADMIN", ({ query }) => ({ status: 200, body: { from: query.get("from"), to: query.get("to"), items: usage(query), nextCursor: null } })],
    ["GET", "reconcilers", "ADMIN", () => page(["grant", "housekeeping", ...[...clouds.keys()].map((c) => `lifecycle-${c}`), ...[...clouds.keys()].map((c) => `orphan-${c}`), "publish", "reclaim", "refill"].map(showLoop), new URLSearchParams())],
  ];

  const whoIs = (request: IncomingMessage): Me | null => {
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "");
    const [given, password] = basic ? Buffer.from(basic[1]!, "base64").toString().split(":") : [];
    const name = given !== undefined && PEOPLE[given]?.password === password ? given : sessions.get(cookies(request)["JSESSIONID"] ?? "");
    const person = name === undefined ? undefined : PEOPLE[name];
    return name === undefined || person === undefined ? null : { name, roles: person.roles, groups: person.groups };
  };
  const cookies = (request: IncomingMessage) => Object.fromEntries((request.headers.cookie ?? "").split("; ").map((c) => c.split("=") as [string, string]));

  const handle = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<Reply | null> => {
    const method = request.method ?? "GET";
    const text = await new Promise<string>((resolve) => {
      let sum = "";
      request.on("data", (chunk: Buffer) => (sum += chunk.toString()));
      request.on("end", () => resolve(sum));
    });
    if (cookies(request)["XSRF-TOKEN"] === undefined) response.appendHeader("Set-Cookie", `XSRF-TOKEN=${randomUUID()}; Path=/`);
    const bySession = request.headers.authorization === undefined;
    if (method !== "GET" && bySession && (request.headers["x-xsrf-token"] ?? "") !== cookies(request)["XSRF-TOKEN"]) throw new Refusal(403, "forbidden", "The request does not come from a page of this service");

    if (url.pathname === "/login") {
      const form = new URLSearchParams(text);
      const name = form.get("username") ?? "";
      if (PEOPLE[name]?.password !== form.get("password")) throw new Refusal(401, "unauthorized", "Name and password do not belong together");
      const id = randomUUID();
      sessions.set(id, name);
      response.appendHeader("Set-Cookie", `JSESSIONID=${id}; Path=/; HttpOnly; SameSite=Lax`);
      return { status: 204 };
    }
    if (url.pathname === "/logout") {
      sessions.delete(cookies(request)["JSESSIONID"] ?? "");
      return { status: 204 };
    }
    const rest = url.pathname.replace(/^\/api\/v1\//, "").split("/").map(decodeURIComponent);
    const me = whoIs(request);
    if (rest[0] === "session") return { status: 200, body: { me, demo: Object.entries(PEOPLE).map(([name, p]) => ({ name, password: p.password, what: p.what })) } };
    if (me === null) throw new Refusal(401, "unauthorized", "You are not signed in");
    if (rest[0] === "events") {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(": hello\n\n");
      const last = Number(request.headers["last-event-id"] ?? NaN);
      for (const event of past) if (event.seq > last && concerns(me, event)) response.write(sse(event));
      const stream = { me, response };
      streams.add(stream);
      request.on("close", () => streams.delete(stream));
      response.on("close", () => streams.delete(stream));
      return null;
    }
    for (const [verb, pattern, role, handler] of routes) {
      const want = pattern.split("/");
      if (verb !== method || want.length !== rest.length || !want.every((part, i) => part === ":" || part === rest[i])) continue;
      if ((role === "ADMIN" && !me.roles.includes("ADMIN")) || (role === "OPERATOR" && !isOperator(me))) throw new Refusal(403, "forbidden", "Your role is too low");
      const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
      return handler({ me, path: rest.filter((_, i) => want[i] === ":"), query: url.searchParams, body, request });
    }
    throw notFound();
  };

  seed();
  setInterval(tick, 500).unref();
  setInterval(() => streams.forEach(({ response }) => response.write(": still here\n\n")), 15 * SECOND).unref();

  return (request, response, next) => {
    const url = new URL(request.url ?? "/", "http://mock");
    const ours = url.pathname.startsWith("/api/") || (request.method === "POST" && ["/login", "/logout"].includes(url.pathname));
    if (!ours) return next();
    handle(request, response, url)
      .then((reply) => {
        if (reply === null) return;
        response.writeHead(reply.status, { ...(reply.body === undefined ? {} : { "Content-Type": "application/json" }), ...reply.headers });
        response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
      })
      .catch((error: unknown) => {
        const refusal = error instanceof Refusal ? error : new Refusal(500, "internal-error", String(error));
        response.writeHead(refusal.problem.status, { "Content-Type": "application/problem+json", ...refusal.headers });
        response.end(JSON.stringify({ ...refusal.problem, instance: url.pathname }));
      });
  };
}
