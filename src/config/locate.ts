import type { Secrets } from '../lib/secrets.ts';
import type { Diagnostic, Problem } from './diagnostic.ts';
import type { Place } from './list-places.ts';
import type { Mask } from './mask.ts';
import type { SourceYaml } from './read-yaml.ts';

/** Enough to see what is wrong; a file that is not a configuration has an error in every line. Errors go first. */
const MAX_DIAGNOSTICS = 100;

export interface LocateInput {
  readonly file: string;
  readonly text: string;
  readonly secrets: Pick<Secrets, 'scrub'>;
}

/** Puts findings where they are in the file, in its order. */
export function locate(
  problems: readonly Problem[],
  source: SourceYaml,
  mask: Mask,
  input: LocateInput,
): readonly Diagnostic[] {
  const byPath = new Map(source.places.map((place) => [place.path, place]));
  const placed = problems
    .map((problem) => ({ problem, offset: problem.offset ?? offsetOf(problem, byPath) }))
    .sort((a, b) => a.offset - b.offset);
  const told = [...placed].sort((a, b) => Number(isError(b.problem)) - Number(isError(a.problem)));
  return told
    .slice(0, MAX_DIAGNOSTICS)
    .sort((a, b) => a.offset - b.offset)
    .map(({ problem, offset }) => {
      const { severity, path, message, hint } = problem;
      const { line, col } = source.lines.linePos(Math.min(offset, input.text.length));
      const start = offset - col + 1;
      const end = input.text.indexOf('\n', offset);
      const text = mask(start, end === -1 ? input.text.length : end).trimEnd();
      return {
        severity,
        file: input.file,
        line,
        col,
        path,
        message: input.secrets.scrub(message),
        hint,
        excerpt: { text: input.secrets.scrub(text), caret: mask(start, offset).length },
      };
    });
}

export function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Of the value, of its key, or of the nearest thing around it that exists. */
function offsetOf(problem: Problem, places: ReadonlyMap<string, Place>): number {
  for (let path = problem.path; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const place = places.get(path);
    const exact = path === problem.path && problem.atKey !== true;
    const offset = exact ? (place?.node?.range?.[0] ?? place?.key?.[0]) : (place?.key?.[0] ?? place?.node?.range?.[0]);
    if (offset !== undefined || path === '') return offset ?? 0;
  }
}
