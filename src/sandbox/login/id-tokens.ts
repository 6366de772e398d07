import { generateKeyPairSync, sign } from 'node:crypto';

const LIFETIME_S = 300;

/** Signs what is said of people with a key of this process. */
export function createIdTokens(issuer: string, audience: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    publicKey: { ...publicKey.export({ format: 'jwk' }), kid: 'sandbox', use: 'sig', alg: 'ES256' },
    sign: (claims: Readonly<Record<string, unknown>>): string => {
      const iat = Math.floor(Date.now() / 1000);
      const head = encode({ alg: 'ES256', typ: 'JWT', kid: 'sandbox' });
      const body = encode({ iss: issuer, aud: audience, iat, exp: iat + LIFETIME_S, ...claims });
      const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${head}.${body}.${signature.toString('base64url')}`;
    },
  };
}
