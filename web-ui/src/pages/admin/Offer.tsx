import { useState } from "react";
import type { CloudCatalogue } from "../../api/schema.d.ts";
import { useNow } from "../../api/data.ts";
import { Waiting, When } from "../../ui/parts.tsx";
import { amount } from "../../words/placements.ts";
import { useCatalogue } from "./Placements.tsx";

/** So many are shown of a list; a search finds the others. */
const MOST = 25;

/** What a cloud offers to placements, with a search: some have hundreds of flavors. */
export function Offer({ cloud }: { cloud: string }) {
  const catalogue = useCatalogue(cloud);
  return (
    <section>
      <h2>What it offers</h2>
      <Waiting of={catalogue}>{(data) => <Lists catalogue={data} />}</Waiting>
    </section>
  );
}

function Lists({ catalogue }: { catalogue: CloudCatalogue }) {
  const now = useNow(30_000);
  const [search, setSearch] = useState("");
  const words = search.trim().toLowerCase();
  const has = (...texts: readonly string[]) => texts.some((text) => text.toLowerCase().includes(words));
  const flavors = catalogue.flavors.filter(({ name }) => has(name));
  const priced = catalogue.currency !== null;
  return (
    <>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label className="grow">
          <span className="unseen">Search flavors, images and networks</span>
          <input type="search" placeholder="Search flavors, images and networks" value={search} onChange={(event) => setSearch(event.target.value)} />
        </label>
        <span className="soft count">
          {flavors.length} of {catalogue.flavors.length} flavors
        </span>
      </form>
      {catalogue.failure !== null && (
        <p className="note warn">
          <strong>Images and networks could not be read just now.</strong> {catalogue.failure}
        </p>
      )}
      {flavors.length > 0 && (
        <table className="stack">
          <caption className="unseen">Flavors</caption>
          <thead>
            <tr>
              <th scope="col">Flavor</th>
              <th scope="col" className="num">
                Cores
              </th>
              <th scope="col" className="num">
                Memory
              </th>
              <th scope="col" className="num">
                GPUs
              </th>
              {priced && (
                <th scope="col" className="num">
                  {catalogue.currency} an hour
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {flavors.slice(0, MOST).map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  <code>{one.name}</code>
                </th>
                <td data-label="Cores" className="num">
                  {one.vcpus}
                </td>
                <td data-label="Memory" className="num">
                  {Number.isInteger(one.ramGb) ? one.ramGb : one.ramGb.toFixed(1)} GB
                </td>
                <td data-label="GPUs" className="num">
                  {one.gpus}
                </td>
                {priced && (
                  <td data-label={`${catalogue.currency} an hour`} className="num">
                    {one.price === null ? "–" : amount(one.price)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {flavors.length > MOST && <p className="soft small">{flavors.length - MOST} more: search for them.</p>}
      {catalogue.flavors.length === 0 && <p className="soft">It has told no flavors yet.</p>}
      <div className="grid wide">
        <Named title="Images" of={catalogue.images} has={has} />
        <Named title="Networks" of={catalogue.networks} has={has} />
      </div>
      {catalogue.readAt !== null && (
        <p className="soft small">
          Images and networks as the cloud told <When at={catalogue.readAt} now={now} also />.
        </p>
      )}
    </>
  );
}

function Named({ title, of, has }: { title: string; of: CloudCatalogue["images"]; has: (...texts: readonly string[]) => boolean }) {
  const found = of.filter(({ id, name }) => has(id, name));
  return (
    <div>
      <h3>{title}</h3>
      {of.length === 0 && <p className="soft">None that it tells.</p>}
      {of.length > 0 && found.length === 0 && <p className="soft">None of that name.</p>}
      <ul className="plain">
        {found.slice(0, MOST).map(({ id, name }) => (
          <li key={id}>
            <code>{name}</code> {id !== name && <span className="soft small">{id}</span>}
          </li>
        ))}
      </ul>
      {found.length > MOST && <p className="soft small">{found.length - MOST} more: search for them.</p>}
    </div>
  );
}
