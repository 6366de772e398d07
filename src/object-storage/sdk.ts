import type http from 'node:http';
import type https from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectStorageSettings } from './settings.ts';

export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: http.Agent;
}

type Module = typeof import('@aws-sdk/client-s3');

/** The SDK with one client of it. */
export interface Sdk {
  readonly s3: Module;
  readonly client: S3Client;
}

/** Loads the SDK, which takes a third of a second and 30 MB, so only when the storage is used. */
export async function openSdk(settings: ObjectStorageSettings, agents: Agents | undefined, host: string): Promise<Sdk> {
  const s3 = await import('@aws-sdk/client-s3');
  const { access_key: accessKeyId, secret_key: secretAccessKey, region, use_ssl } = settings;
  const keys =
    accessKeyId === undefined || secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } };
  const client = new s3.S3Client({
    ...keys,
    region,
    // Amazon is found by its region, and takes buckets by name; everything else by address and path.
    ...(isAmazon(host) ? {} : { endpoint: `${use_ssl ? 'https' : 'http'}://${host}`, forcePathStyle: true }),
    // Checksums in trailers are new: gateways of some years ago refuse them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A server that is over quota says so before the body is sent, instead of closing the connection in its middle.
    expectContinueHeader: 65_536,
    requestHandler: {
      connectionTimeout: settings.connection_timeout * 1000,
      requestTimeout: settings.read_timeout * 1000,
      // A tunnel through a proxy is no https.Agent, and works as one.
      ...(agents && { httpAgent: agents.httpAgent, httpsAgent: agents.httpsAgent as https.Agent }),
    },
  });
  return { s3, client };
}

export function isAmazon(host: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?(:\d+)?$/.test(host);
}
