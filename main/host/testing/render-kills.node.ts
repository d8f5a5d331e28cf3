/** A queue of renders whose host is killed again and again: in the end everything is rendered, nothing twice. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../base/seeded-random.ts';
import { type HostChild, hostChild } from './host.node.ts';
import { rendersDone, smallFilm } from './renders.node.ts';

export interface KillReport {
  readonly kills: number;
  /** Kills after which the queue was not finished yet. */
  readonly inTheMidst: number;
  /** What was not as it had to be; empty when all is well. */
  readonly wrong: readonly string[];
}

/** Takes that are whole on disk (their record is written last), by folder, with what tells a file from one made anew. */
function finished(home: string): Map<string, string> {
  const found = new Map<string, string>();
  const takes = join(home, 'takes');
  for (const folder of names(takes)) {
    const inside = names(join(takes, folder));
    if (!inside.includes('take.json')) continue;
    const { ino, mtimeMs } = statSync(join(takes, folder, 'clip.mp4'));
    found.set(folder, `${ino} ${mtimeMs}`);
  }
  return found;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Work that was killed three times before it came any farther waits for a person, who is here. */
async function triedAgain({ studio }: HostChild): Promise<boolean> {
  const failed = (await studio.tasks.list.query()).filter(({ kind, state }) => kind === 'render' && state === 'failed');
  for (const task of failed) await studio.tasks.retry.mutate({ id: task.id });
  return failed.length > 0;
}

/** Renders a film of three clips through `kills` lives of the host, at moments that follow from the seed. */
export async function killedRenders(home: string, folder: string, kills: number, seed: number): Promise<KillReport> {
  const random = seededRandom(seed);
  const wrong: string[] = [];
  let inTheMidst = 0;
  let host: HostChild = await hostChild({ home });
  const { id, clips } = await smallFilm(host, folder, { frames: 90 });
  await host.studio.renders.start.mutate({ id, clipIds: 'changed' });
  for (let life = 1; life <= kills; life++) {
    await sleep(random() * 2_500);
    const { task } = await host.studio.renders.get.query({ id });
    if (task !== null) inTheMidst += 1;
    const before = finished(home);
    await host.kill('SIGKILL');
    host = await hostChild({ home });
    for (const [take, file] of before)
      if (finished(home).get(take) !== file) wrong.push(`life ${life}: ${take} is not the file it was`);
    if (await triedAgain(host)) continue;
    // All done before this kill: another round of other frames.
    const now = await host.studio.renders.get.query({ id });
    if (now.task === null) {
      if (now.clips.some(({ state }) => state !== 'rendered')) wrong.push(`life ${life}: nobody goes on`);
      for (const clip of clips)
        await host.studio.renders.again.mutate({ id, clipId: clip.id, changes: { seed: life } });
    }
  }
  const kept = finished(home);
  await triedAgain(host);
  const done = await rendersDone(host, id);
  const states = done.clips.map(({ state, error }) => [state, error?.message ?? null].join(' '));
  if (states.some((state) => state !== 'rendered ')) wrong.push(`in the end: ${states.join(', ')}`);
  for (const [take, file] of kept)
    if (finished(home).get(take) !== file) wrong.push(`in the end: ${take} was made twice`);
  for (const clip of done.clips)
    if (new Set(clip.takes.map(({ specHash }) => specHash)).size !== clip.takes.length)
      wrong.push(`${clip.clipId} has a take twice`);
  const whole = new Set(['clip.mp4', 'take.json']);
  for (const take of finished(home).keys())
    for (const name of names(join(home, 'takes', take))) if (!whole.has(name)) wrong.push(`${name} was left behind`);
  if (done.clips.some(({ takes }) => takes.some(({ file }) => file !== 'present'))) wrong.push('a file is not whole');
  if (!['rendered', 'in_review'].includes(done.listing.status)) wrong.push(`the job is ${done.listing.status}`);
  await host.kill();
  return { kills, inTheMidst, wrong };
}
