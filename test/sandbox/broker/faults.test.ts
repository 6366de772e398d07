import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerFault } from '../../../src/sandbox/broker/faults.ts';
import { openRaw, type RawClient } from './raw-client.ts';
import { type OwnTarget, startOwn } from './target.ts';

const LOGIN = { vhost: 'v', login: 'l', password: 'p' };
let own: OwnTarget;

beforeEach(async () => {
  own = await startOwn({ timeScale: 50 });
  own.broker.putVhost('v');
  own.broker.putUser('l', 'p');
  own.broker.putPermission('v', 'l');
  own.broker.putQueue('v', 'q');
});
afterEach(() => own.stop());

const publish = (...bodies: string[]): boolean[] =>
  bodies.map((body) => own.broker.publish({ vhost: 'v', queue: 'q', body }));

async function subscribed(headers: Record<string, string> = {}, ack = 'client-individual'): Promise<RawClient> {
  const client = await openRaw(own.url);
  await client.connect(LOGIN, headers);
  client.send('SUBSCRIBE', { id: 's', destination: '/amq/queue/q', ack, receipt: 'r' });
  await client.next();
  return client;
}

async function bodies(client: RawClient, count: number): Promise<string[]> {
  const got: string[] = [];
  while (got.length < count) got.push((await client.next()).body.toString());
  return got;
}

describe('messages', () => {
  test.each<[BrokerFault, readonly boolean[], readonly string[]]>([
    [{ kind: 'drop', times: 2 }, [false, false, true, true], ['c', 'd']],
    [{ kind: 'duplicate', times: 1 }, [true, true, true, true], ['a', 'a', 'b', 'c', 'd']],
    [{ kind: 'reorder', times: 2 }, [true, true, true, true], ['b', 'a', 'd', 'c']],
    [{ kind: 'delay', times: 1, ms: 500 }, [true, true, true, true], ['b', 'c', 'd', 'a']],
  ])('%j', async (fault, taken, received) => {
    const client = await subscribed();
    own.broker.fault(fault);
    expect(publish('a', 'b', 'c', 'd')).toEqual(taken);
    expect(await bodies(client, received.length)).toEqual(received);
    expect(await client.settle()).toEqual([]);
  });

  test('faults apply in the order they were asked for, and can be forgotten', async () => {
    own.broker.fault({ kind: 'drop', times: 1 });
    own.broker.fault({ kind: 'duplicate', times: 1 });
    expect(publish('a', 'b')).toEqual([false, true]);
    expect(own.broker.depth('v', 'q').ready).toBe(2);
    own.broker.fault({ kind: 'reorder', times: 5 });
    publish('late');
    expect(own.broker.depth('v', 'q').ready).toBe(2);
    own.broker.clearFaults();
    expect(own.broker.depth('v', 'q').ready).toBe(3);
    publish('c');
    expect(own.broker.depth('v', 'q').ready).toBe(4);
  });
});

describe('frames', () => {
  test('split: a frame over several text messages, never within a character', async () => {
    const client = await subscribed();
    own.broker.fault({ kind: 'split', times: 1 });
    const body = '😀'.repeat(200);
    publish(body, 'next');
    expect(await bodies(client, 2)).toEqual([body, 'next']);
    expect(client.texts).toHaveLength(2 + 3 + 1);
  });

  test('coalesce: a frame shares a message with the next', async () => {
    const client = await subscribed();
    own.broker.fault({ kind: 'coalesce', times: 2 });
    publish('a', 'b', 'c', 'd');
    expect(await bodies(client, 4)).toEqual(['a', 'b', 'c', 'd']);
    expect(client.texts).toHaveLength(2 + 1 + 1);
  });

  test('coalesce: a frame that no other follows comes alone', async () => {
    const client = await subscribed();
    own.broker.fault({ kind: 'coalesce', times: 1 });
    publish('a');
    expect(await bodies(client, 1)).toEqual(['a']);
  });

  test('split and coalesce together lose nothing', async () => {
    const client = await subscribed();
    own.broker.fault({ kind: 'coalesce', times: 1 });
    own.broker.fault({ kind: 'split', times: 1 });
    publish('a', 'b');
    expect(await bodies(client, 2)).toEqual(['a', 'b']);
  });

  test('inject: any bytes, to one session or to all', async () => {
    const [one, two] = [await subscribed(), await subscribed()];
    const [first] = own.broker.sessions();
    own.broker.fault({ kind: 'inject', bytes: 'BOGUS\nno colon\n', ...(first && { session: first.id }) });
    own.broker.fault({ kind: 'inject', bytes: Buffer.from('BOGUS\n\n\0') });
    await expect.poll(() => [one.texts.length, two.texts.length]).toEqual([4, 3]);
    expect(one.texts.slice(2)).toEqual(['BOGUS\nno colon\n', 'BOGUS\n\n\0']);
  });

  test('bodies that are no UTF-8 make a strict client close', async () => {
    const client = await subscribed();
    const failure = once(client.ws, 'close').catch((error: unknown) => error);
    own.broker.publish({ vhost: 'v', queue: 'q', body: new Uint8Array([0xff, 0xfe]) });
    expect(await failure).toMatchObject({ code: 'WS_ERR_INVALID_UTF8' });
    await expect.poll(() => own.broker.depth('v', 'q')).toEqual({ ready: 1, unacked: 0 });
  });
});

describe('connections', () => {
  test('close: with code and reason, messages come back', async () => {
    const client = await subscribed();
    publish('a');
    await client.next();
    own.broker.fault({ kind: 'close', code: 1012, reason: 'restart' });
    expect(await client.closed).toEqual({ code: 1012, reason: 'restart', unread: [] });
    expect(own.broker.depth('v', 'q')).toEqual({ ready: 1, unacked: 0 });
    expect(own.broker.sessions()).toEqual([]);
  });

  test('reset: of one session', async () => {
    const [one, two] = [await subscribed(), await subscribed()];
    own.broker.fault({ kind: 'reset', session: own.broker.sessions()[0]?.id ?? '' });
    expect((await one.closed).code).toBe(1006);
    expect(await two.settle()).toEqual([]);
  });

  test('reset: what comes next stays in the queue, also for a client that acknowledges nothing', async () => {
    const client = await subscribed({}, 'auto');
    own.broker.fault({ kind: 'reset' });
    publish('a');
    expect(own.broker.depth('v', 'q')).toEqual({ ready: 1, unacked: 0 });
    await client.closed;
  });

  test('silence: the client hears nothing, its messages go to another client', async () => {
    const client = await subscribed({ 'heart-beat': '1000,1000' });
    publish('a');
    await client.next();
    own.broker.fault({ kind: 'silence' });
    const heard = client.texts.length;
    client.ws.ping();
    const other = await subscribed();
    expect(await bodies(other, 1)).toEqual(['a']);
    expect(client.texts).toHaveLength(heard);
    expect(client.ws.readyState).toBe(client.ws.OPEN);
    client.ws.terminate();
  });

  test.each([401, 403, 502])('refuse: the next upgrade is answered %i', async (status) => {
    own.broker.fault({ kind: 'refuse', times: 1, status });
    await expect(openRaw(own.url)).rejects.toThrow(`Unexpected server response: ${status}`);
    await subscribed();
  });
});
