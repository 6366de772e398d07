import type { Change, Refusal } from '../types.ts';

/** One line for each id, as `setquota -b -c` reads them. */
export function formatBatch(changes: readonly Change[]): string {
  return changes
    .map(({ id, limits }) => `${id} ${limits.blockSoft} ${limits.blockHard} ${limits.inodeSoft} ${limits.inodeHard}\n`)
    .join('');
}

/** What `setquota -b -c` complained about; its exit code is 0 in spite of it. */
export function parseBatchErrors(stderr: string, changes: readonly Change[]): readonly Refusal[] {
  const refusals = new Map<number, string>();
  for (const line of stderr.split('\n')) {
    const [, number] = / on line (\d{1,9})\.?$/.exec(line) ?? [];
    const [, named] =
      /^setquota: Cannot (?:set|write) quota for (?:user |group |project )?(\d{1,10})\b/.exec(line) ?? [];
    const id = number === undefined ? named && Number(named) : changes[Number(number) - 1]?.id;
    if (typeof id === 'number' && !refusals.has(id)) refusals.set(id, line.replace(/^setquota: /, ''));
  }
  return [...refusals].map(([id, why]) => ({ id, why }));
}
