import type { Transporter } from 'nodemailer';
import { mailFailed } from '../errors.ts';
import type { Settings } from '../settings.ts';
import type { Channel } from '../state/outbox.ts';
import { type AddressDeps, openAddresses } from './addresses.ts';
import { writeLetter } from './letter.ts';

export interface MailDeps extends AddressDeps {
  readonly settings: Settings;
}

const TIMEOUT_MS = 30_000;

/** One letter about each event, to the addresses of its user. Who has none gets none. */
export function createMail(deps: MailDeps, host: string, from: string): Channel & { close(): void } {
  let transport: Transporter | undefined;
  return {
    name: 'mail',
    send: async (events, signal) => {
      // Loaded when there is a letter to send.
      transport ??= (await import('nodemailer')).createTransport(transportOptions(deps.settings, host, from));
      const addressesOf = await openAddresses(deps);
      for (const event of events) {
        signal.throwIfAborted();
        const to = await addressesOf(event, signal);
        if (to.length === 0) continue;
        try {
          await transport.sendMail({ from, to: [...to], ...writeLetter(event, deps.hostId) });
        } catch (error) {
          throw mailFailed(host, error);
        }
      }
    },
    close: () => transport?.close(),
  };
}

function transportOptions(settings: Settings, host: string, from: string) {
  const { SMTP_PORT: port, SMTP_SECURITY: security, SMTP_USER: user, SMTP_PASSWORD: pass } = settings;
  const token = settings.NOTIFICATION_OAUTH_ACCESS_TOKEN;
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  const secure = { secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none' };
  const base = { host, port, ...secure, ...timeouts };
  if (token !== undefined)
    return { ...base, auth: { type: 'OAuth2', user: user ?? from, accessToken: token } as const };
  return user === undefined ? base : { ...base, auth: { user, pass: pass ?? '' } };
}
