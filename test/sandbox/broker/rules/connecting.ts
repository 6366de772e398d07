import { describe, expect, test } from 'vitest';
import { type Login, openRaw } from '../raw-client.ts';
import type { Target } from '../target.ts';
import { createWorld, short } from './world.ts';

export function describeConnecting(start: () => Promise<Target>): void {
  const world = createWorld(start);

  describe('the WebSocket', () => {
    test.each([
      [['v12.stomp'], 'v12.stomp'],
      [['v10.stomp', 'v11.stomp', 'v12.stomp'], 'v12.stomp'],
      [['v10.stomp', 'mqtt', 'v11.stomp'], 'v11.stomp'],
      [[], ''],
    ])('offered %j it takes %j', async (offered, taken) => {
      const client = await openRaw(world.target().url, offered);
      expect(client.ws.protocol).toBe(taken);
      client.ws.close();
    });

    test('names no subprotocol when it knows none', async () => {
      await expect(openRaw(world.target().url, ['mqtt'])).rejects.toThrow('Server sent no subprotocol');
    });

    test('does not mind a slash behind its path', async () => {
      const client = await openRaw(`${world.target().url}/`);
      client.ws.close();
    });

    test.each(['/', '/ws/x', '/stomp', '/wsx'])('answers 404 on %s', async (path) => {
      await expect(openRaw(new URL(path, world.target().url).href)).rejects.toThrow('Unexpected server response: 404');
    });

    test('sends each frame as one text message that ends in NUL and a line feed', async () => {
      const client = await world.subscribed();
      await world.publish('{"a":"é"}');
      await client.next();
      expect(client.texts).toHaveLength(3);
      for (const text of client.texts) expect(text).toMatch(/\0\n$/);
    });

    test('takes several frames in one message, one over several, binary ones, CRLF and heart-beats', async () => {
      const client = await world.open();
      client.raw(
        `\n\r\nCONNECT\r\naccept-version:1.2\r\nhost:${world.login().vhost}\r\nlogin:${world.login().login}\r\n`,
      );
      client.raw(Buffer.from(`passcode:${world.login().password}\r\n\r`));
      client.raw(`\n\0\n\nSUBSCRIBE\nid:1\ndestination:/amq/queue/q\nreceipt:a\n\n\0UNSUBSCRIBE\nid:1\nreceipt:b\n\n`);
      client.raw('\0');
      const got = [await client.next(), await client.next(), await client.next()];
      expect(got.map(short)).toEqual(['CONNECTED', 'RECEIPT a', 'RECEIPT b']);
    });
  });

  describe('CONNECT', () => {
    test.each(['CONNECT', 'STOMP'])('%s with good credentials', async (command) => {
      const client = await world.open();
      client.send(command, {
        'accept-version': '1.1,1.2',
        host: world.login().vhost,
        login: world.login().login,
        passcode: world.login().password,
      });
      const frame = await client.next();
      expect(frame.command).toBe('CONNECTED');
      expect([...frame.headers.keys()]).toEqual(['server', 'session', 'heart-beat', 'version']);
      expect(frame.headers.get('server')).toMatch(/^RabbitMQ\/\d/);
      expect(frame.headers.get('session')).toMatch(/^session-[\w-]{22}$/);
      expect(frame.headers.get('version')).toBe('1.2');
    });

    test.each([
      ['5000,30000', '30000,5000'],
      ['0,0', '0,0'],
      [undefined, '0,0'],
      ['1,1999', '1000,1000'],
    ])('heart-beats %s are answered swapped, in whole seconds: %s', async (asked, answered) => {
      const client = await world.open();
      const frame = await client.connect(world.login(), asked === undefined ? {} : { 'heart-beat': asked });
      expect(frame.headers.get('heart-beat')).toBe(answered);
    });

    test.each<[string, (good: Login) => Login, (bad: Login) => string]>([
      ['a wrong password', (good) => ({ ...good, password: 'x' }), (bad) => `Access refused for user '${bad.login}'\n`],
      ['an unknown login', (good) => ({ ...good, login: 'x' }), (bad) => `Access refused for user '${bad.login}'\n`],
      ['a missing vhost', (good) => ({ ...good, vhost: 'x' }), (bad) => `Virtual host '${bad.vhost}' access denied`],
    ])('%s is refused; the socket stays open and takes the right one', async (_, spoil, body) => {
      const client = await world.open();
      const bad = spoil(world.login());
      const frame = await client.connect(bad);
      expect(frame.command).toBe('ERROR');
      expect([...frame.headers]).toEqual([
        ['message', 'Bad CONNECT'],
        ['content-type', 'text/plain'],
        ['version', '1.0,1.1,1.2'],
        ['content-length', String(Buffer.byteLength(body(bad)))],
      ]);
      expect(frame.body.toString()).toBe(body(bad));
      expect((await client.connect(world.login())).command).toBe('CONNECTED');
    });

    test('a login without permission on the vhost is refused', async () => {
      await world.target().broker.deletePermission(world.login().vhost, world.login().login);
      const client = await world.open();
      expect((await client.connect(world.login())).body.toString()).toBe(
        `Virtual host '${world.login().vhost}' access denied`,
      );
    });

    test('a login that is not named is guest, a vhost /', async () => {
      const client = await world.open();
      client.send('CONNECT', { 'accept-version': '1.2' });
      expect((await client.next()).body.toString()).toBe("Access refused for user 'guest'\n");
      client.send('CONNECT', {
        'accept-version': '1.2',
        login: world.login().login,
        passcode: world.login().password,
      });
      expect((await client.next()).body.toString()).toBe("Virtual host '/' access denied");
    });

    test('heart-beats that are no numbers are refused', async () => {
      const client = await world.open();
      const frame = await client.connect(world.login(), { 'heart-beat': 'x' });
      expect(frame.headers.get('message')).toBe('Processing error');
    });

    test('a second one, after success, crashes the connection', async () => {
      const client = await world.connected();
      client.send('CONNECT', { 'accept-version': '1.2' });
      expect(await client.closed).toEqual({ code: 1011, reason: '', unread: [] });
    });

    test.each([
      ['SEND\nno colon\n\n\0', 1007, '{header_no_value,"no colon"}'],
      ['SEND\nx:\\t\n\n\0', 1007, '{bad_escape,"\\\\t"}'],
      ['SEND\nx:1\r2\n\n\0', 1007, '{unexpected_chars_in_header,"\\r2"}'],
      ['SEND\ncontent-length:x\n\n\0', 1011, ''],
      ['SEND\ncontent-length:1\n\nabc\0', 1011, ''],
    ])('%j is no STOMP and ends the connection', async (text, code, reason) => {
      const client = await world.connected();
      client.raw(text);
      expect(await client.closed).toEqual({ code, reason, unread: [] });
    });

    test('an unknown version is refused', async () => {
      const client = await world.open();
      const frame = await client.connect(world.login(), { 'accept-version': '2.0' });
      expect([frame.headers.get('message'), frame.body.toString()]).toEqual([
        'Version mismatch',
        'Supported versions are 1.0,1.1,1.2\n',
      ]);
    });

    test('anything before it is refused', async () => {
      const client = await world.open();
      client.send('SUBSCRIBE', { id: '1', destination: '/amq/queue/q' });
      expect((await client.next()).headers.get('message')).toBe('Illegal command');
      expect((await client.connect(world.login())).command).toBe('CONNECTED');
    });
  });
}
