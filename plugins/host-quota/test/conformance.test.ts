import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { conformance } from '../../../src/plugin/conformance.ts';
import { plugin } from '../index.ts';
import { createLab, withDefaults } from './lab.ts';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const settings = withDefaults({ device: '/srv/data' });
// What an order says chooses the account; none of it can change.
const attributes = { create: {}, change: {} };

describe.each(['ext4', 'xfs'] as const)('users on %s', (fstype) => {
  conformance({ describe, it }, { plugin, settings, folder, attributes, lab: () => createLab({}, fstype) });
});
