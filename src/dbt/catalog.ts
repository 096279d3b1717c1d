/** catalog.json to the columns that each relation had in the warehouse, in their physical order. */
import { readHeader } from './artifact.ts';
import { type At, asObject, at, fail, objectIn, rootOf, textIn, textOrNullIn, textsIn } from './json.ts';
import type { CatalogColumn, DbtCatalog } from './project.ts';

/** @throws SluiceError catalog_invalid with the JSON path. */
export function readCatalog(json: unknown): DbtCatalog {
  const place = rootOf('catalog_invalid');
  const { root } = readHeader(json, 'catalog_invalid');
  const relations = new Map<string, readonly CatalogColumn[]>();
  for (const section of ['nodes', 'sources']) {
    const here = at(place, section);
    for (const [id, value] of Object.entries(asObject(root[section], here)))
      relations.set(id, readColumns(value, at(here, id)));
  }
  return { relations, errors: textsIn(root, 'errors', place) };
}

function readColumns(value: unknown, place: At): readonly CatalogColumn[] {
  const columns = objectIn(asObject(value, place), 'columns', place);
  if (columns === null) return fail(at(place, 'columns'), 'is missing');
  const here = at(place, 'columns');
  return Object.entries(columns)
    .map(([key, entry], order) => {
      const column = at(here, key);
      const fields = asObject(entry, column);
      const index = typeof fields.index === 'number' ? fields.index : order;
      return { name: textIn(fields, 'name', column), type: textOrNullIn(fields, 'type', column), index };
    })
    .sort((a, b) => a.index - b.index)
    .map(({ name, type }) => ({ name, type }));
}
