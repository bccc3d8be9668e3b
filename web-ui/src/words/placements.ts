import type { CatalogueFlavor, Placement, PlacementRequest, Prices } from "../api/schema.d.ts";

/** `about 0.20 GBP an hour each`; null where nobody said what it costs. */
export function priceWords(prices: Prices | null | undefined, flavor: string): string | null {
  const price = prices?.perHour[flavor];
  return prices === null || prices === undefined || price === undefined ? null : `about ${amount(price)} ${prices.currency} an hour each`;
}

/** With two digits that tell something: `0.20`, `12.50`, `0.0052`; `0` for what is free. */
export function amount(price: number): string {
  if (price === 0) return "0";
  return price >= 0.1 ? price.toFixed(2) : price.toPrecision(2);
}

/** `spot, diskGb 40`: one that is `true` is told by its name alone, one that is `false` not at all. */
export function optionWords(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .filter(([, value]) => value !== "false")
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, value]) => (value === "true" ? name : `${name} ${value}`))
    .join(", ");
}

/** `true|false` is asked for by a choice, anything else by a box. */
export function choicesOf(pattern: string): string[] | null {
  return /^\w+(\|\w+)+$/.test(pattern) ? pattern.split("|") : null;
}

/** `4 cores, 16 GB`, `12 cores, 128 GB, 1 GPU`. */
export function sizeWords({ vcpus, ramGb, gpus }: Pick<CatalogueFlavor, "vcpus" | "ramGb" | "gpus">): string {
  const ram = Number.isInteger(ramGb) ? String(ramGb) : ramGb.toFixed(1);
  return [`${vcpus} ${vcpus === 1 ? "core" : "cores"}`, `${ram} GB`, ...(gpus === 0 ? [] : [`${gpus} ${gpus === 1 ? "GPU" : "GPUs"}`])].join(", ");
}

/** A placement as a form has it: everything is text. */
export interface Draft {
  readonly cloud: string;
  readonly image: string;
  readonly flavor: string;
  readonly network: string;
  readonly options: Readonly<Record<string, string>>;
  readonly weight: string;
  readonly maxVms: string;
}

export const NEW_DRAFT: Draft = { cloud: "", image: "", flavor: "", network: "", options: {}, weight: "100", maxVms: "" };

export function draftOf(place: Placement): Draft {
  return { cloud: place.cloud, image: place.image, flavor: place.flavor, network: place.network ?? "", options: place.options, weight: String(place.weight), maxVms: place.maxVms === null ? "" : String(place.maxVms) };
}

/** What is sent: boxes that are empty are left out. */
export function requestOf(draft: Draft): PlacementRequest {
  const options = Object.fromEntries(Object.entries(draft.options).filter(([, value]) => value.trim() !== ""));
  return {
    cloud: draft.cloud,
    image: draft.image.trim(),
    flavor: draft.flavor.trim(),
    ...(draft.network.trim() === "" ? {} : { network: draft.network.trim() }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    weight: Number(draft.weight),
    ...(draft.maxVms === "" ? {} : { maxVms: Number(draft.maxVms) }),
  };
}
