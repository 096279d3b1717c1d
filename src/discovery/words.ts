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

/** Whether the words of a phrase stand beside one another in a name; `e mail` also as `email`. */
export function holds(words: readonly string[], phrase: readonly string[]): boolean {
  const joined = ` ${words.join(' ')} `;
  return joined.includes(` ${phrase.join(' ')} `) || (phrase.length > 1 && words.includes(phrase.join('')));
}
