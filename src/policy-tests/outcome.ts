/** What came of asking, whichever way it was asked. */

export type Outcome =
  | {
      readonly kind: 'answer';
      readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
      readonly rows: readonly (readonly unknown[])[];
      readonly hasMore: boolean;
      /** Ids of the datasets of which a row filter applies. */
      readonly filtered: readonly string[];
      /** By output column: the kinds of masks that flow into it; null where the gate does not tell. */
      readonly maskKinds: ReadonlyMap<string, readonly string[]> | null;
    }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly message: string;
    };
