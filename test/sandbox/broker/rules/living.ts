import { describe, expect, test } from 'vitest';
import type { RawClient } from '../raw-client.ts';
import type { Target } from '../target.ts';
import { createWorld, DIED, short, subscribe } from './world.ts';

export function describeLiving(start: () => Promise<Target>): void {
  const world = createWorld(start);

  describe('leaving', () => {
    test('UNSUBSCRIBE has a receipt, and messages stay in the queue', async () => {
      const client = await world.subscribed({ id: '1', ack: 'client-individual' });
      await world.publish('held');
      const held = await client.next();
      client.send('UNSUBSCRIBE', { id: '1', receipt: 'r' });
      expect(short(await client.next())).toBe('RECEIPT r');
      await world.publish('kept');
      client.send('ACK', { id: held.headers.get('ack') ?? '' });
      expect((await client.next()).headers.get('message')).toBe('Subscription not found');
      await subscribe(client, { id: '2' });
      expect(short(await client.next())).toBe('MESSAGE kept');
    });

    test.each([
      [{ id: 'x' }, 'No subscription found'],
      [{}, 'Missing destination or id'],
    ])('UNSUBSCRIBE %j is refused', async (headers, message) => {
      const client = await world.connected();
      client.send('UNSUBSCRIBE', headers);
      expect((await client.next()).headers.get('message')).toBe(message);
    });

    test('DISCONNECT closes without its receipt', async () => {
      const client = await world.connected();
      client.send('DISCONNECT', { receipt: 'r' });
      expect(await client.closed).toEqual(DIED);
    });

    test('an unknown command is refused and the session goes on', async () => {
      const client = await world.connected();
      client.send('DANCE');
      const frame = await client.next();
      expect(frame.headers.get('message')).toBe('Bad command');
      expect(await client.settle()).toEqual([]);
    });
  });

  describe('heart-beats', () => {
    const since = (from: number): number => (performance.now() - from) / world.target().pace;

    test('come at the agreed interval', async () => {
      const client = await world.connected({ 'heart-beat': '0,1000' });
      await expect
        .poll(() => client.texts.filter((text) => text === '\n').length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(2);
    });

    test('that the client promised and does not send end the session after three intervals', async () => {
      const from = performance.now();
      const client = await world.connected({ 'heart-beat': '1000,0' });
      expect(await client.closed).toEqual(DIED);
      expect(since(from)).toBeGreaterThan(2000);
    });

    test.each([
      ['heart-beats', (client: RawClient) => client.raw('\n')],
      ['WebSocket pings', (client: RawClient) => client.ws.ping()],
    ])('%s keep the session', async (_, beat) => {
      const from = performance.now();
      const client = await world.connected({ 'heart-beat': '1000,1000' });
      const timer = setInterval(() => beat(client), 500 * world.target().pace);
      await expect.poll(() => since(from), { timeout: 30_000 }).toBeGreaterThan(4000);
      clearInterval(timer);
      expect(client.ws.readyState).toBe(client.ws.OPEN);
      client.ws.terminate();
    });
  });

  describe('administration', () => {
    test('a new password counts for new sessions only', async () => {
      const client = await world.subscribed();
      await world.target().broker.putUser(world.login().login, 'new');
      await world.publish('still');
      expect(short(await client.next())).toBe('MESSAGE still');
      const other = await world.open();
      expect((await other.connect(world.login())).command).toBe('ERROR');
      expect((await other.connect({ ...world.login(), password: 'new' })).command).toBe('CONNECTED');
    });

    test('a removed permission counts for new sessions only', async () => {
      const client = await world.subscribed();
      await world.target().broker.deletePermission(world.login().vhost, world.login().login);
      await world.publish('still');
      expect(short(await client.next())).toBe('MESSAGE still');
    });

    test('a deleted user loses its sessions', async () => {
      const client = await world.subscribed();
      await world.target().broker.deleteUser(world.login().login);
      expect(await client.closed).toEqual(DIED);
      const other = await world.open();
      expect((await other.connect(world.login())).body.toString()).toContain('Access refused');
    });

    test('a deleted queue cancels the subscription and leaves the session; it can come back', async () => {
      const client = await world.subscribed({ id: 'sub' });
      await world.target().broker.deleteQueue(world.login().vhost, 'q');
      const frame = await client.next();
      expect(frame.command).toBe('ERROR');
      expect(frame.headers.get('message')).toBe('Server cancelled subscription');
      expect(frame.headers.get('subscription')).toBe('sub');
      expect(frame.body.toString()).toBe(
        'The server has canceled a subscription.\nNo more messages will be delivered for "id=\'sub\'".\n',
      );
      await world.target().broker.putQueue(world.login().vhost, 'q');
      await subscribe(client, { id: 'sub' });
      await world.publish('back');
      expect(short(await client.next())).toBe('MESSAGE back');
    });
  });
}
