/** An editor of one film who works while the host is killed again and again; what was answered must be there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PicaividError } from '../../../base/errors.ts';
import type { Timeline } from '../../../pipeline/domain.ts';
import { applyEdit } from '../../../pipeline/timeline/edits.ts';
import type { Edit } from '../../../pipeline/timeline/edits-types.ts';
import { checkTimeline } from '../../../pipeline/timeline/invariants.ts';
import { randomEdit, seeded } from '../../../pipeline/timeline/testing.ts';
import { builtFilm } from './films.node.ts';
import { type HostChild, hostChild } from './host.node.ts';
import type { EditorReport } from './kills.node.ts';

/** What the editor believes: the films behind and before them, newest last. */
interface Believed {
  readonly film: Timeline;
  readonly done: readonly { readonly label: string; readonly before: Timeline }[];
  readonly undone: readonly { readonly label: string; readonly after: Timeline }[];
}
type Move = { readonly kind: 'edit'; readonly label: string; readonly edit: Edit } | { readonly kind: 'undo' | 'redo' };

function after(state: Believed, move: Move): Believed {
  const { film, done, undone } = state;
  if (move.kind === 'edit')
    return {
      film: applyEdit(film, move.edit).timeline,
      done: [...done, { label: move.label, before: film }],
      undone: [],
    };
  if (move.kind === 'undo') {
    const last = done.at(-1);
    if (last === undefined) return state;
    const { label, before } = last;
    return { film: before, done: done.slice(0, -1), undone: [...undone, { label, after: film }] };
  }
  const next = undone.at(-1);
  if (next === undefined) return state;
  const { label, after: then } = next;
  return { film: then, done: [...done, { label, before: film }], undone: undone.slice(0, -1) };
}

/** JSON in which the order of names does not count: a database gives back its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const text = ({ film, done, undone }: Believed): string =>
  canonical([film, done.at(-1)?.label ?? null, undone.at(-1)?.label ?? null]);

/** Works through `kills` lives of the host, then undoes everything and compares with the film as it was built. */
export async function killedFilmEditor(
  home: string,
  folder: string,
  kills: number,
  seed: number,
): Promise<EditorReport> {
  const random = seeded(seed);
  const wrong: string[] = [];
  let answered = 0;
  let storedUnanswered = 0;
  let steps = 0;
  let host: HostChild = await hostChild({ home });
  const { created } = await host.studio.listings.create.mutate({ folders: [folder] });
  const id = created[0]?.id ?? '';
  const built = (await builtFilm(host, id, { targetSeconds: 16 })).timeline;
  if (built === null) throw new Error('no film');
  const photoIds = built.clips.map((clip) => clip.photoId);
  let state: Believed = { film: built, done: [], undone: [] };
  let revision = 1;
  let pending: Move | undefined;

  /** An edit of the made-up house, on this listing's photos, that can be done. */
  const newEdit = (): Edit => {
    for (;;) {
      const edit = onPhotos(
        randomEdit(random, state.film, () => crypto.randomUUID()),
        photoIds,
        random,
      );
      try {
        applyEdit(state.film, edit);
        return edit;
      } catch (error) {
        if (!(error instanceof PicaividError)) throw error;
      }
    }
  };
  const move = (): Move => {
    const roll = random();
    if (roll < 0.2 && state.done.length > 0) return { kind: 'undo' };
    if (roll < 0.35 && state.undone.length > 0) return { kind: 'redo' };
    steps += 1;
    return { kind: 'edit', label: `Step ${steps}`, edit: newEdit() };
  };
  /** Compares the host with what was answered; a step whose answer never came may be there or not. */
  const reconcile = async (life: number): Promise<void> => {
    const document = await host.studio.timeline.get.query({ id });
    revision = document.revision;
    const there = canonical([document.timeline, document.undo, document.redo]);
    const problems = document.timeline === null ? ['no film'] : checkTimeline(document.timeline);
    if (problems.length > 0) wrong.push(`life ${life}: ${problems.join(' ')}`);
    if (pending !== undefined && there === text(after(state, pending))) {
      state = after(state, pending);
      storedUnanswered += 1;
    } else if (there !== text(state)) wrong.push(`life ${life}: the host’s film is not the editor’s`);
    pending = undefined;
  };

  for (let life = 1; life <= kills && wrong.length === 0; life++) {
    if (life > 1) {
      host = await hostChild({ home });
      await reconcile(life);
    }
    const dying = sleep(random() * 400).then(() => host.kill('SIGKILL'));
    try {
      for (;;) {
        pending = move();
        const answer =
          pending.kind === 'edit'
            ? await host.studio.timeline.edit.mutate({ id, revision, label: pending.label, edit: pending.edit })
            : await host.studio.timeline[pending.kind].mutate({ id });
        revision = answer?.revision ?? revision;
        state = after(state, pending);
        pending = undefined;
        answered += 1;
      }
    } catch (error) {
      // The host is gone, or going; a refusal of what the engine allows is another matter.
      const refusal = (error as { data?: { picaivid?: { message?: string } } }).data?.picaivid?.message;
      if (refusal !== undefined) wrong.push(`life ${life}: refused: ${refusal}`);
    }
    await dying;
  }

  host = await hostChild({ home });
  try {
    await reconcile(kills + 1);
    while (state.done.length > 0 && wrong.length === 0) {
      await host.studio.timeline.undo.mutate({ id });
      state = after(state, { kind: 'undo' });
    }
    await reconcile(kills + 2);
    if (wrong.length === 0 && canonical(state.film) !== canonical(built))
      wrong.push('undo does not end at the film as it was built');
  } finally {
    await host.kill();
  }
  return { kills, answered, storedUnanswered, wrong };
}

/** The same edit with photos of this listing in place of the made-up ones. */
function onPhotos(edit: Edit, photoIds: readonly string[], random: () => number): Edit {
  const known = new Set(photoIds);
  const mapped = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapped);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const foreign = name === 'photoId' && typeof inner === 'string' && !known.has(inner);
        return [name, foreign ? photoIds[Math.floor(random() * photoIds.length)] : mapped(inner)];
      }),
    );
  };
  return mapped(edit) as Edit;
}
