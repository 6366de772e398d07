import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeDirectories } from '../accounts/directories.ts';

it('a tree is deleted with everything in it, and one that is not there is deleted already', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tree-'));
  const tree = join(folder, 'a');
  await mkdir(join(tree, 'b'), { recursive: true });
  await writeFile(join(tree, 'b', 'c'), 'x');
  for (let turn = 0; turn < 2; turn++) await nodeDirectories.removeTree(tree);
  expect(await nodeDirectories.kind(tree)).toBeUndefined();
  await rm(folder, { recursive: true });
});

it('what may not be deleted is for the operator of the host', async () => {
  // No process deletes from there, not even root.
  await expect(nodeDirectories.removeTree('/proc/self/attr')).rejects.toMatchObject({
    code: 'HOST_QUOTA_DELETE',
    disposition: 'operator',
  });
});
