/** Opens the networks that are there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMeter, openPlaces365, openRooms7 } from './fixture-networks.node.ts';
import { SessionThread } from './session.node.ts';
import { type ModelSet, type Models, NO_MODELS } from './types.ts';

export interface OpenOptions {
  readonly set?: ModelSet | 'auto';
  readonly modelDir?: string;
  readonly fixturesDir?: string;
  readonly signal?: AbortSignal;
}

/** The fixtures beside the project, or where PICAIVID_FIXTURES says. */
export function fixturesDir(): string {
  return (
    process.env.PICAIVID_FIXTURES ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'fixtures')
  );
}

export async function openModels(options: OpenOptions = {}): Promise<Models> {
  const folder = join(options.fixturesDir ?? fixturesDir(), 'models');
  const set = options.set ?? 'auto';
  if (set === 'none' || !existsSync(folder)) return NO_MODELS;
  const sessions = new SessionThread();
  const image = [await openPlaces365(folder, sessions), await openRooms7(folder, sessions)];
  const depth = await openMeter(folder, sessions);
  return {
    set: 'fixture',
    key: `fixture-1:${[...image, depth].map((network) => network.name).join('+')}`,
    image,
    text: undefined,
    depth,
    beats: undefined,
    inferenceSeconds: () => sessions.inferenceSeconds,
    close: () => sessions.close(),
  };
}
