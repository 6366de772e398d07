import { test } from 'vitest';
import { liveThrough } from './civo-life.ts';

test('the life of a Civo store, against the emulator with buckets in memory', () => liveThrough({}));
