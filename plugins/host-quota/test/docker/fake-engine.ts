import type { Engine } from '../../docker/engine/engine.ts';
import type { Container, EngineEvent, Image, Volume } from '../../docker/engine/types.ts';
import { engineDown, engineRefused } from '../../docker/errors.ts';
import { snapshot } from './objects.ts';

/** An engine in memory with the answers that a real one was seen to give. */
export interface FakeEngine extends Engine {
  containersNow: Container[];
  imagesNow: Image[];
  volumesNow: Volume[];
  eventsNow: EngineEvent[];
  /** `stop c1`, `remove c1`. */
  readonly calls: string[];
  isDown: boolean;
  /** Containers that cannot be stopped. */
  readonly stuck: Set<string>;
}

export function createFakeEngine(): FakeEngine {
  const find = (id: string): Container | undefined => engine.containersNow.find((one) => one.id === id);
  const up = <T>(value: T): T => {
    if (engine.isDown) throw engineDown('/run/docker.sock', new Error('ECONNREFUSED'));
    return value;
  };
  const engine: FakeEngine = {
    containersNow: [],
    imagesNow: [],
    volumesNow: [],
    eventsNow: [],
    calls: [],
    isDown: false,
    stuck: new Set(),
    info: async () => up(snapshot().info),
    containers: async () => up(engine.containersNow),
    images: async () => up(engine.imagesNow),
    layers: async (id) => up(engine.imagesNow.find((image) => image.id === id)?.layers),
    sizes: async () => up({ volumes: engine.volumesNow, layerBytes: undefined }),
    volumes: async () => up(engine.volumesNow),
    events: async (since) => up(engine.eventsNow.filter(({ at }) => at >= since)),
    stop: async (id) => {
      engine.calls.push(up(`stop ${find(id)?.name}`));
      if (engine.stuck.has(id)) throw engineRefused('stop a container', 500, 'it hangs');
      engine.containersNow = engine.containersNow.map((one) => (one.id === id ? { ...one, state: 'exited' } : one));
    },
    remove: async (id) => {
      engine.calls.push(up(`remove ${find(id)?.name}`));
      if (find(id)?.state === 'running') throw engineRefused('remove a container', 409, 'it runs');
      engine.containersNow = engine.containersNow.filter((one) => one.id !== id);
    },
  };
  return engine;
}
