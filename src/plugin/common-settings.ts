import type { Metering } from './account.ts';

/** What the core adds to the settings of every plugin. */
export interface CommonSettings {
  readonly onTerminate: 'refuse' | 'suspend' | 'purge';
  readonly metering: Metering;
  /** Where consumers find their keys: in the metadata of the resource, or in Waldur's encrypted API keys. */
  readonly credentials: 'metadata' | 'api_keys';
}
