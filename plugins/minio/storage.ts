import { createAgents } from '../../src/lib/http-transport.ts';
import { isJsonObject } from '../../src/lib/json.ts';
import {
  type AuditRecord,
  createObjectStorage,
  type ObjectStorage,
  type ObjectStorageSettings,
  type RememberedUpload,
  readSettings,
  type UploadRegistry,
} from '../../src/object-storage/index.ts';
import { settingsSchema } from '../../src/object-storage/settings-schema.ts';
import type { Documents } from '../../src/plugin/contract.ts';
import { readCa } from './client.ts';
import type { Deps } from './deps.ts';
import type { Settings } from './settings.ts';

const ALSO = ['endpoint', 'use_ssl', 'region', 'public_endpoint', 'verify_ssl', 'ca_file'];
const DAY_MS = 86_400_000;
/** What no cleanup has aborted by then, the server has forgotten, too. */
const UPLOAD_DAYS = 30;

/** The settings of the object storage out of those of the plugin. */
export function storageSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const names = [...Object.keys(settingsSchema), ...ALSO];
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

/** Whether samples are kept here at all: without their bucket no retention runs. */
export function keepsSamples(settings: Settings): boolean {
  return settings.bucket_samples !== undefined;
}

type Context = Pick<Deps, 'clock' | 'log' | 'store' | 'proxy'>;

/** @param raw settings by their names. @throws AgentError operator `STORAGE_SETTINGS` */
export async function openStorage(
  raw: Readonly<Record<string, unknown>>,
  { clock, log, store, proxy }: Context,
): Promise<ObjectStorage> {
  const settings = readSettings(raw);
  const ca = await readCa(settings.ca_file);
  const url = `${settings.use_ssl ? 'https' : 'http'}://${settings.endpoint}`;
  const agents = createAgents({ ca, verifySsl: settings.verify_ssl ?? true }, proxy?.(url));
  const uploads = uploadRegistry(store);
  return createObjectStorage(settings, { clock, log, agents, uploads, audit: (record) => keepAudit(record, settings) });

  async function keepAudit(
    record: AuditRecord,
    { audit_log_retention_days: days }: ObjectStorageSettings,
  ): Promise<void> {
    log.info({ ...record }, 'object storage audit');
    const now = clock.now();
    await store.put(
      `audit/${now.toISOString()}/${record.storage_key}`,
      { ...record },
      { expiresAt: new Date(now.getTime() + days * DAY_MS) },
    );
  }
}

/** Uploads that were begun, among the documents of the plugin. */
function uploadRegistry(store: Documents): UploadRegistry {
  const keyOf = ({ bucket, uploadId }: Pick<RememberedUpload, 'bucket' | 'uploadId'>): string =>
    `upload/${bucket}/${uploadId}`;
  return {
    remember: async (upload) => {
      const { bucket, key, uploadId, startedAt } = upload;
      const expiresAt = new Date(startedAt.getTime() + UPLOAD_DAYS * DAY_MS);
      await store.put(keyOf(upload), { bucket, key, uploadId, startedAt: startedAt.toISOString() }, { expiresAt });
    },
    forget: (upload) => store.delete(keyOf(upload)),
    list: async function* () {
      let after = '';
      for (;;) {
        const page = await store.list('upload/', { after });
        for (const { value } of page) if (isJsonObject(value)) yield read(value);
        const last = page.at(-1);
        if (last === undefined) return;
        after = last.key;
      }
    },
  };
}

function read(value: Readonly<Record<string, unknown>>): RememberedUpload {
  const text = (name: string): string => (typeof value[name] === 'string' ? value[name] : '');
  return {
    bucket: text('bucket'),
    key: text('key'),
    uploadId: text('uploadId'),
    startedAt: new Date(text('startedAt')),
  };
}
