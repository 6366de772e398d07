export type Language = 'en' | 'de';
export type Units = 'binary' | 'decimal';

/** The first language of the browser that the page has. */
export function languageOf(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === 'de' || tag === 'en');
  return known === 'de' ? 'de' : 'en';
}
