import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Instruction {
  readonly keyword: string;
  readonly value: string;
}

/** Instructions by build stage: comments and blank lines dropped, continued lines joined. */
function readStages(text: string): readonly (readonly Instruction[])[] {
  const stages: Instruction[][] = [];
  for (const line of text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')) {
    const [, keyword, value] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (keyword === undefined || value === undefined) continue;
    if (keyword === 'FROM') stages.push([]);
    stages.at(-1)?.push({ keyword, value });
  }
  return stages;
}

const stages = readStages(readFileSync('Dockerfile', 'utf8'));
const final = stages.at(-1) ?? [];
const all = (keyword: string): readonly string[] =>
  final.filter((instruction) => instruction.keyword === keyword).map(({ value }) => value);

describe('Dockerfile', () => {
  it('builds in one stage and runs in another', () => {
    expect(stages).toHaveLength(2);
    expect(all('FROM')[0]).toMatch(/^gcr\.io\/distroless\/nodejs24-debian13:nonroot$/);
  });

  it('installs exactly what the lock file says, without running scripts of packages', () => {
    const runs = stages.flat().filter(({ keyword }) => keyword === 'RUN');
    expect(runs.map(({ value }) => value).join('\n')).toMatch(/npm ci --ignore-scripts/);
    expect(stages.flat().some(({ value }) => /npm (i|install)\b/.test(value))).toBe(false);
  });

  it('runs as a user who is not root, by number so that Kubernetes can tell', () => {
    expect(all('USER')).toEqual(['65532:65532']);
  });

  it('starts without a shell: the final image has none', () => {
    expect(all('RUN')).toEqual([]);
    for (const value of [...all('CMD'), ...all('ENTRYPOINT')]) expect(Array.isArray(JSON.parse(value))).toBe(true);
    const [options = '', command = ''] = (all('HEALTHCHECK')[0] ?? '').split(' CMD ');
    expect(options).toMatch(/--interval=\d+s --timeout=\d+s --start-period=\d+s/);
    expect(JSON.parse(command)).toEqual(['/nodejs/bin/node', '/app/dist/src/cli/main.js', 'healthcheck']);
  });

  it('holds code the agent cannot change', () => {
    expect(all('COPY').length).toBeGreaterThan(0);
    for (const copy of all('COPY')) expect(copy).toContain('--chown=0:0');
    expect(all('ADD')).toEqual([]);
  });

  it('copies only what the build context lets through', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored[0]).toBe('*');
    const sources = stages
      .flat()
      .filter(({ keyword, value }) => keyword === 'COPY' && !value.includes('--from='))
      .flatMap(({ value }) => value.split(/\s+/).slice(0, -1))
      .filter((source) => !source.startsWith('--'))
      .map((source) => source.replace(/^\.\//, ''));
    for (const source of sources) {
      expect(ignored, source).toContain(`!${source}`);
      expect(existsSync(source), source).toBe(true);
    }
  });

  it('carries no secret and no configuration', () => {
    for (const { keyword, value } of stages.flat()) {
      if (keyword === 'ENV' || keyword === 'ARG') expect(value).not.toMatch(/token|password|secret/i);
    }
    expect(readFileSync('.dockerignore', 'utf8')).not.toMatch(/^!(config|\.env)/m);
  });
});
