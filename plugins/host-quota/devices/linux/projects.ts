/** `lsattr -pd DIR`: the project id and the flags of a directory; undefined when the line says something else. */
export function parseProject(text: string): { readonly id: number; readonly inherits: boolean } | undefined {
  const [, id, flags] = /^\s*(\d{1,10})\s+([A-Za-z-]+)\s+\S/.exec(text) ?? [];
  return id === undefined || flags === undefined ? undefined : { id: Number(id), inherits: flags.includes('P') };
}
