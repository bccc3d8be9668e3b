import type { VmType } from "../api/schema.d.ts";

type Offered = Pick<VmType, "name" | "vcpus" | "ramGb" | "gpus" | "groups" | "availability">;

/** What is ready now instead of a type that one waits for; `alike` where it may be called much the same. */
export interface Alternatives<T> {
  readonly types: readonly T[];
  readonly alike: boolean;
}

/** At most two that share a group with it: those of its size, else others that have no fewer graphics cards. */
export function alternatives<T extends Offered>(wanted: T, all: readonly T[]): Alternatives<T> {
  const ready = all.filter((one) => one.name !== wanted.name && one.availability.state === "READY_NOW" && one.groups.some((group) => wanted.groups.includes(group)) && cardsDo(wanted, one));
  const alike = ready.filter((one) => near(wanted.vcpus, one.vcpus) && near(wanted.ramGb, one.ramGb));
  return { types: (alike.length > 0 ? alike : ready).slice(0, 2), alike: alike.length > 0 };
}

/** Graphics cards are scarce: who needs none is not sent to them. */
function cardsDo(wanted: Offered, one: Offered): boolean {
  return wanted.gpus === 0 ? one.gpus === 0 : one.gpus >= wanted.gpus;
}

function near(wanted: number, offered: number): boolean {
  return offered * 2 >= wanted && offered <= wanted * 2;
}
