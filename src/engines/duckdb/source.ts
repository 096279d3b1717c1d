/** What an engine serves, as something that can be published: a database file by copy, Parquet files in place. */
import type { OpenRequest } from './messages.ts';
import { listParquet, parquetState } from './parquet.ts';
import { latestCopy, type PublicationOptions, publishCopy, removeCopies } from './publication.ts';

/** `key` differs whenever the data does. */
export interface Published {
  readonly key: string;
  readonly source: OpenRequest['source'];
}

export interface Source {
  /** @throws SluiceError engine_unavailable */
  publish(): Promise<Published>;
  /** What was published last, where the source cannot be read at start. */
  latest(): Promise<Published | null>;
  /** Drops what was published before `current`. */
  clean(current: Published): Promise<void>;
}

export function databaseSource(options: PublicationOptions): Source {
  const published = (path: string): Published => ({ key: path, source: { kind: 'database', path } });
  return {
    publish: async () => published(await publishCopy(options)),
    latest: async () => {
      const path = await latestCopy(options);
      return path === null ? null : published(path);
    },
    clean: (current) => removeCopies(options, new Set([current.key])),
  };
}

/** Files are read where they lie: writers of Parquet replace whole files, and the list is fixed at each publishing. */
export function parquetSource(folder: string): Source {
  return {
    publish: async () => {
      const relations = await listParquet(folder);
      return { key: await parquetState(relations), source: { kind: 'parquet', relations } };
    },
    latest: async () => null,
    clean: async () => {},
  };
}
