import { openSite, type Site, type SiteOptions } from '../../fakes/site.ts';
import type { Emulator } from './emulator.ts';

/** Limits of orders are in MiB. */
export const COMPONENTS = `storage: { accounting_type: limit, backend_name: storage, measured_unit: GB, unit_factor: 1048576, enforce_limits: true }
objects: { accounting_type: usage, backend_name: objects, measured_unit: objects, unit_factor: 1, enforce_limits: false }
`;

/** A whole agent with an emulated server. `more` are lines of YAML under its settings. */
export function openMinioSite({ endpoint, root }: Emulator, more = '', options: SiteOptions = {}): Promise<Site> {
  const { host } = new URL(endpoint);
  const keys = `admin_access_key: ${root.accessKey}\nadmin_secret_key: ${root.secretKey}\n`;
  const settings = `endpoint: ${host}\n${keys}timeout: 110\n${more}`;
  return openSite({ ...options, backend: 'minio', settings, components: COMPONENTS });
}
