import { describe, expect, test } from 'vitest';
import type { RawClient } from '../raw-client.ts';
import type { Target } from '../target.ts';
import { createWorld, DIED, short, subscribe } from './world.ts';

export function describeDelivering(start: () => Promise<Target>): void {
  const world = createWorld(start);

  describe('SUBSCRIBE', () => {
    test('sends the receipt before the first message', async () => {
      await world.publish('first');
      const client = await world.connected();
      client.send('SUBSCRIBE', { id: '1', destination: '/amq/queue/q', receipt: 'r' });
      expect([short(await client.next()), short(await client.next())]).toEqual(['RECEIPT r', 'MESSAGE first']);
    });

    test('delivers with the headers RabbitMQ sends, in its order', async () => {
      const client = await world.subscribed({ id: 'sub:1', ack: 'client-individual' });
      await world.publish('{"é":1}');
      const frame = await client.next();
      const id = frame.headers.get('message-id') ?? '';
      expect(id).toMatch(/^T_sub:1@@session-[\w-]{22}@@1$/);
      const sent = frame.headers.get('x-message-id') ?? '';
      expect(sent).toMatch(/^[0-9a-f]{32}$/);
      expect([...frame.headers].filter(([name]) => name !== 'receipt')).toEqual([
        ['subscription', 'sub:1'],
        ['destination', '/queue/q'],
        ['message-id', id],
        ['redelivered', 'false'],
        ['ack', id],
        ['x-message-id', sent],
        ['auto-delete', 'false'],
        ['durable', 'true'],
        ['persistent', 'true'],
        ['content-type', 'application/json'],
        ['content-length', '8'],
      ]);
    });

    test.each([
      ['a queue that is missing', '/amq/queue/missing'],
      ['/queue/, which declares it again', '/queue/q'],
    ])('%s kills the session', async (_, destination) => {
      const client = await world.connected();
      client.send('SUBSCRIBE', { id: '1', destination, receipt: 'r' });
      expect(await client.closed).toEqual(DIED);
    });

    test('the same id twice kills the session', async () => {
      const client = await world.subscribed({ id: '1' });
      client.send('SUBSCRIBE', { id: '1', destination: '/amq/queue/q' });
      expect(await client.closed).toEqual(DIED);
    });

    test.each([
      [{ destination: '/nonsense/q' }, 'Unknown destination'],
      [{ destination: '/amq/queue/a/b' }, 'Invalid destination'],
      [{ destination: '/amq/queue' }, 'Invalid destination'],
      [{ destination: '/amq/queue/q', ack: 'maybe' }, 'Processing error'],
      [{ destination: '/amq/queue/q', 'prefetch-count': 'x' }, 'Processing error'],
      [{}, 'Missing destination'],
    ])('%j is refused and the session goes on', async (headers, message) => {
      const client = await world.connected();
      client.send('SUBSCRIBE', { id: '1', ...headers });
      expect((await client.next()).headers.get('message')).toBe(message);
      await subscribe(client, { id: '1' });
    });

    test('without an id works, and its messages name no subscription', async () => {
      const client = await world.connected();
      client.send('SUBSCRIBE', { destination: '/amq/queue/q', ack: 'client' });
      await world.publish('a');
      const frame = await client.next();
      expect(frame.headers.has('subscription')).toBe(false);
      client.send('ACK', { id: frame.headers.get('ack') ?? '', receipt: 'r' });
      expect(short(await client.next())).toBe('RECEIPT r');
    });

    test('ack:auto gets everything and never again', async () => {
      const client = await world.subscribed({ ack: 'auto', 'prefetch-count': '1' });
      await world.publish('a', 'b', 'c');
      const frames = [await client.next(), await client.next(), await client.next()];
      expect(frames.map(short)).toEqual(['MESSAGE a', 'MESSAGE b', 'MESSAGE c']);
      expect(frames.some((frame) => frame.headers.has('ack'))).toBe(false);
      client.ws.terminate();
      const other = await world.subscribed();
      expect(await other.settle()).toEqual([]);
    });

    test('prefetch-count bounds what is unacknowledged', async () => {
      const client = await world.subscribed({ ack: 'client-individual', 'prefetch-count': '2' });
      await world.publish('a', 'b', 'c', 'd');
      const a = await client.next();
      await client.next();
      expect(await client.settle()).toEqual([]);
      client.send('ACK', { id: a.headers.get('ack') ?? '' });
      expect(short(await client.next())).toBe('MESSAGE c');
      expect(await client.settle()).toEqual([]);
    });

    test('prefetch-count stays for later subscriptions of the session', async () => {
      const client = await world.connected();
      await subscribe(client, { id: '1', ack: 'client', 'prefetch-count': '1' });
      client.send('UNSUBSCRIBE', { id: '1' });
      await subscribe(client, { id: '2', ack: 'client' });
      await world.publish('a', 'b');
      expect(short(await client.next())).toBe('MESSAGE a');
      expect(await client.settle()).toEqual([]);
    });

    test('two subscribers are served in turn', async () => {
      const [one, two] = [await world.subscribed(), await world.subscribed()];
      await world.publish('a', 'b', 'c', 'd');
      const got = await Promise.all(
        [one, two].map(async (client) => [short(await client.next()), short(await client.next())]),
      );
      expect(got).toEqual([
        ['MESSAGE a', 'MESSAGE c'],
        ['MESSAGE b', 'MESSAGE d'],
      ]);
    });
  });

  describe('ACK and NACK', () => {
    const three = async (ack: string): Promise<{ client: RawClient; ids: [string, string, string] }> => {
      const client = await world.subscribed({ ack });
      await world.publish('a', 'b', 'c');
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.push((await client.next()).headers.get('ack') ?? '');
      return { client, ids: ids as [string, string, string] };
    };
    const left = async (): Promise<readonly string[]> => {
      const client = await world.subscribed({ ack: 'client' });
      return (await client.settle()).map(short);
    };

    test.each([
      ['client-individual', ['MESSAGE b again', 'MESSAGE c again']],
      ['client', ['MESSAGE c again']],
    ])('ack:%s', async (mode, remaining) => {
      const { client, ids } = await three(mode);
      client.send('ACK', { id: mode === 'client' ? ids[1] : ids[0] });
      await client.settle();
      client.send('DISCONNECT');
      await client.closed;
      expect(await left()).toEqual(remaining);
    });

    test('a second ACK of one message kills the session; the others come back in order', async () => {
      const { client, ids } = await three('client-individual');
      client.send('ACK', { id: ids[1] });
      client.send('ACK', { id: ids[1] });
      expect(await client.closed).toEqual(DIED);
      expect(await left()).toEqual(['MESSAGE a again', 'MESSAGE c again']);
    });

    test('an ACK counts whatever session it names', async () => {
      const { client } = await three('client-individual');
      client.send('ACK', { id: 'T_sub@@session-of-before@@2' });
      await client.settle();
      client.send('DISCONNECT');
      await client.closed;
      expect(await left()).toEqual(['MESSAGE a again', 'MESSAGE c again']);
    });

    test('an ACK of what was never delivered kills the session', async () => {
      const { client, ids } = await three('client-individual');
      client.raw(`ACK\nid:${ids[0].replace(/@@1$/, '@@99')}\nreceipt:r\n\n\0ACK\nid:${ids[0]}\n\n\0DANCE\n\n\0`);
      const { unread, ...end } = await client.closed;
      expect({ ...end, unread: [] }).toEqual(DIED);
      // The channel dies on its own time: the rest of the message is still answered, but acknowledges nothing.
      expect(unread.map((frame) => frame.command)).toEqual(['RECEIPT', 'ERROR']);
      expect(await left()).toEqual(['MESSAGE a again', 'MESSAGE b again', 'MESSAGE c again']);
    });

    test.each([
      [{ id: 'nonsense' }, 'Invalid header'],
      [{ id: 'T_sub@@session@@x' }, 'Processing error'],
      [{}, 'Missing header'],
      [{ id: 'T_other@@session@@1' }, 'Subscription not found'],
    ])('ACK %j is refused and the session goes on', async (headers, message) => {
      const { client } = await three('client-individual');
      client.send('ACK', headers);
      expect((await client.next()).headers.get('message')).toBe(message);
      expect(await client.settle()).toEqual([]);
    });

    test.each([{}, { requeue: 'true' }])('NACK %j brings it again at once', async (headers) => {
      const { client, ids } = await three('client-individual');
      client.send('NACK', { id: ids[1], ...headers });
      const again = await client.next();
      expect(short(again)).toBe('MESSAGE b again');
      expect(again.headers.get('ack')).toMatch(/@@4$/);
    });

    test('NACK requeue:false discards', async () => {
      const { client, ids } = await three('client-individual');
      client.send('NACK', { id: ids[1], requeue: 'false' });
      expect(await client.settle()).toEqual([]);
      client.ws.terminate();
      await client.closed;
      await expect.poll(async () => left()).toEqual(['MESSAGE a again', 'MESSAGE c again']);
    });

    test('a lost socket gives its messages to who still listens', async () => {
      const { client } = await three('client-individual');
      const other = await world.subscribed({ ack: 'client' });
      client.ws.terminate();
      const got = [await other.next(), await other.next(), await other.next()];
      expect(got.map(short)).toEqual(['MESSAGE a again', 'MESSAGE b again', 'MESSAGE c again']);
    });
  });

  describe('SEND', () => {
    test('to a missing queue has a receipt all the same', async () => {
      const client = await world.connected();
      client.send('SEND', { destination: '/amq/queue/missing', receipt: 'r' }, 'x');
      expect(short(await client.next())).toBe('RECEIPT r');
    });

    test('reaches subscribers with the headers of the sender', async () => {
      const client = await world.subscribed();
      const headers = { zz: 'a:b', 'content-type': 'text/plain', persistent: 'true', aa: 'c' };
      client.send('SEND', { destination: '/amq/queue/q', ...headers }, 'body');
      const frame = await client.next();
      expect(short(frame)).toBe('MESSAGE body');
      expect([...frame.headers].slice(-5)).toEqual([
        ['aa', 'c'],
        ['zz', 'a:b'],
        ['persistent', 'true'],
        ['content-type', 'text/plain'],
        ['content-length', '4'],
      ]);
    });
  });
}
