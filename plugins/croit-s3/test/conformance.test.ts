import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { conformance } from '../../../src/plugin/conformance.ts';
import { plugin } from '../index.ts';
import { createLab, withDefaults } from './lab.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const settings = withDefaults({});

describe('flavour croit', () => {
  conformance(
    { describe, it },
    { plugin, settings, folder, refuses: ['suspend', 'resume'], lab: () => createLab('croit') },
  );
});

describe('flavour radosgw', () => {
  conformance({ describe, it }, { plugin, settings, folder, lab: () => createLab('radosgw') });
});
