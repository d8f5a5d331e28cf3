/** Kills a film at random moments and runs it again, watching that nothing finished is made twice. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../base/seeded-random.ts';
import { picaivid } from './cli.node.ts';
import { SMALL_FILM_ENV } from './listing.node.ts';

/** The record that is written last and makes the file part of something finished; undefined for one that stands alone. */
function recordOf(name: string): string | undefined {
  if (/(^|\/)proxies\/[0-9a-f]{64}-\d+\.jpg$/.test(name)) return name.replace(/-\d+\.jpg$/, '.json');
  if (/(^|\/)depth\/.*\.png$/.test(name)) return name.replace(/\.png$/, '.json');
  return undefined;
}

/**
 * Finished files (takes, depth maps, proxies, descriptions) with their times of change. A photo's proxies and its depth
 * map are finished with their record: a kill between the two costs that one photo's step, never more.
 */
function finished(work: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const part of ['analysis', 'beats', 'takes']) {
    const dir = join(work, part);
    if (!existsSync(dir)) continue;
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const record = recordOf(name);
      if (name.includes('.part') || (record !== undefined && !existsSync(join(dir, record)))) continue;
      const info = statSync(join(dir, name));
      if (info.isFile()) found.set(join(part, name), info.mtimeMs);
    }
  }
  return found;
}

export interface KillReport {
  readonly kills: number;
  /** Runs that ended by themselves before their kill came. */
  readonly finishedEarly: number;
  /** Finished files that a later run wrote again. */
  readonly madeTwice: readonly string[];
  readonly code: number | null;
  readonly stdout: string;
}

/**
 * Kills −9 (the whole process group, ffmpeg included) `kills` times at moments spread over a run's length, each time in
 * the same work folder; then lets it finish.
 */
export async function killedFilm(
  args: readonly string[],
  work: string,
  kills: number,
  runSeconds: number,
  seed: number,
): Promise<KillReport> {
  const next = seededRandom(seed);
  const madeTwice: string[] = [];
  let before = new Map<string, number>();
  let finishedEarly = 0;
  const compare = (): void => {
    const after = finished(work);
    for (const [name, time] of before) if (after.get(name) !== time) madeTwice.push(name);
    before = after;
  };
  for (let kill = 0; kill < kills; kill++) {
    const run = await picaivid(args, {
      env: SMALL_FILM_ENV,
      onStart: (child) => {
        setTimeout(
          () => {
            if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
          },
          next() * runSeconds * 1000,
        );
      },
    });
    if (run.signal !== 'SIGKILL') finishedEarly++;
    compare();
  }
  const last = await picaivid(args, { env: SMALL_FILM_ENV });
  compare();
  return { kills, finishedEarly, madeTwice, code: last.code, stdout: last.stdout };
}
