/** The shape of catalogue files: datasets by namespace, as people write them; `dbt` holds what a project says beyond that, untouched. */
import { z } from 'zod';

const text = z.string();
const level = z.enum(['open', 'internal', 'restricted']);
/** Unknown to Sluice or known: kept as it is. */
const untouched = z.record(text, z.unknown());
const tags = z.array(z.union([text, z.number()]).transform(String));
const placed = z.strictObject({
  tags: z.record(text, tags).optional(),
  access_level: text.optional(),
});

/** As it was read: a column may have the name of a key that every object has. */
const types = z.custom<Readonly<Record<string, string | null>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((type) => type === null || typeof type === 'string'),
  { error: 'must hold a type, or null, for each column' },
);

const column = z.strictObject({
  name: text.min(1),
  type: text.optional(),
  description: text.optional(),
  tags: tags.optional(),
  placed: placed.optional(),
  dbt: untouched.optional(),
});

const dataset = z.strictObject({
  name: text.min(1),
  /** The nearer word than that of the file. */
  namespace: text.optional(),
  description: text.optional(),
  owner: text.optional(),
  access_level: level.optional(),
  tags: tags.optional(),
  /** Where the data lies: `schema.table` or `database.schema.table`. Default: the namespace and the name. */
  relation: text.optional(),
  columns: z.array(column).optional(),
  /** What the warehouse had when dbt looked: type by column, in its order. */
  warehouse: types.optional(),
  placed: placed.optional(),
  dbt: untouched.optional(),
});

export const catalogueFileSchema = z.strictObject({
  namespace: text.optional(),
  access_level: level.optional(),
  datasets: z.array(dataset),
});

export type DatasetEntry = z.output<typeof dataset>;
export type ColumnEntry = z.output<typeof column>;
export type CatalogueFile = z.output<typeof catalogueFileSchema>;

/** `catalogue.yml`: what is said once. */
export const headerSchema = z.strictObject({
  adapter: text.optional(),
  project: text.optional(),
  dbt_version: text.optional(),
  /** Folders or files of policies, below this folder. */
  policies: z.union([text, z.array(text)]).optional(),
  /** dbt exposures by unique_id. */
  projects: z.record(text, untouched).optional(),
});

export type Header = z.output<typeof headerSchema>;

export const HEADER_FILE = 'catalogue.yml';
export const LINEAGE_FILE = 'lineage.json';
