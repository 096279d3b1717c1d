/** A column's name as words: `customerE-Mail_2`, `KundenEMail` and `CUSTOMER_EMAIL` are told apart from nothing. */

/** Lower-case, without accents, camel case and digits divided. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/ß/g, 'ss')
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l')
    .replace(/ı/g, 'i')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/(\p{L})(\p{N})/gu, '$1 $2')
    .replace(/(\p{N})(\p{L})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Phrases by their first word, so that a name is looked up and not compared with each. */
export interface Phrases<T> {
  /** All that stand in a name, in the order in which they were given. */
  in(words: readonly string[]): readonly Phrase<T>[];
}

export interface Phrase<T> {
  readonly words: readonly string[];
  readonly of: T;
}

/** A phrase of several words also stands as one: `e mail` as `email`. */
export function indexPhrases<T>(given: readonly { readonly text: string; readonly of: T }[]): Phrases<T> {
  const byFirst = new Map<string, { readonly phrase: Phrase<T>; readonly rank: number }[]>();
  given.forEach(({ text, of }, rank) => {
    const words = wordsOf(text);
    for (const form of new Set([words.join(' '), words.join('')])) {
      const phrase = { words: form.split(' '), of };
      const first = phrase.words[0] ?? '';
      const known = byFirst.get(first);
      if (known === undefined) byFirst.set(first, [{ phrase, rank }]);
      else known.push({ phrase, rank });
    }
  });
  return {
    in: (words) =>
      words
        .flatMap((word, at) =>
          (byFirst.get(word) ?? []).filter(({ phrase }) =>
            phrase.words.every((part, offset) => words[at + offset] === part),
          ),
        )
        .sort((a, b) => a.rank - b.rank)
        .map(({ phrase }) => phrase),
  };
}
