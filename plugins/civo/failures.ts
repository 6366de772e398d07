import { AgentError } from '../../src/lib/errors.ts';
import { plural } from '../../src/lib/plural.ts';
import { formatBytes } from '../../src/lib/units.ts';
import { CODES } from './errors.ts';
import type { Credential, Region, Store } from './model.ts';

export function noEndpoint({ name }: Store): AgentError {
  return new AgentError(`Civo does not say where the bucket of store ${name} is`, {
    code: 'CIVO_NO_ENDPOINT',
    disposition: 'transient',
    hint: 'The endpoint comes with the store; if this persists, Civo changed its API.',
  });
}

export function nameTaken(name: string): AgentError {
  return new AgentError(`The bucket name ${name} is taken.`, {
    code: CODES.nameExists,
    disposition: 'terminal',
    hint: 'Choose a different name: names are global, and those of deleted stores stay taken for a while.',
  });
}

export function notOurs(account: string): AgentError {
  return new AgentError(`The store ${account} belongs to another account.`, {
    code: 'CIVO_NOT_OURS',
    disposition: 'terminal',
    hint: 'Ask the provider: its credential does not carry the stamp of this resource.',
  });
}

export function vanished(account: string): AgentError {
  return new AgentError(`store ${account} is gone`, { code: CODES.absent, disposition: 'transient' });
}

export function elsewhere(account: string, region: string): AgentError {
  return new AgentError(`store ${account} is not in region ${region} of this offering`, {
    code: 'CIVO_OTHER_REGION',
    disposition: 'operator',
    hint: 'A store cannot move: set the region of the offering back, and make another offering for the new one.',
  });
}

export function notReady({ name, said }: Store): AgentError {
  return new AgentError(`store ${name} is not ready yet: Civo calls it "${said}"`, {
    code: 'CIVO_NOT_READY',
    disposition: 'transient',
    retryAfterMs: 3000,
  });
}

export function neverReady(name: string, said: string): AgentError {
  return new AgentError(`Civo did not create the store ${name}: it ended as "${said}".`, {
    code: 'CIVO_STORE_FAILED',
    disposition: 'terminal',
    hint: 'Nothing of it is left. Order again, and contact Civo if it fails again.',
  });
}

export function stuck({ name, said }: Store, minutes: number): AgentError {
  return new AgentError(`Civo did not create the store ${name} within ${minutes} minutes: it is still "${said}".`, {
    code: 'CIVO_STORE_STUCK',
    disposition: 'terminal',
    hint: 'The provider must have Civo remove it: it takes no deletion while it is being created.',
  });
}

export function broken({ name, said }: Store): AgentError {
  return new AgentError(`store ${name} is "${said}" at Civo, and it may hold data`, {
    code: 'CIVO_STORE_BROKEN',
    disposition: 'operator',
    hint: 'Contact Civo. It is not deleted, because it may have been in use.',
  });
}

export function credentialFailed({ name, status }: Credential): AgentError {
  return new AgentError(`Civo did not create the credential ${name}: it ended as "${status}".`, {
    code: 'CIVO_CREDENTIAL_FAILED',
    disposition: 'terminal',
    hint: 'Nothing of it is left. Order again, and contact Civo if it fails again.',
  });
}

export function unknownRegion(code: string, regions: readonly Region[]): AgentError {
  const usable = regions.filter(({ objectStore }) => objectStore).map((region) => region.code);
  return new AgentError(`region ${code} is not one of Civo's`, {
    code: 'CIVO_REGION',
    disposition: 'operator',
    hint: `Use a valid region: ${usable.join(', ')} have object stores.`,
  });
}

export function unsupportedRegion(code: string, regions: readonly Region[]): AgentError {
  const usable = regions.filter(({ objectStore }) => objectStore).map((region) => region.code);
  return new AgentError(`Feature object_store is not supported in region ${code}`, {
    code: 'CIVO_REGION_UNSUPPORTED',
    disposition: 'operator',
    hint: `Use one of ${usable.join(', ')}.`,
  });
}

export function fullRegion(code: string): AgentError {
  return new AgentError(`region ${code} has no capacity for new stores`, {
    code: 'CIVO_NO_CAPACITY',
    disposition: 'operator',
    hint: 'Wait until Civo has room there, or use another region for new stores. Orders wait until then.',
  });
}

export function quotaReached(moreGb: number, limitGb: number, usedGb: number): AgentError {
  return new AgentError(`${moreGb} GB more do not fit into the account: ${usedGb} of ${limitGb} GB are used`, {
    code: 'CIVO_QUOTA',
    disposition: 'operator',
    hint: 'Contact Civo to raise the quota. Orders wait until then.',
  });
}

export function badSize(text: string): AgentError {
  return new AgentError(`A store cannot be limited to ${text}.`, {
    code: 'CIVO_BAD_SIZE',
    disposition: 'terminal',
    hint: 'Sizes are multiples of 500 GB, and there is no store without a size.',
  });
}

export function tooSmall(name: string, sizeGb: number, used: bigint): AgentError {
  return new AgentError(
    `The store ${name} cannot be made ${sizeGb} GB: it holds ${formatBytes(used)} (${used} bytes).`,
    {
      code: 'CIVO_TOO_SMALL',
      disposition: 'terminal',
      hint: 'Delete objects first, or order a larger size.',
    },
  );
}

export function badName(name: string): AgentError {
  return new AgentError(`${JSON.stringify(name.slice(0, 80))} cannot be the name of a store.`, {
    code: 'CIVO_BAD_NAME',
    disposition: 'terminal',
    hint: 'Use 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit.',
  });
}

export function notEmpty(name: string, objects: bigint, bytes: bigint): AgentError {
  return new AgentError(`The store ${name} still holds ${plural(objects, 'object')} (${formatBytes(bytes)}).`, {
    code: 'CIVO_NOT_EMPTY',
    disposition: 'terminal',
    hint: 'Delete everything in it first, old versions and unfinished uploads included, then terminate again.',
  });
}

export function stillThere(what: string): AgentError {
  return new AgentError(`${what} was deleted, and Civo still shows it`, {
    code: 'CIVO_STILL_THERE',
    disposition: 'transient',
    retryAfterMs: 5000,
  });
}

export function unsupported(what: string): AgentError {
  return new AgentError(`${what} is not possible at Civo.`, {
    code: 'CIVO_UNSUPPORTED',
    disposition: 'terminal',
    hint: 'Ask the provider: Civo offers no call for it.',
  });
}
