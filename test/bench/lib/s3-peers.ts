import { encodeQuery, type KeyPair, sign } from '../../../src/s3/sigv4.ts';

/** An S3 server to compare with, on this machine. */
export interface S3Peer {
  readonly name: string;
  readonly port: number;
  readonly bucket: string;
  readonly keys: KeyPair;
}

/**
 * `BENCH_S3`: `name=url,key,secret`, separated by blanks. The servers listen on 127.0.0.1; their bucket is made.
 *
 * @throws Error for what cannot be read
 */
export function parsePeers(text: string): readonly S3Peer[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((entry) => {
      const [, name, url, accessKey, secretKey] = /^([^=]+)=([^,]+),([^,]+),([^,]+)$/.exec(entry) ?? [];
      if (name === undefined || url === undefined || accessKey === undefined || secretKey === undefined) {
        throw new Error(`BENCH_S3 must be name=url,key,secret and not ${JSON.stringify(entry.split(',')[0])}`);
      }
      return { name, port: Number(new URL(url).port), bucket: 'bench-bucket', keys: { accessKey, secretKey } };
    });
}

/** @throws Error for an answer that is neither 2xx nor says that the bucket is there */
export async function makeBucket(peer: S3Peer): Promise<void> {
  const { status } = await ask(peer, 'PUT', `/${peer.bucket}`);
  if (status >= 300 && status !== 409) throw new Error(`${peer.name} answered ${status} to the creation of a bucket`);
}

/** One page of 1000 keys. Returns how many there were. */
export async function listPage(peer: S3Peer): Promise<number> {
  const query = encodeQuery({ 'list-type': '2', 'max-keys': 1000 });
  const answer = await ask(peer, 'GET', `/${peer.bucket}?${query}`);
  return (await answer.text()).split('<Key>').length - 1;
}

/** @throws Error for an answer that is not 2xx */
export async function removeObject(peer: S3Peer, key: string): Promise<void> {
  const { status } = await ask(peer, 'DELETE', `/${peer.bucket}/${key}`);
  if (status >= 300) throw new Error(`${peer.name} answered ${status} to the removal of an object`);
}

function ask({ port, keys }: S3Peer, method: string, path: string): Promise<Response> {
  const host = `127.0.0.1:${port}`;
  const signed = sign({ method, host, path, body: '', keys, region: 'us-east-1', now: new Date() });
  return fetch(`http://${host}${path}`, { method, headers: signed });
}
