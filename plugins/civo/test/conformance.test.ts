import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { conformance } from '../../../src/plugin/conformance.ts';
import { plugin } from '../index.ts';
import { createLab, withDefaults } from './lab.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));

const LIFECYCLE = { id: 'old', prefix: 'logs/', enabled: true, expire_days: 30 };
const CORS = { origins: ['https://example.org'], methods: ['GET'], headers: [], exposed: [] };

conformance(
  { describe, it },
  {
    plugin,
    settings: withDefaults({ region: 'LON1' }),
    folder,
    refuses: ['suspend', 'resume'],
    hasSingleKey: true,
    attributes: {
      create: { versioning: true, tags: ['team:blue'] },
      change: { versioning: false, tags: ['team:red'], lifecycle: [LIFECYCLE], cors: [CORS] },
    },
    lab: () => createLab(),
  },
);
