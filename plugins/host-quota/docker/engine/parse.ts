import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../../../src/lib/json.ts';
import { engineUnreadable } from '../errors.ts';
import type { Container, EngineEvent, EngineInfo, Image, Layer, Volume } from './types.ts';

/*
 * Answers of the Docker Engine API 1.41 and later. Each reader throws AgentError bug `HOST_QUOTA_UNPARSEABLE` for an answer
 * of another shape.
 */

/** `GET /containers/json?all=1&size=1`. A size of 0 is left out; -1 is one that could not be found out. */
export function readContainers(body: Json): readonly Container[] {
  return listIn(body, 'containers').map((row) => {
    const { Names: names, Mounts: mounts } = row;
    return {
      id: idIn(row, 'Id', 'a container'),
      name: (textsIn(names)[0] ?? '').replace(/^\//, ''),
      image: textIn(row['Image']),
      imageId: textIn(row['ImageID']).replace('sha256:', ''),
      createdAt: numberIn(row['Created']) ?? 0,
      state: textIn(row['State']),
      labels: labelsIn(row['Labels']),
      bytes: sizeIn(row['SizeRw'] ?? (row['SizeRootFs'] === undefined ? undefined : 0)),
      volumes: objectsIn(mounts).flatMap(({ Type: type, Name: name }) =>
        type === 'volume' && typeof name === 'string' ? [name] : [],
      ),
    };
  });
}

/** `GET /images/json`, without layers. */
export function readImages(body: Json): readonly Omit<Image, 'layers'>[] {
  return listIn(body, 'images').map((row) => ({
    id: idIn(row, 'Id', 'an image'),
    refs: textsIn(row['RepoTags']).filter((ref) => ref !== '<none>:<none>'),
    createdAt: numberIn(row['Created']) ?? 0,
    labels: labelsIn(row['Labels']),
    bytes: sizeIn(row['Size']),
  }));
}

/** Parts of `GET /images/{id}/json` and `GET /images/{id}/history`. */
export function readLayers(inspect: Json, history: Json): readonly Layer[] {
  const { RootFS: root } = isJsonObject(inspect) ? inspect : {};
  const ids = chainIds(textsIn(isJsonObject(root) ? root['Layers'] : undefined));
  const sizes = layerSizes(ids.length, listIn(history, 'the history of an image'));
  return ids.map((id, at) => ({ id, bytes: sizes?.[at] }));
}

/** Of OCI: the lowest layer has the id of its content, every other one the hash of both ids. */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const ids: string[] = [];
  let below = '';
  for (const diffId of diffIds) {
    below = below === '' ? diffId : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`;
    ids.push(below.replace('sha256:', ''));
  }
  return ids;
}

/**
 * Sizes of the layers, the lowest first; undefined when the history cannot be told apart. The history is newest first and
 * has entries without a layer, which are not marked; a layer may be empty, too.
 */
function layerSizes(layers: number, history: readonly JsonObject[]): readonly bigint[] | undefined {
  const entries = history.map((row) => ({ bytes: sizeIn(row['Size']) ?? 0n, by: textIn(row['CreatedBy']) })).reverse();
  const full = entries.filter(({ bytes }) => bytes > 0n);
  const likely = entries.filter(({ bytes, by }) => bytes > 0n || !IS_METADATA.test(by));
  for (const chosen of [full, likely, entries]) if (chosen.length === layers) return chosen.map(({ bytes }) => bytes);
  return undefined;
}

/** Instructions that make no layer; `WORKDIR`, `COPY`, `ADD` and `RUN` do. */
const IS_METADATA =
  /^(\/bin\/sh -c )?(#\(nop\) +)?(ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/;

/** `GET /volumes`, and of `GET /system/df` the same with sizes. */
export function readVolumes(body: Json): readonly Volume[] {
  const { Volumes: volumes } = isJsonObject(body) ? body : {};
  return listIn(volumes ?? [], 'volumes').map((row) => {
    const { UsageData: usage } = row;
    const name = textIn(row['Name']);
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name)) throw engineUnreadable('volumes', 'one has no name');
    return {
      name,
      labels: labelsIn(row['Labels']),
      createdAt: Math.floor(Date.parse(textIn(row['CreatedAt'])) / 1000) || 0,
      bytes: isJsonObject(usage) ? sizeIn(usage['Size']) : undefined,
    };
  });
}

/** `LayersSize` of `GET /system/df`. */
export function readLayerBytes(body: Json): bigint | undefined {
  return isJsonObject(body) ? sizeIn(body['LayersSize']) : undefined;
}

/** `GET /info`. */
export function readInfo(body: Json): EngineInfo {
  if (!isJsonObject(body) || typeof body['Driver'] !== 'string') throw engineUnreadable('itself', 'it names no driver');
  const status = Array.isArray(body['DriverStatus']) ? (body['DriverStatus'] as readonly Json[]) : [];
  const isContainerd = status.some((pair) =>
    /containerd\.snapshotter/.test(String(Array.isArray(pair) ? pair[1] : '')),
  );
  return {
    version: textIn(body['ServerVersion']),
    driver: body['Driver'],
    dataRoot: textIn(body['DockerRootDir']),
    store: isContainerd ? 'containerd' : 'graph',
  };
}

/** Lines of `GET /events`; one that cannot be read is left out. Newer engines have no `status`, `id` and `from`. */
export function readEvents(text: string): readonly EngineEvent[] {
  return text.split('\n').flatMap((line) => {
    const row = parseLine(line);
    if (!isJsonObject(row) || !isJsonObject(row['Actor'])) return [];
    const { Actor: actor, timeNano: nano, time } = row;
    const at = typeof nano === 'number' ? nano / 1e9 : numberIn(time);
    if (at === undefined) return [];
    const action = textIn(row['Action']).split(':')[0] ?? '';
    return [
      { at, type: textIn(row['Type']), action, id: textIn(actor['ID']), attributes: labelsIn(actor['Attributes']) },
    ];
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function listIn(body: Json, what: string): readonly JsonObject[] {
  if (!Array.isArray(body) || !body.every(isJsonObject)) throw engineUnreadable(what, 'it is no list');
  return body as readonly JsonObject[];
}

function idIn(row: JsonObject, key: string, what: string): string {
  const id = textIn(row[key]).replace('sha256:', '');
  if (!/^[0-9a-f]{64}$/.test(id)) throw engineUnreadable(what, 'it has no id');
  return id;
}

/** -1 is unknown; other negative numbers were seen, and are rounding of the engine. */
function sizeIn(value: Json | undefined): bigint | undefined {
  const bytes = numberIn(value);
  if (bytes === undefined || bytes === -1) return undefined;
  return bytes < 0 ? 0n : BigInt(Math.trunc(bytes));
}

function numberIn(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: Json) => typeof item === 'string') : [];
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json) => isJsonObject(item)) : [];
}

function labelsIn(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
