import type { CommonSettings } from '../../src/plugin/contract.ts';

/** What an offering has that says nothing about it. */
export const COMMON: CommonSettings = { onTerminate: 'refuse', metering: 'current', credentials: 'metadata' };
