import { describe, expect, it } from "vitest";
import { SseReader } from "../api/sse.ts";
import { alternatives } from "./alternatives.ts";
import { breakerKind, breakerWaits, effectWords, heldWords, type Known, noBreakersWords, notCountedWords, probeSays, quotaWords, standingWords, telling } from "./clouds.ts";
import type { Breaker, MaintenanceKind, WaitCode, WaitReason } from "../api/schema.d.ts";
import { anotherWords, availabilityTone, availabilityWords, etaWords, ordinal, startWords, waitWords } from "./availability.ts";
import { niceMost } from "../ui/StepChart.tsx";
import { cronOf, cronWords, weeklyOf } from "./cron.ts";
import { advice, ALLOCATION_STATES, CLOUD_HEALTH, endWords, said, VM_STATES } from "./states.ts";
import { amount, choicesOf, draftOf, NEW_DRAFT, optionWords, priceWords, requestOf, sizeWords } from "./placements.ts";
import { reclaimWords } from "./reclaim.ts";
import { likelyWords, noneWords, waitingWords } from "./waiting.ts";
import { PRESETS, presetOf, WEATHER_FIELDS, weatherValue } from "./weather.ts";
import { betweenWords, concernWords, instantOf, leadWords, localInput, sessionWords, timesWrong, toCome, verdict, WINDOW_KINDS, WINDOW_STATES } from "./windows.ts";
import { dayAndTime, durationWords, isoOf, localTimes, moment, relative, roughly, roughlyWithin, secondsOf, span } from "./time.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const now = new Date(2026, 10, 20, 10, 0, 0);
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

describe("placements", () => {
  const prices = { currency: "GBP", perHour: { "m7i.xlarge": 0.2016, tiny: 0.00521, free: 0, big: 12.5 } };

  it("tells what a flavor costs, where somebody said it", () => {
    expect(priceWords(prices, "m7i.xlarge")).toBe("about 0.20 GBP an hour each");
    expect(priceWords(prices, "free")).toBe("about 0 GBP an hour each");
    expect(priceWords(prices, "unheard")).toBeNull();
    expect(priceWords(null, "m7i.xlarge")).toBeNull();
    expect(amount(0.00521)).toBe("0.0052");
    expect(amount(12.5)).toBe("12.50");
  });

  it("names options as short as they can be", () => {
    expect(optionWords({ spot: "true", diskGb: "40", fast: "false" })).toBe("diskGb 40, spot");
    expect(optionWords({})).toBe("");
  });

  it("offers choices where the pattern is a list of words", () => {
    expect(choicesOf("true|false")).toEqual(["true", "false"]);
    expect(choicesOf("[1-9][0-9]{0,3}")).toBeNull();
    expect(choicesOf("a|b.c")).toBeNull();
  });

  it("says sizes", () => {
    expect(sizeWords({ vcpus: 1, ramGb: 0.5, gpus: 0 })).toBe("1 core, 0.5 GB");
    expect(sizeWords({ vcpus: 12, ramGb: 128, gpus: 1 })).toBe("12 cores, 128 GB, 1 GPU");
  });

  it("sends back what it was given, and leaves empty boxes out", () => {
    const counts = { requested: 0, provisioning: 0, bootstrapping: 0, ready: 0, allocated: 0, deleting: 0 };
    const place = { cloud: "ireland", image: "ami-0abc", flavor: "m7i.xlarge", network: null, options: { spot: "true" }, note: null, weight: 20, maxVms: 5, counts };
    expect(requestOf(draftOf(place))).toEqual({ cloud: "ireland", image: "ami-0abc", flavor: "m7i.xlarge", options: { spot: "true" }, weight: 20, maxVms: 5 });
    expect(requestOf({ ...NEW_DRAFT, cloud: "a", image: " i ", flavor: "f", network: "n", options: { spot: "" } })).toEqual({ cloud: "a", image: "i", flavor: "f", network: "n", weight: 100 });
  });
});

describe("durations", () => {
  it.each([
    ["PT8S", 8],
    ["PT12H", 43_200],
    ["P14D", 1_209_600],
    ["P1DT2H3M4S", 93_784],
    ["PT1.5S", 1.5],
  ])("reads %s", (iso, seconds) => expect(secondsOf(iso)).toBe(seconds));

  it.each(["", "P", "PT", "12h", "P1M"])("does not take %j", (iso) => expect(secondsOf(iso)).toBeNaN());

  it("writes what it reads", () => {
    for (const iso of ["PT8S", "PT12H", "P14D", "P1DT2H3M4S", "PT0S"]) expect(isoOf(secondsOf(iso))).toBe(iso);
  });

  it.each([
    [0, "0 s"],
    [59.6, "1 min"],
    [80, "1 min 20 s"],
    [3600, "1 h"],
    [3605, "1 h"],
    [507_600, "5 d 21 h"],
  ])("says %d s as %s", (seconds, words) => expect(plain(span(seconds))).toBe(words));

  it("leaves what is no duration as it is", () => {
    expect(plain(durationWords("PT90M"))).toBe("1 h 30 min");
    expect(durationWords("soon")).toBe("soon");
  });

  it.each([
    [3, "a few seconds"],
    [22, "20 s"],
    [56, "1 min"],
    [250, "4 min"],
    [5400, "1½ h"],
    [1900, "32 min"],
    [3100, "1 h"],
    [172_800, "2 d"],
  ])("guesses %d s as %s", (seconds, words) => expect(plain(roughly(seconds))).toBe(words));

  it.each([
    [7, "a few seconds"],
    [20, "20 s"],
    [21.8, "25 s"],
    [61, "2 min"],
    [3700, "1½ h"],
    [90_000, "2 d"],
  ])("bounds %d s by %s", (seconds, words) => expect(plain(roughlyWithin(seconds))).toBe(words));
});

describe("moments", () => {
  it("are as short as can be", () => {
    expect(moment(later(3600), now)).toBe("11:00");
    expect(moment(later(86_400), now)).toBe("tomorrow 10:00");
    expect(moment(later(-86_400), now)).toBe("yesterday 10:00");
    expect(moment(later(6 * 86_400), now)).toBe("Thu 26 Nov 10:00");
  });

  it("keep to the zone that is asked for", () => {
    expect(moment(new Date("2026-11-20T23:30:00Z"), new Date("2026-11-20T20:00:00Z"), "Europe/Berlin")).toBe("tomorrow 00:30");
  });

  it("stand in a sentence", () => {
    expect(dayAndTime(later(3600), now)).toBe("today at 11:00");
    expect(dayAndTime(later(86_400), now)).toBe("tomorrow at 10:00");
    expect(dayAndTime(later(6 * 86_400), now)).toBe("on Thu 26 Nov at 10:00");
  });

  it("are of the browser's zone in words of the service", () => {
    const at = new Date("2026-11-20T08:00:00Z");
    expect(localTimes("ABANDONED at 2026-11-20T09:05:00Z, since 2026-11-19T09:05:07.123Z", at, "Europe/Berlin")).toBe("ABANDONED at 10:05, since yesterday 10:05");
    expect(localTimes("no time", at)).toBe("no time");
  });

  it("are of the browser's zone in the time of a window", () => {
    const at = new Date("2026-11-21T12:00:00Z");
    const said = (text: string) => localTimes(`maintenance window 'new switches' from ${text}`, at, "Europe/Berlin").replace("maintenance window 'new switches' ", "");
    expect(said("2026-11-21 13:31 to 13:51 UTC")).toBe("from 14:31 to 14:51");
    expect(said("2026-11-21 22:31 to 23:51 UTC")).toBe("from 23:31 to tomorrow 00:51");
    expect(said("2026-11-21 23:31 to 23:51 UTC, which")).toBe("from tomorrow 00:31 to 00:51, which");
    expect(said("2026-11-26 08:00 to 2026-11-27 18:00 UTC")).toBe("from Thu 26 Nov 09:00 to Fri 27 Nov 19:00");
  });

  it("stand with durations in words", () => {
    const said = (text: string) => plain(localTimes(text, now));
    expect(said("not ready after PT43.598583S")).toBe("not ready after 44 s");
    expect(said("lease PT12H → P14D, at most maxLifetime (PT336H)")).toBe("lease 12 h → 14 d, at most maxLifetime (14 d)");
    expect(said("no report after PT10M.")).toBe("no report after 10 min.");
    expect(said("no answer within PT1M30S, since " + later(3600).toISOString())).toBe("no answer within 1 min 30 s, since 11:00");
    for (const name of ["VPT10M", "PT10M-node", "img-P2D", "P", "PT", "PT5", "PTS", "P4", "POST", "PT10Mx"]) expect(said(name)).toBe(name);
  });

  it("stand to now", () => {
    expect(relative(later(5), now)).toBe("now");
    expect(plain(relative(later(80), now))).toBe("in 1 min 20 s");
    expect(plain(relative(later(-7265), now))).toBe("2 h 1 min ago");
  });
});

describe("a reclaim", () => {
  const at = later(4 * 3600 + 300).toISOString();

  it("says when and why", () => {
    expect(plain(reclaimWords({ kind: "ABANDONED", at, unusedSince: later(-5 * 3600).toISOString() }, now))).toBe("This machine will be taken back today at 14:05 because nobody has used it for 5 h.");
    expect(plain(reclaimWords({ kind: "NEVER_CONNECTED", at, unusedSince: later(-1800).toISOString() }, now))).toBe("This machine will be taken back today at 14:05 because nobody has used it since it became yours, 30 min ago.");
  });

  it("that is due is due", () => expect(reclaimWords({ kind: "ABANDONED", at: later(-1).toISOString(), unusedSince: later(-3600).toISOString() }, now)).toContain("any moment now"));
});

describe("availability", () => {
  const none = { since: null, until: null, places: [], machines: null } as const;
  const base = { ready: 0, waitSeconds: null, until: null, reason: null } as const;

  it.each([
    [{ ...base, state: "READY_NOW", ready: 5 }, "Ready now", "Start – ready now"],
    [{ ...base, state: "WAIT", waitSeconds: { p50: 250, p90: 430 } }, "About 4 min (usually under 8)", "Wait for one"],
    [{ ...base, state: "WAIT" }, "No estimate", "Wait for one"],
    [{ ...base, state: "WAIT", reason: { ...none, code: "STARTING" } }, "No estimate: no start was timed yet", "Wait for one"],
    [{ ...base, state: "WAIT", reason: { ...none, code: "TROUBLE", since: later(-2880).toISOString(), places: ["harwell"] } }, "No estimate: clouds have trouble", "Wait for one"],
    [{ ...base, state: "WAIT", reason: { ...none, code: "MAINTENANCE", until: later(28_800).toISOString(), places: ["harwell"] } }, "No estimate: maintenance until 18:00", "Wait for one"],
    [{ ...base, state: "AT_CAPACITY", until: later(15_600).toISOString(), reason: { ...none, code: "NO_ROOM" } }, "No room – next likely 14:20", "Wait for one"],
    [{ ...base, state: "AT_CAPACITY", until: later(15_600).toISOString() }, "All in use – next likely 14:20", "Wait for one"],
    [{ ...base, state: "AT_CAPACITY", until: later(-60).toISOString() }, "All in use", "Wait for one"],
    [{ ...base, state: "CLOSED", until: later(18_000).toISOString() }, "Closed until 15:00", null],
    [{ ...base, state: "CLOSED" }, "Closed", null],
  ] as const)("%j", (availability, words, button) => {
    expect(plain(availabilityWords(availability, now))).toBe(words);
    expect(startWords(availability)).toBe(button);
  });

  it("does not repeat itself when there is no spread, and names both units when they differ", () => {
    expect(plain(waitWords(230, 240))).toBe("About 4 min");
    expect(plain(waitWords(12, 21.8))).toBe("About 10 s (usually under 25)");
    expect(plain(waitWords(3, 20))).toBe("A few seconds (usually under 20 s)");
    expect(plain(waitWords(30, 130))).toBe("About 30 s (usually under 3 min)");
  });

  it("says when", () => expect(plain(etaWords({ p50Seconds: 240, p90Seconds: 420 }, now))).toBe("About 4 min (usually under 7), so likely by 10:04"));

  it("promises another only where one is ready", () => {
    expect(anotherWords({ state: "READY_NOW" })).toBe("Start another");
    expect(anotherWords({ state: "WAIT" })).toBe("Wait for another");
    expect(anotherWords({ state: "AT_CAPACITY" })).toBe("Wait for another");
  });

  it("counts", () => expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th"]));
});

describe("instead of a type", () => {
  const type = (name: string, vcpus: number, ramGb: number, gpus = 0, state: "READY_NOW" | "WAIT" = "READY_NOW", groups = ["Muon"]) => ({ name, vcpus, ramGb, gpus, groups, availability: { ...{ ready: 1, waitSeconds: null, until: null, reason: null }, state } });
  const names = (wanted: ReturnType<typeof type>, ...all: ReturnType<typeof type>[]) => {
    const { types, alike } = alternatives(wanted, [wanted, ...all]);
    return [alike, ...types.map(({ name }) => name)];
  };
  const wanted = type("wanted", 8, 32, 0, "WAIT");

  it("are two of its group and size that are ready", () => {
    expect(names(wanted, type("busy", 8, 32, 0, "WAIT"), type("foreign", 8, 32, 0, "READY_NOW", ["Laser"]), type("a", 8, 32), type("huge", 64, 512), type("b", 4, 16), type("c", 16, 64))).toEqual([true, "a", "b"]);
    expect(names(wanted)).toEqual([false]);
  });

  it("are not said to be the same in another size", () => expect(names(wanted, type("tiny", 1, 2), type("lean", 8, 8))).toEqual([false, "tiny", "lean"]));

  it("have no fewer graphics cards, and none where none is needed", () => {
    expect(names(type("wanted", 8, 32, 2, "WAIT"), type("none", 8, 32), type("one", 8, 32, 1), type("two", 8, 32, 2), type("four", 16, 64, 4))).toEqual([true, "two", "four"]);
    expect(names(wanted, type("cards", 8, 32, 1))).toEqual([false]);
  });
});

describe("whoever waits", () => {
  const reason = (code: string, facts: Partial<WaitReason> = {}): WaitReason => ({ since: null, until: null, places: [], machines: null, ...facts, code: code as WaitCode });
  const nine = later(-2880).toISOString();
  const eleven = later(3600).toISOString();
  const six = later(28_800).toISOString();

  it.each([
    [reason("READY"), 1, "One is ready and is being handed out; it is yours in a moment."],
    [reason("STARTING"), 1, "One is starting; you are next in line and get the first that is ready for you."],
    [reason("LATE", { since: nine }), 2, "Those that are starting take longer than usual since 09:12; you are 2nd in line and get the first that is ready for you."],
    [reason("ALL_IN_USE", { until: eleven, machines: 40 }), 3, "All 40 are in use; the next lease ends today at 11:00; you are 3rd in line and get the first that is ready for you."],
    [reason("ALL_IN_USE", { until: nine, machines: 1 }), 3, "The only one is in use; you are 3rd in line and get the first that is ready for you."],
    [reason("ALL_IN_USE"), 3, "All are in use or go to people who asked before; you are 3rd in line and get the first that is ready for you."],
    [reason("MAINTENANCE", { until: six, places: ["harwell"] }), 1, "Maintenance of harwell until 18:00; you are next in line and get the first that is ready for you."],
    [reason("MAINTENANCE", { until: six, places: ["harwell", "didcot"] }), 1, "Maintenance of harwell and didcot; the first is back today at 18:00; you are next in line and get the first that is ready for you."],
    [reason("PAUSED"), 1, "Those who run this service have paused the start of new ones; you are next in line and get the first that is ready for you."],
    [reason("TROUBLE", { since: nine, places: ["harwell", "didcot"] }), 3, "No cloud for this type can start one now: harwell and didcot have trouble since 09:12; you are 3rd in line and get the first that is ready for you. We keep trying."],
    [reason("RETURNING", { places: ["harwell"] }), 1, "Harwell is coming back and starts only a few at a time; you are next in line and get the first that is ready for you."],
    [reason("NO_ROOM"), 1, "The clouds for this type are full; you are next in line and get the first that is ready for you."],
    [reason("NO_ROOM", { until: eleven, places: ["harwell"] }), 1, "Harwell has trouble, and the other clouds for this type are full; the next lease ends today at 11:00; you are next in line and get the first that is ready for you."],
    [reason("CLOSED"), 1, "This type is closed; your place is kept until it opens."],
    [reason("SOMETHING_NEW"), 2, "You are 2nd in line and get the first that is ready for you."],
    [null, 2, "You are 2nd in line and get the first that is ready for you."],
  ])("knows why: %j", (waiting, position, words) => expect(waitingWords({ waiting, position }, now)).toBe(words));

  it("and whoever has not asked yet, too", () => {
    expect(noneWords(reason("TROUBLE", { since: nine, places: ["harwell"] }), now)).toBe("No cloud for this type can start one now: harwell has trouble since 09:12. We keep trying.");
    expect(noneWords(reason("STARTING"), now)).toBe("One is starting.");
    expect(noneWords(reason("CLOSED"), now)).toBeNull();
    expect(noneWords(null, now)).toBeNull();
  });

  it("has an estimate only if there is one", () => {
    expect(plain(likelyWords({ estimate: { p50Seconds: 250, p90Seconds: 430 }, waiting: reason("STARTING") }, now))).toBe("About 4 min (usually under 8)");
    for (const [code, words] of [["READY", "one is ready"], ["LATE", "starts are late"], ["ALL_IN_USE", "all in use"], ["MAINTENANCE", "maintenance"], ["PAUSED", "starts are paused"], ["TROUBLE", "clouds have trouble"], ["RETURNING", "a cloud is coming back"], ["NO_ROOM", "the clouds are full"], ["CLOSED", "closed"]] as const)
      expect(likelyWords({ estimate: null, waiting: reason(code) }, now)).toBe(`No estimate: ${words}`);
    expect(likelyWords({ estimate: null, waiting: reason("SOMETHING_NEW") }, now)).toBe("No estimate");
  });

  it("sees trouble in its colour", () => {
    const availability = { state: "WAIT", ready: 0, waitSeconds: null, until: null } as const;
    expect(availabilityTone({ ...availability, reason: reason("TROUBLE") })).toBe("bad");
    expect(availabilityTone({ ...availability, reason: reason("MAINTENANCE") })).toBe("info");
    expect(availabilityTone({ ...availability, reason: reason("STARTING") })).toBe("wait");
  });
});

describe("states", () => {
  it("have words and a tone each", () => {
    for (const states of [ALLOCATION_STATES, VM_STATES, CLOUD_HEALTH]) for (const { word, tone } of Object.values(states)) expect(word && tone).toBeTruthy();
    expect(said(VM_STATES, "HALF_ASLEEP")).toEqual({ word: "Half asleep", tone: "info" });
  });

  it("end for reasons, also new ones", () => {
    expect(endWords("ABANDONED")).toBe("Nobody had used it for a long time.");
    expect(endWords("OUT_OF_LUCK")).toBe("Out of luck.");
    expect(endWords(null)).toBe("It has ended.");
  });

  it("advise on problems", () => expect(advice({ type: "urn:vmm:problem:quota-exceeded", title: "", status: 409 })).toMatch(/Release/));
});

describe("cron", () => {
  it.each([
    ["0 30 7 * * MON-FRI", "Mon–Fri at 07:30"],
    ["0 0 9 * * *", "Every day at 09:00"],
    ["0 0 9 ? * MON,WED,SAT-SUN", "Mon, Wed, Sat–Sun at 09:00"],
    ["0 45 7,15,23 * * *", "Every day at 07:45, 15:45, 23:45"],
    ["0 45 7,25 * * *", "0 45 7,25 * * *"],
    ["0 0/5 9 * * *", "0 0/5 9 * * *"],
    ["0 0 9 1 * *", "0 0 9 1 * *"],
    ["0 0 9 * * FRI-MON", "0 0 9 * * FRI-MON"],
  ])("%s", (cron, words) => expect(cronWords(cron)).toBe(words));

  it("is written as it is read", () => {
    for (const cron of ["0 30 7 * * MON-FRI", "0 0 9 * * *", "0 5 23 * * MON,WED,SAT-SUN"]) expect(cronOf(weeklyOf(cron)!)).toBe(cron);
  });
});

describe("event stream", () => {
  it("comes in pieces", () => {
    const reader = new SseReader();
    expect(reader.read(": hello\n\nid: 7\nevent: vm\nda")).toEqual([]);
    expect(reader.read('ta: {"seq":7}\n\n')).toEqual([{ id: "7", event: "vm", data: '{"seq":7}' }]);
    expect(reader.read("data: a\r\ndata: b\r\n\r\n")).toEqual([{ id: "7", event: "message", data: "a\nb" }]);
  });
});

describe("the scale of a chart", () => {
  it("has a round half", () => expect([1, 2, 3, 5, 7, 15, 20, 21, 65, 161, 1000].map(niceMost)).toEqual([2, 2, 4, 6, 8, 16, 20, 24, 80, 200, 1000]));
});

describe("a breaker", () => {
  const open = { kind: "UNREACHABLE", state: "OPEN", strikes: 2, until: later(840).toISOString(), canary: null } as const;

  it.each([
    [open, "no canary before 10:14 (in 14 min)"],
    [{ ...open, until: later(-5).toISOString() }, "a canary is due"],
    [{ ...open, until: later(5).toISOString() }, "a canary is due"],
    [{ ...open, kind: "LATE" }, "used only where nothing better has room; no canary before 10:14 (in 14 min)"],
    [{ ...open, kind: "LATE", state: "HALF_OPEN" }, "used only where nothing better has room; a canary is due"],
    [{ ...open, kind: "LATE", state: "CLOSED", strikes: 1 }, "launches go on; 1 failure so far"],
    [{ ...open, until: null }, "open until what it waits for is well again"],
    [{ ...open, state: "HALF_OPEN" }, "half open: the next launch is its canary"],
    [{ ...open, state: "HALF_OPEN", canary: "01980a2b-0000-7000-8000-000000000001" }, "half open: canary 01980a2b… is booting"],
    [{ ...open, state: "CLOSED", strikes: 1 }, "launches go on; 1 failure so far"],
  ] as const)("%j", (breaker, words) => expect(plain(breakerWaits(breaker, now))).toBe(words));

  it("stands in one line with the others, the whole cloud first", () => {
    const of = { ...open, image: null, since: now.toISOString(), reason: "" };
    expect(standingWords([])).toBeNull();
    expect(standingWords([{ ...of, state: "CLOSED", flavor: null, kind: "LATE" }])).toBeNull();
    expect(
      standingWords([
        { ...of, flavor: "l3.micro", image: "tiny", kind: "LATE" },
        { ...of, flavor: null, kind: "UNREACHABLE" },
      ]),
    ).toBe("the whole cloud (creates are not answered); l3.micro with tiny (boots are late)");
    expect(breakerKind("MOON_PHASE")).toBe("Moon phase");
  });
});

describe("a cloud", () => {
  const breaker = (kind: Breaker["kind"], of: Partial<Breaker> = {}): Breaker => ({ flavor: null, image: null, kind, state: "OPEN", strikes: 2, since: now.toISOString(), until: later(60).toISOString(), reason: "HTTP 503", canary: null, ...of });
  const late = breaker("LATE", { flavor: "l3.micro", image: "tiny", reason: "not ready after PT40S" });
  const since = `, since ${now.toISOString()}`;
  const cloud = (health: Known["health"], healthReason: string | null = null, more: Partial<Known> = {}): Known => ({ health, healthReason, width: null, breakers: [], probes: [], ...more });

  it("says how wide it is while it recovers", () => {
    expect(effectWords(cloud("RECOVERING", null, { width: 1 }))).toContain("one machine may prepare at once");
    expect(effectWords(cloud("RECOVERING", null, { width: 8 }))).toContain("8 machines may prepare at once");
    expect(effectWords(cloud("RECOVERING"))).toContain("after an illness or a maintenance window");
    expect(effectWords(cloud("DEGRADED", `l3.micro with tiny: launches there are late: not ready after PT40S${since}`, { width: 4, breakers: [late] }))).toContain("4 machines may prepare at once");
  });

  it("that is sick is tried by canaries only while it can be seen", () => {
    const fails = breaker("UNREACHABLE");
    const creates = `creates fail: HTTP 503${since}`;
    const tried = "Nothing is launched on it but one at a time";
    expect(effectWords(cloud("UNHEALTHY", creates, { breakers: [fails] }))).toContain(tried);
    expect(effectWords(cloud("UNHEALTHY", "4 listings failed in a row: HTTP 503"))).toContain("not even to try it, while it cannot be listed.");
    expect(effectWords(cloud("UNHEALTHY", `4 listings failed in a row: HTTP 503; ${creates}`, { breakers: [fails] }))).toContain("not even to try it");
    expect(effectWords(cloud("UNHEALTHY", `${creates}; probe vpn fails since 2026-11-20T09:00:00Z: no answer`, { breakers: [fails], probes: [{ name: "vpn", failing: true }] }))).toContain("not even to try it, while the probe vpn fails.");
    expect(effectWords(cloud("UNHEALTHY", creates, { breakers: [fails], probes: [{ name: "vpn", failing: false }] }))).toContain(tried);
    expect(effectWords(cloud("UNHEALTHY", "probe vpn fails", { probes: [{ name: "vpn", failing: true }, { name: "squid", failing: true }] }))).toContain("while the probes vpn, squid fail.");
  });

  it("that is degraded is a last resort as a whole only for its calls", () => {
    const calls = "60 % of the calls to create failed in the last minute";
    const boots = `l3.micro with tiny: launches there are late: not ready after PT40S${since}`;
    expect(effectWords(cloud("DEGRADED", calls))).toContain("only where nothing better has room");
    expect(effectWords(cloud("DEGRADED", boots, { breakers: [late] }))).toContain("Only the flavors with an open breaker are concerned");
    expect(effectWords(cloud("DEGRADED", `${boots}; ${calls}`, { breakers: [late] }))).toContain("only where nothing better has room");
    expect(effectWords(cloud("DEGRADED", calls, { breakers: [{ ...late, state: "CLOSED" }] }))).toContain("only where nothing better has room");
    expect(effectWords(cloud("DEGRADED", `it throttles us: 429${since}`, { breakers: [breaker("THROTTLED")] }))).toContain("Nothing is launched on it but one at a time");
  });

  it("is tried by one after a window, whatever its health", () => {
    const breakers = [breaker("WINDOW", { state: "HALF_OPEN" })];
    for (const health of ["HEALTHY", "RECOVERING"] as const) expect(effectWords(cloud(health, null, { breakers }))).toContain("one machine tries the cloud first");
    expect(effectWords(cloud("HEALTHY"))).toBe("Machines are launched on it by weight.");
  });

  it("without breakers is not said to be open where something else keeps launches away", () => {
    expect(noBreakersWords("HEALTHY")).toContain("nothing keeps launches away");
    for (const health of Object.keys(CLOUD_HEALTH).filter((one) => one !== "HEALTHY")) expect(noBreakersWords(health)).toMatch(/^None: (?!nothing)/);
    expect(noBreakersWords("HALF_ASLEEP")).toBe("None.");
  });

  it("shows closed breakers only while their failures count", () => {
    const closed = breaker("LATE", { state: "CLOSED", strikes: 0 });
    expect(telling([closed, { ...closed, strikes: 1 }, { ...closed, state: "OPEN" }])).toEqual([{ ...closed, strikes: 1 }, { ...closed, state: "OPEN" }]);
  });

  it("says on its card what its breakers do", () => {
    const full = breaker("NO_CAPACITY", { flavor: "m1" });
    expect(heldWords(cloud("HEALTHY"))).toEqual([]);
    expect(heldWords(cloud("DEGRADED", "", { breakers: [late, full] }))).toEqual([
      { what: "Nothing is launched but canaries on", which: "m1 (no room)" },
      { what: "Launches are late, so used only where nothing better has room:", which: "l3.micro with tiny (boots are late)" },
    ]);
    for (const health of ["UNHEALTHY", "PAUSED", "MAINTENANCE"] as const) expect(heldWords(cloud(health, "", { breakers: [late] }))).toEqual([{ what: "Open breakers:", which: "l3.micro with tiny (boots are late)" }]);
  });

  it("that is unhealthy is not counted on for what prepares there", () => {
    expect(notCountedWords("UNHEALTHY", 3)).toBe("The 3 that prepare are not counted on: the cloud is unhealthy.");
    expect([notCountedWords("UNHEALTHY", 0), notCountedWords("DEGRADED", 3)]).toEqual([null, null]);
  });

  it("has probes that are well, missed once, or fail", () => {
    expect(probeSays({ ok: null, failing: false }).word).toBe("Not looked at yet");
    expect(probeSays({ ok: true, failing: false }).word).toBe("Well");
    expect(probeSays({ ok: false, failing: false }).word).toBe("Missed");
    expect(probeSays({ ok: false, failing: true })).toEqual({ word: "Fails", tone: "bad" });
  });

  it.each([
    [{ used: 42, max: 100, ours: 42 }, 1, "42 of 100"],
    [{ used: 42, max: 100, ours: 30 }, 1, "42 of 100, 12 of them by others"],
    [{ used: 65_536, max: 4_096_000, ours: null }, 1024, "64 of 4,000"],
    [{ used: 7, max: null, ours: 9 }, 1, "7, no limit told"],
    [{ used: null, max: 50, ours: 3 }, 1, "at most 50; what is used is not told"],
    [{ used: null, max: null, ours: 0 }, 1, "not told"],
  ])("has a quota %j", (use, per, words) => expect(quotaWords(use, per)).toBe(words));
});

describe("weather", () => {
  const calm = { ...Object.fromEntries(Object.entries(WEATHER_FIELDS).map(([name, { kind }]) => [name, kind === "ratio" ? 0 : kind === "factor" ? 10 : kind === "switch" ? false : kind === "count" ? null : "PT8S"])), bootJitter: 0.2 } as Parameters<typeof presetOf>[0];

  it("is known again by what was set", () => {
    for (const preset of PRESETS) expect(presetOf({ ...calm, ...(preset.change as object | null) })?.name).toBe(preset.name);
    expect(presetOf({ ...calm, hang: 0.5 })).toBeNull();
    expect(presetOf({ ...calm, outage: true, neverBoots: 1 })).toBeNull();
  });

  it("is read from a form", () => {
    expect(weatherValue("count", " ")).toBeNull();
    expect(weatherValue("count", "12")).toBe(12);
    expect(weatherValue("ratio", "0.5")).toBe(0.5);
    expect(weatherValue("switch", "true")).toBe(true);
    expect(weatherValue("duration", " PT30S ")).toBe("PT30S");
  });
});

describe("a maintenance window", () => {
  it("has words for each kind and state", () => {
    for (const { word, what } of Object.values(WINDOW_KINDS)) expect(word && what).toBeTruthy();
    for (const { word, tone } of Object.values(WINDOW_STATES)) expect(word && tone).toBeTruthy();
    expect([toCome({ state: "PREPARING" }), toCome({ state: "ACTIVE" }), toCome({ state: "OVER" }), toCome({ state: "CANCELLED" })]).toEqual([true, true, false, false]);
  });

  it("is from one time to another", () => {
    expect(betweenWords(later(3600).toISOString(), later(7200).toISOString(), now)).toBe("11:00 – 12:00");
    expect(betweenWords(later(86_400).toISOString(), later(90_000).toISOString(), now)).toBe("tomorrow 10:00 – 11:00");
    expect(betweenWords(later(3600).toISOString(), later(6 * 86_400).toISOString(), now)).toBe("11:00 – Thu 26 Nov 10:00");
    expect(betweenWords("2026-11-26T22:00:00Z", "2026-11-26T23:30:00Z", now, "Europe/Berlin")).toBe("Thu 26 Nov 23:00 – Fri 27 Nov 00:30");
  });

  it("is edited in the viewer's zone", () => {
    expect(localInput(now)).toBe("2026-11-20T10:00");
    expect(instantOf("2026-11-20T10:00")).toBe(now.toISOString().replace(".000Z", "Z"));
    expect([instantOf(""), instantOf("soon")]).toEqual([null, null]);
  });

  it("ends after its start, and to come, and within 90 days", () => {
    const at = (seconds: number) => later(seconds).toISOString();
    expect(timesWrong(at(60), at(120), now)).toBeNull();
    expect(timesWrong(null, at(120), now)).toBeNull();
    expect(timesWrong(at(120), at(120), now)).toBe("must be after the start");
    expect(timesWrong(at(-120), at(-60), now)).toBe("must be to come");
    expect(timesWrong(at(60), at(61 + 90 * 86_400), now)).toBe("must be within 90 days of the start");
  });

  const pool = { pool: "muon", readyThere: 5, warmingThere: 0, allocatedThere: 1, target: 5, raised: [], missing: 0, why: "" };
  const session = { allocationId: "a", user: "m.curie", vmType: "muon", vm: "v", expiresAt: later(3600).toISOString(), endsWithin: true };

  it("has a verdict", () => {
    expect(verdict({ enough: true, pools: [pool], sessions: [] })).toEqual({ text: "Enough: no pool misses anything at the start.", tone: "good" });
    expect(verdict({ enough: true, pools: [pool], sessions: [session, session] }).text).toContain("1 person has machines there.");
    expect(verdict({ enough: false, pools: [pool, { ...pool, missing: 1 }], sessions: [session] }).text).toBe("Not enough: 1 machine of muon cannot be replaced before the start. 1 person has a machine there.");
    expect(verdict({ enough: false, pools: [{ ...pool, missing: 3 }, { ...pool, pool: "sans", missing: 4 }], sessions: [] }).text).toBe("Not enough: 7 machines of 2 pools cannot be replaced before the start.");
  });

  it("counts the sessions that it touches", () => {
    expect(sessionWords([])).toBe("Nobody has one whose time lasts into the window.");
    expect(sessionWords([session])).toBe("1 machine of 1 person lasts into the window; it ends within it.");
    expect(sessionWords([session, { ...session, endsWithin: false }])).toBe("2 machines of 1 person last into the window; 1 of them ends within it.");
    expect(sessionWords([{ ...session, endsWithin: false }])).toContain("none ends within it");
  });

  it("says when replacements are launched", () => {
    expect(plain(leadWords({ leadSeconds: 720, preparationBegins: later(1800).toISOString() }, now))).toBe("Replacements are launched from 10:30, which is 12 min before the start.");
    expect(leadWords({ leadSeconds: 720, preparationBegins: later(-5).toISOString() }, now)).toContain("at once");
  });
});

describe("what concerns a scientist", () => {
  const type = (state: "READY_NOW" | "WAIT" | "AT_CAPACITY" | "CLOSED", code: WaitCode | null = null) => ({
    availability: { state, ready: 0, waitSeconds: null, until: null, reason: code === null ? null : { code, since: null, until: null, places: [], machines: null } },
  });
  const vm = (cloud: string) => ({ id: "v", cloud, instanceId: null, address: null, connect: [], instanceStatus: "UNKNOWN" as const, image: null, hostKeys: [] });
  const notice = { text: "", from: later(-3600).toISOString(), to: later(8 * 3600).toISOString(), kind: "UNAVAILABLE" as MaintenanceKind };
  const mine = (cloud: string, told: typeof notice | null) => ({ state: "ACTIVE" as const, notice: told, vm: vm(cloud) });

  it("is nothing where all is well, or only some kinds are short", () => {
    expect(concernWords([type("READY_NOW"), type("CLOSED")], [mine("harwell", null)], now)).toBeNull();
    expect(concernWords([type("READY_NOW"), type("READY_NOW"), type("WAIT")], [], now)).toBeNull();
    expect(concernWords([type("AT_CAPACITY")], [], now)).toBeNull();
    expect(concernWords([], [], now)).toBeNull();
  });

  it("is maintenance that a machine of theirs was told of", () => {
    expect(concernWords([type("READY_NOW")], [mine("harwell", notice), mine("rutherford", null)], now)).toBe("harwell is being maintained until 18:00. 1 of your 2 machines is on it, the other is unaffected.");
    expect(concernWords([type("READY_NOW")], [mine("harwell", { ...notice, from: later(3600).toISOString() })], now)).toBe("harwell will be maintained, 11:00 – 18:00. Your machine is on it.");
    expect(concernWords([type("READY_NOW")], [mine("harwell", { ...notice, kind: "AT_RISK" })], now)).toBe("harwell may be interrupted until 18:00. Your machine is on it.");
    expect(concernWords([type("READY_NOW")], [mine("harwell", { ...notice, to: later(-1).toISOString() })], now)).toBeNull();
  });

  it("is that their kinds must be started first", () => {
    expect(concernWords([type("WAIT"), type("CLOSED")], [], now)).toBe("None of your kinds of machine is ready at once just now: more are being started.");
    expect(concernWords([type("WAIT"), type("READY_NOW")], [mine("harwell", null)], now)).toBe("1 of your 2 kinds of machine is not ready at once just now: more are being started. Your machine is unaffected.");
    expect(concernWords([type("WAIT", "TROUBLE"), type("WAIT", "MAINTENANCE")], [], now)).toBe("None of your kinds of machine is ready at once just now: their clouds cannot start any; each says why.");
    expect(concernWords([type("WAIT", "TROUBLE"), type("WAIT", "STARTING")], [], now)).toBe("None of your kinds of machine is ready at once just now: some are being started, the others say why not.");
  });
});
