import { createHmac } from 'node:crypto';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { createHttp } from '../../../../src/lib/http.ts';
import type { Documents } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { decideMapping, requestMapping } from '../../central/mappings.ts';
import { rememberPerson } from '../../central/people.ts';
import { createNames } from '../../host/names.ts';
import { writeLetter } from '../../notify/letter.ts';
import { createMail } from '../../notify/mail.ts';
import { createWebhook } from '../../notify/webhook.ts';
import type { QuotaEvent } from '../../state/event.ts';
import { createFakeHost } from '../fake-tools.ts';
import { withDefaults } from '../lab.ts';

const { signal } = new AbortController();
const EVENT: QuotaEvent = {
  event: 'disk_soft_limit_exceeded',
  subject: 'user',
  id: 1000,
  name: 'alice',
  device: '/dev/vdb',
  at: 1_795_213_431,
  detail: {
    block_current: 450 * 1024,
    block_soft_limit: 400,
    block_hard_limit: 500,
    block_time_limit: 1_795_300_000,
    inode_current: 5,
    inode_hard_limit: 9,
  },
};

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a webhook', () => {
  it('posts the users of events with the key, signed', async () => {
    const seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
    const port = await portOf(
      createHttpServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          seen.push({ url: request.url, headers: request.headers, body });
          response.end('{}');
        });
      }),
    );
    // The address of a central side, as other managers have it in their configuration.
    const url = `http://127.0.0.1:${port}`;
    const hook = createWebhook((options) => createHttp(options, { clock: systemClock }), {
      url,
      secret: 'a secret of theirs',
      hostId: 'storage1',
    });
    await hook.send([EVENT, { ...EVENT, subject: 'project' }], signal);
    await hook.send(
      [
        { ...EVENT, subject: 'group' },
        { ...EVENT, host: 'storage2' },
      ],
      signal,
    );
    hook.close();
    const other = createWebhook((options) => createHttp(options, { clock: systemClock }), {
      url: `${url}/hooks/quota?x=1`,
      secret: undefined,
      hostId: 'storage1',
    });
    await other.send([EVENT], signal);
    other.close();
    expect(seen.splice(1).map(({ url: path, headers }) => [path, headers['x-api-key']])).toEqual([
      ['/hooks/quota?x=1', undefined],
    ]);
    const [{ url: path, headers, body }] = seen as [(typeof seen)[number]];
    expect(path).toBe('/api/internal/slave-events');
    expect(JSON.parse(body)).toEqual({
      host_id: 'storage1',
      events: [{ host_user_name: 'alice', event_type: 'disk_soft_limit_exceeded', detail: EVENT.detail }],
    });
    expect(headers['x-api-key']).toBe('a secret of theirs');
    expect(headers['x-signature']).toBe(
      `sha256=${createHmac('sha256', 'a secret of theirs').update(body).digest('hex')}`,
    );
  });
});

describe('a letter', () => {
  it('says the same as text and as HTML', () => {
    const { subject, text, html } = writeLetter({ ...EVENT, name: '<b>alice</b>' }, 'storage1');
    expect(subject).toBe('Disk quota exceeded: /dev/vdb on storage1');
    for (const part of ['450 KiB', '400 KiB', '500 KiB', '5 of 9', '2026-11-21T22:26:40.000Z', '/dev/vdb']) {
      expect(text).toContain(part);
      expect(html).toContain(part);
    }
    expect(html).not.toContain('<b>');
  });
});

describe('mail', () => {
  async function mailTo(
    gecos: string,
    mailMap: Readonly<Record<string, string>> = {},
    event = EVENT,
    given?: Documents,
  ) {
    const store = given ?? createMemoryDocuments(systemClock);
    const lines: string[] = [];
    const port = await portOf(createServer((socket) => smtp(socket, lines)));
    const host = createFakeHost();
    host.addUser('alice', 1000, gecos);
    const settings = withDefaults({ device: '/srv/data', SMTP_PORT: port, SMTP_SECURITY: 'none', mail_map: mailMap });
    const mail = createMail(
      { settings, names: createNames(host.run), hostId: 'storage1', store },
      '127.0.0.1',
      'quota@example.org',
    );
    await mail.send([event], signal);
    mail.close();
    return lines;
  }

  it('goes to the address of the map, then to that of the comment field, in both forms', async () => {
    const lines = await mailTo('Alice Smith,,,alice@example.com');
    expect(lines).toContain('RCPT TO:<alice@example.com>');
    expect(lines.join('\n')).toMatch(/text\/plain[\s\S]*text\/html/);
    expect(await mailTo('alice@example.com', { alice: 'a.smith@example.net' })).toContain(
      'RCPT TO:<a.smith@example.net>',
    );
  });

  it('goes to the verified address of a login between the two, as long as the person is that user', async () => {
    const clock = manualClock();
    const store = createMemoryDocuments(clock);
    const claims = { email: 'alice@login.example' };
    const person = { name: 'alice@example.org', isOperator: false };
    const login = (said?: Readonly<Record<string, string>>) =>
      rememberPerson({ store, clock, userClaim: 'uid' }, { ...person, ...(said && { claims: said }) });
    const [claim, gecos] = ['RCPT TO:<alice@login.example>', 'RCPT TO:<alice@comment.example>'];
    const sent = async (map = {}, event = EVENT) =>
      (await mailTo('alice@comment.example', map, event, store)).filter((line) => line.startsWith('RCPT'));

    // A login that is no user of the hosts gets no letters of one.
    await login(claims);
    expect(await sent()).toEqual([gecos]);
    await login({ ...claims, uid: 'alice' });
    expect(await sent()).toEqual([claim]);
    expect(await sent({ alice: 'a@map.example' })).toEqual(['RCPT TO:<a@map.example>']);
    // A key says nothing of the person, and an address with a line in it is none.
    await login();
    expect(await sent()).toEqual([claim]);
    await login({ uid: 'alice', email: 'a@b.example\r\nRCPT TO:<x@y.example>' });
    expect(await sent()).toEqual([gecos]);

    // An administrator's word is as good, for one host.
    await login(claims);
    const mapping = { person: person.name, hostId: 'storage1', user: 'alice' };
    await requestMapping(store, mapping, clock.now());
    expect(await sent()).toEqual([gecos]);
    const by = { name: 'charlie', now: clock.now() };
    await decideMapping(store, mapping, 'approved', by);
    expect(await sent()).toEqual([claim]);
    // Users of other hosts have no comment field here.
    expect(await sent({}, { ...EVENT, host: 'storage2' })).toEqual([]);
    await decideMapping(store, { ...mapping, hostId: 'storage2' }, 'approved', by);
    expect(await sent({}, { ...EVENT, host: 'storage2' })).toEqual([claim]);
    await clock.advance(91 * 86_400_000);
    expect(await sent()).toEqual([gecos]);
  });

  it('goes nowhere when there is no address', async () => {
    expect(await mailTo('waldur-0123456789abcdef0123456789abcdef')).toEqual([]);
  });

  it('that is refused waits, and tells no credentials', async () => {
    const port = await portOf(createServer((socket) => socket.end('554 no, secret-word\r\n')));
    const host = createFakeHost();
    const settings = withDefaults({
      device: '/srv/data',
      SMTP_PORT: port,
      SMTP_SECURITY: 'none',
      mail_map: { alice: 'a@example.org' },
    });
    const mail = createMail(
      { settings, names: createNames(host.run), hostId: 'storage1', store: createMemoryDocuments(systemClock) },
      '127.0.0.1',
      'quota@example.org',
    );
    const failure = await mail.send([EVENT], signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'HOST_QUOTA_MAIL', disposition: 'transient' });
    expect(String(failure)).not.toContain('secret-word');
  });
});

/** As much of SMTP as one letter needs. */
function smtp(socket: import('node:net').Socket, lines: string[]): void {
  let inLetter = false;
  socket.write('220 lab\r\n');
  socket.on('data', (chunk: Buffer) => {
    for (const line of chunk
      .toString()
      .split('\r\n')
      .filter((one) => one !== '')) {
      lines.push(line);
      if (inLetter && line !== '.') continue;
      if (line === '.') inLetter = false;
      if (line === 'DATA') inLetter = true;
      socket.write(line === 'DATA' ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
    }
  });
}
