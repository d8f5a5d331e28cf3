/** A reviewer who works while the host is killed again and again; what was answered must be there, in its order, once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../base/seeded-random.ts';
import type { ReviewDocument } from '../review-contract.ts';
import { type HostChild, hostChild, until } from './host.node.ts';
import type { EditorReport } from './kills.node.ts';
import { smallFilm } from './renders.node.ts';
import { TakeMaker } from './reviews.node.ts';

/** What was done, as the reviewer remembers it: each has a text of its own. */
type Done =
  | { readonly kind: 'decide'; readonly clipId: string; readonly state: 'approved' | 'rejected'; readonly text: string }
  | { readonly kind: 'note'; readonly clipId: string; readonly text: string }
  | { readonly kind: 'resolve'; readonly clipId: string; readonly text: string };

const FRAMES = 12;

/** What a host has of a clip, in its order; a resolved note is said after all. */
function told({ clips }: ReviewDocument): string[] {
  return clips.flatMap((clip) => [
    ...clip.decisions.map((one) => `decide ${clip.clipId} ${one.state} ${one.comment}`),
    ...clip.notes.map((note) => `note ${clip.clipId} ${note.text}`),
    ...clip.notes.filter(({ resolved }) => resolved !== null).map((note) => `resolve ${clip.clipId} ${note.text}`),
  ]);
}

/** The same of what was done. A note counts as resolved once, in the notes' order, whenever that was. */
function remembered(done: readonly Done[], clipIds: readonly string[]): string[] {
  return clipIds.flatMap((clipId) => {
    const mine = done.filter((one) => one.clipId === clipId);
    const resolved = new Set(mine.filter(({ kind }) => kind === 'resolve').map(({ text }) => text));
    const notes = mine.filter(({ kind }) => kind === 'note');
    return [
      ...mine.flatMap((one) => (one.kind === 'decide' ? [`decide ${clipId} ${one.state} ${one.text}`] : [])),
      ...notes.map(({ text }) => `note ${clipId} ${text}`),
      ...notes.filter(({ text }) => resolved.has(text)).map(({ text }) => `resolve ${clipId} ${text}`),
    ];
  });
}

/** Works through `kills` lives of the host; then the states of clips and job are those of the newest decisions. */
export async function killedReviewer(home: string, folder: string, kills: number, seed: number): Promise<EditorReport> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const wrong: string[] = [];
  let done: readonly Done[] = [];
  let pending: Done | undefined;
  let answered = 0;
  let storedUnanswered = 0;
  let steps = 0;
  let host: HostChild = await hostChild({ home });
  const { id, clips } = await smallFilm(host, folder, { count: 3, frames: FRAMES });
  const clipIds = clips.map((clip) => clip.id);
  const maker = await TakeMaker.open(home, id);
  const takes = new Map<string, string>();
  for (const clipId of clipIds) takes.set(clipId, await maker.put(clipId));
  await maker.close();
  await host.studio.person.set.mutate({ name: 'Ada', role: 'reviewer' });

  const next = (): Done => {
    const clipId = pick(clipIds) ?? '';
    const roll = random();
    steps += 1;
    if (roll < 0.45)
      return { kind: 'decide', clipId, state: roll < 0.3 ? 'approved' : 'rejected', text: `Step ${steps}` };
    const note = roll < 0.65 ? pick(done.filter(({ kind }) => kind === 'note')) : undefined;
    if (note !== undefined) return { ...note, kind: 'resolve' };
    return { kind: 'note', clipId, text: `Step ${steps}` };
  };
  const act = async (one: Done): Promise<ReviewDocument> => {
    const { review } = host.studio;
    const specHash = takes.get(one.clipId) ?? '';
    const { clipId, text } = one;
    if (one.kind === 'decide')
      return review.decide.mutate({
        id,
        decision: {
          clipId,
          specHash,
          state: one.state,
          reason: one.state === 'rejected' ? 'flicker' : null,
          comment: text,
        },
      });
    if (one.kind === 'note')
      return review.addNote.mutate({ id, note: { clipId, specHash, inFrame: 0, outFrame: FRAMES - 1, text } });
    const notes = (await review.get.query({ id })).clips.flatMap((clip) => clip.notes);
    return review.resolveNote.mutate({ id, noteId: notes.find((note) => note.text === text)?.id ?? '' });
  };
  /** Compares the host with what was answered; a step whose answer never came may be there or not. */
  const reconcile = (life: number, document: ReviewDocument): void => {
    const there = told(document).join('\n');
    if (pending !== undefined && there === remembered([...done, pending], clipIds).join('\n')) {
      if (there !== remembered(done, clipIds).join('\n')) storedUnanswered += 1;
      done = [...done, pending];
    } else if (there !== remembered(done, clipIds).join('\n'))
      wrong.push(`life ${life}: the host has\n${there}\nthe reviewer\n${remembered(done, clipIds).join('\n')}`);
    pending = undefined;
  };

  for (let life = 1; life <= kills && wrong.length === 0; life++) {
    if (life > 1) {
      host = await hostChild({ home });
      reconcile(life, await host.studio.review.get.query({ id }));
    }
    const dying = sleep(50 + random() * 350).then(() => host.kill('SIGKILL'));
    try {
      for (;;) {
        pending = next();
        await act(pending);
        done = [...done, pending];
        pending = undefined;
        answered += 1;
      }
    } catch (error) {
      // The host is gone, or going; a refusal of what is allowed is another matter.
      const refusal = (error as { data?: { picaivid?: { message?: string } } }).data?.picaivid?.message;
      if (refusal !== undefined) wrong.push(`life ${life}: refused: ${refusal}`);
    }
    await dying;
  }

  host = await hostChild({ home });
  try {
    reconcile(kills + 1, await host.studio.review.get.query({ id }));
    const newest = clipIds.map((clipId) => done.findLast((one) => one.clipId === clipId && one.kind === 'decide'));
    const states = newest.map((one) => (one?.kind === 'decide' ? one.state : 'pending'));
    const wanted = states.every((state) => state === 'approved') ? 'approved' : 'in_review';
    // A host brings the jobs of its listings up to date soon after its start.
    await until(async () => {
      const { listing, clips: seen } = await host.studio.review.get.query({ id });
      const found = seen.map(({ review }) => review).join(' ');
      if (found !== states.join(' ')) wrong.push(`the states are ${found}, not ${states.join(' ')}`);
      return listing.status === wanted || wrong.length > 0 ? true : undefined;
    });
  } finally {
    await host.kill();
  }
  return { kills, answered, storedUnanswered, wrong };
}
