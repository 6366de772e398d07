import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryBroker } from '../../src/cli/try-broker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createWaldur } from '../../src/waldur/create-client.ts';
import { OFFERING, offeringConfig } from '../fakes/offering.ts';

describe('tryBroker', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({});
  });
  afterAll(() => sandbox.close());

  const prepare = async () => {
    const signal = AbortSignal.timeout(10_000);
    const base = offeringConfig();
    const config = offeringConfig({
      waldur: {
        ...base.waldur,
        apiUrl: sandbox.url,
        credentials: { kind: 'token', token: sandbox.token('provider-owner') },
      },
      stomp: { ...base.stomp, enabled: true, url: sandbox.wsUrl },
    });
    const waldur = createWaldur(config.waldur, {
      clock: systemClock,
      http: (options) => createHttp(options, { clock: systemClock }),
      mode: 'event_process',
      version: '0.0.0',
      observe: () => undefined,
    });
    const identity = await waldur.agents.identify(OFFERING, systemClock.now(), signal);
    if (identity === undefined) throw new Error('no identity');
    const queue = await waldur.queues.register({ identity: identity.uuid, offering: OFFERING }, ['order'], signal);
    if (queue === undefined) throw new Error('no queue');
    const passcode = await waldur.queues.passcode(signal);
    waldur.close();
    return { config, queue, passcode, signal };
  };

  it('comes back when the queue is subscribed', async () => {
    const { config, queue, passcode, signal } = await prepare();
    await tryBroker(config, queue, passcode, { clock: systemClock, env: {} }, signal);
  });

  it('leaves what is in the queue to the agent', async () => {
    const { config, queue, passcode, signal } = await prepare();
    sandbox.placeOrder();
    await tryBroker(config, queue, passcode, { clock: systemClock, env: {} }, signal);
    await tryBroker(config, queue, passcode, { clock: systemClock, env: {} }, signal);
    const acks = sandbox.journal.entries(0, 'stomp').filter(({ method }) => method === 'ACK');
    expect(acks).toEqual([]);
  });

  it('fails as the broker does', async () => {
    const { config, queue, signal } = await prepare();
    await expect(tryBroker(config, queue, 'wrong', { clock: systemClock, env: {} }, signal)).rejects.toMatchObject({
      code: 'STOMP_REFUSED',
    });
  });

  it('stops with the signal', async () => {
    const { config, queue, passcode } = await prepare();
    const reason = new Error('stopped');
    await expect(
      tryBroker(config, queue, passcode, { clock: systemClock, env: {} }, AbortSignal.abort(reason)),
    ).rejects.toBe(reason);
  });
});
