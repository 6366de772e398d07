import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { awscli, rclone, type S3Target, type S3Tool, s3cmd } from './s3-tools.ts';

const MIB = 1_048_576;
/** Names that a client, a URL or a shell could get wrong. */
const ODD_KEYS = ['plain', 'with space', 'a+b=c&d?e#f', 'ünïcödé/日本語/😀', "it's 100% (sure)", 'deep/er/and/deeper'];

export interface S3World {
  readonly target: S3Target;
  /** A bucket of 4 MiB that is empty. */
  readonly small: S3Target;
  /** Keys that may make this bucket, which is not there. */
  readonly absent: S3Target;
  close(): Promise<void>;
}

export interface S3Traits {
  /** Files of the tree that is kept in step. */
  readonly files: number;
  /** Errors have a message: without one the AWS command line has nothing to show. */
  readonly explains: boolean;
}

const S3_TOOLS = { awscli, s3cmd, rclone } as const;

/** What people do with one of the tools, the same against every server that claims to be S3. */
export function testTool(
  name: keyof typeof S3_TOOLS,
  { files, explains }: S3Traits,
  open: () => Promise<S3World>,
): void {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
  describe(name, () => {
    const done = { ok: true };
    let world: S3World;
    let folder: string;
    let tool: S3Tool;
    const toolFor = (target: S3Target): S3Tool => S3_TOOLS[name](target, folder);
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 's3-clients-'));
      world = await open();
      tool = toolFor(world.target);
    });
    afterAll(async () => {
      await world.close();
      rmSync(folder, { recursive: true });
    });

    const file = (name: string, content: Buffer): string => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    };
    const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

    test('stores a file under any name, reads it back, copies and removes it', async () => {
      const source = file(`${name}/source`, randomBytes(4321));
      const back = join(folder, name, 'back');
      for (const key of ODD_KEYS) {
        const stored = `${name}/${key}`;
        expect(await tool.put(source, stored)).toMatchObject(done);
        expect(await tool.copy(stored, `${stored} copy`)).toMatchObject(done);
        expect(await tool.get(`${stored} copy`, back)).toMatchObject(done);
        expect(digest(back)).toBe(digest(source));
      }
      const all = ODD_KEYS.flatMap((key) => [`${name}/${key}`, `${name}/${key} copy`]);
      expect([...(await tool.list(`${name}/`))].sort()).toEqual(all.sort());
      expect(await tool.remove(`${name}/plain`)).toMatchObject(done);
      expect(await tool.list(`${name}/plain`)).not.toContain(`${name}/plain`);
      expect(await tool.removeAll(`${name}/`)).toMatchObject(done);
      expect(await tool.list(`${name}/`)).toEqual([]);
    });

    test('stores 64 MiB in parts, and reads any part of it', async () => {
      const content = randomBytes(64 * MIB);
      const source = file(`${name}/large`, content);
      const back = join(folder, name, 'large back');
      expect(await tool.put(source, `${name}/large`)).toMatchObject(done);
      expect(await tool.get(`${name}/large`, back)).toMatchObject(done);
      expect(digest(back)).toBe(digest(source));
      if (tool.range !== undefined) {
        const range = await tool.range(`${name}/large`, 33 * MIB + 1, 33 * MIB + 1000);
        expect(range).toMatchObject(done);
        expect(range.output.equals(content.subarray(33 * MIB + 1, 33 * MIB + 1001))).toBe(true);
      }
      expect(await tool.copy(`${name}/large`, `${name}/copy`)).toMatchObject(done);
      expect(await tool.get(`${name}/copy`, back)).toMatchObject(done);
      expect(digest(back)).toBe(digest(source));
      expect(await tool.removeAll(`${name}/`)).toMatchObject(done);
    });

    test(`makes a tree of ${files} files the same as a folder, and again when that changed`, async () => {
      const tree = join(folder, name, 'tree');
      const paths = Array.from({ length: files }, (_, index) => `${index % 10}/${index % 7}/file ${index}`);
      for (const path of paths) file(join(name, 'tree', path), Buffer.from(path));
      expect(await tool.sync(tree, `${name}/tree/`)).toMatchObject(done);
      const keys = (): Promise<readonly string[]> => tool.list(`${name}/tree/`);
      expect([...(await keys())].sort()).toEqual(paths.map((path) => `${name}/tree/${path}`).sort());
      rmSync(join(tree, '0'), { recursive: true });
      expect(await tool.sync(tree, `${name}/tree/`)).toMatchObject(done);
      expect((await keys()).length).toBe(files * 0.9);
      expect(await tool.removeAll(`${name}/tree/`)).toMatchObject(done);
      expect(await keys()).toEqual([]);
    });

    test('makes a URL that opens one object without keys', async () => {
      const source = file(`${name}/shared`, randomBytes(1234));
      expect(await tool.put(source, `${name}/shared`)).toMatchObject(done);
      const url = await tool.presign(`${name}/shared`);
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(readFileSync(source))).toBe(true);
      expect((await fetch(url.replace('shared', 'other'))).status).toBe(403);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
      await tool.removeAll(`${name}/`);
    });

    test('shows its user that the quota is used up, and goes on when there is room', async () => {
      const small = toolFor(world.small);
      const [three, two] = [file(`${name}/three`, randomBytes(3 * MIB)), file(`${name}/two`, randomBytes(2 * MIB))];
      expect(await small.put(three, 'three')).toMatchObject(done);
      const refused = await small.put(two, 'two');
      expect(refused.ok).toBe(false);
      if (explains) expect(refused.said).toContain('QuotaExceeded');
      expect(await small.list('')).toEqual(['three']);
      expect(await small.remove('three')).toMatchObject(done);
      expect(await small.put(two, 'two')).toMatchObject(done);
      expect(await small.remove('two')).toMatchObject(done);
    });

    test('makes a bucket, and removes it when it is empty', async () => {
      const made = toolFor(world.absent);
      expect(await made.makeBucket()).toMatchObject(done);
      expect(await made.put(file(`${name}/first`, Buffer.from('x')), 'first')).toMatchObject(done);
      expect((await made.removeBucket()).ok).toBe(false);
      expect(await made.list('')).toEqual(['first']);
      expect(await made.remove('first')).toMatchObject(done);
      expect(await made.removeBucket()).toMatchObject(done);
      expect((await made.put(file(`${name}/first`, Buffer.from('x')), 'first')).ok).toBe(false);
    });

    test('is refused with a wrong secret', async () => {
      const wrong = toolFor({ ...world.target, secretKey: 'x'.repeat(40) });
      const refused = await wrong.put(file(`${name}/any`, Buffer.from('x')), 'any');
      expect(refused.ok).toBe(false);
      // Some programs only ask for the head of an object, which is answered without words.
      if (explains) expect(refused.said).toMatch(/SignatureDoesNotMatch|403/);
    });
  });
}
