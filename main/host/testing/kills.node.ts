/** An editor that works while the host is killed again and again; what was answered must be there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../base/seeded-random.ts';
import {
  applyChanges,
  type Change,
  FIELDS,
  invertChanges,
  NOTHING_DECIDED,
  type RoomsDecisions,
} from '../../../pipeline/rooms/decisions.ts';
import { hostChild, until } from './host.node.ts';

/** What the editor believes: every step that was answered. */
interface Believed {
  readonly decisions: RoomsDecisions;
  readonly done: readonly Step[];
  readonly undone: readonly Step[];
}
interface Step {
  readonly label: string;
  readonly changes: readonly Change[];
}
type Move = { readonly kind: 'act'; readonly step: Step } | { readonly kind: 'undo' | 'redo' };

function after(state: Believed, move: Move): Believed {
  const { decisions, done, undone } = state;
  if (move.kind === 'act')
    return { decisions: applyChanges(decisions, move.step.changes), done: [...done, move.step], undone: [] };
  const [from, to] = move.kind === 'undo' ? [done, undone] : [undone, done];
  const last = from.at(-1);
  if (last === undefined) return state;
  const changes = move.kind === 'undo' ? invertChanges(last.changes) : last.changes;
  const rest = from.slice(0, -1);
  const other = [...to, last];
  return {
    decisions: applyChanges(decisions, changes),
    done: move.kind === 'undo' ? rest : other,
    undone: move.kind === 'undo' ? other : rest,
  };
}

const text = (state: Believed): string => {
  const sorted = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const labels = (steps: readonly Step[]) => steps.at(-1)?.label ?? null;
  return JSON.stringify([
    FIELDS.map((field) => sorted(state.decisions[field])),
    labels(state.done),
    labels(state.undone),
  ]);
};

export interface EditorReport {
  readonly kills: number;
  readonly answered: number;
  /** Steps that were stored although their answer never came: allowed, but known. */
  readonly storedUnanswered: number;
  /** What was not as it had to be; empty when all is well. */
  readonly wrong: readonly string[];
}

/** Works through `kills` lives of the host; then undoes everything, redoes everything, and compares. */
export async function killedEditor(home: string, folder: string, kills: number, seed: number): Promise<EditorReport> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const wrong: string[] = [];
  let state: Believed = { decisions: NOTHING_DECIDED, done: [], undone: [] };
  let answered = 0;
  let storedUnanswered = 0;
  let steps = 0;
  let pending: Move | undefined;

  let host = await hostChild({ home });
  const { created } = await host.studio.listings.create.mutate({ folders: [folder] });
  const id = created[0]?.id ?? '';
  const photoIds = await until(async () =>
    (await host.studio.rooms.get.query({ id })).analysis?.photos.map((photo) => photo.id),
  );

  const newStep = (): Step => {
    const changes: Change[] = [];
    for (const subject of photoIds.filter(() => random() < 0.6)) {
      const field = pick(['room', 'place', 'excluded', 'hero', 'amount'] as const);
      const from = state.decisions[field][subject] ?? null;
      const values = {
        room: ['kitchen', 'office', null],
        place: ['lane_a', 'lane_b', null],
        excluded: [true, null],
        hero: [true, null],
        amount: [0.25, 0.75, null],
      } as const;
      const to = pick(values[field].filter((value) => value !== from));
      changes.push({ field, subject, from, to } as Change);
    }
    return changes.length > 0 ? { label: `Step ${++steps}`, changes } : newStep();
  };
  const move = (): Move => {
    const roll = random();
    if (roll < 0.2 && state.done.length > 0) return { kind: 'undo' };
    if (roll < 0.35 && state.undone.length > 0) return { kind: 'redo' };
    return { kind: 'act', step: newStep() };
  };
  /** Compares the host with what was answered; a step whose answer never came may be there or not. */
  const reconcile = async (life: number): Promise<void> => {
    const { decisions, undo, redo } = await host.studio.rooms.get.query({ id });
    const there = JSON.stringify([
      FIELDS.map((field) => Object.entries(decisions[field]).sort(([a], [b]) => (a < b ? -1 : 1))),
      undo,
      redo,
    ]);
    if (pending !== undefined && there === text(after(state, pending))) {
      state = after(state, pending);
      storedUnanswered++;
    } else if (there !== text(state)) wrong.push(`life ${life}: the host has ${there}, the editor ${text(state)}`);
    pending = undefined;
  };

  for (let life = 1; life <= kills && wrong.length === 0; life++) {
    if (life > 1) {
      host = await hostChild({ home });
      await reconcile(life);
    }
    const dying = sleep(random() * 300).then(() => host.kill('SIGKILL'));
    try {
      for (;;) {
        pending = move();
        if (pending.kind === 'act')
          await host.studio.rooms.act.mutate({ id, ...pending.step, changes: [...pending.step.changes] });
        else await host.studio.rooms[pending.kind].mutate({ id });
        state = after(state, pending);
        pending = undefined;
        answered++;
      }
    } catch {
      // The host is gone, or going.
    }
    await dying;
  }

  host = await hostChild({ home });
  try {
    await reconcile(kills + 1);
    const last = text(state);
    // All the way back to the start, and forth again.
    for (const direction of ['undo', 'redo'] as const) {
      const all = direction === 'undo' ? state.done.length : state.undone.length;
      for (let i = 0; i < all; i++) {
        await host.studio.rooms[direction].mutate({ id });
        state = after(state, { kind: direction });
      }
      await reconcile(kills + 2);
      if (direction === 'undo') {
        if (text(state) !== text({ ...state, decisions: NOTHING_DECIDED, done: [] }))
          wrong.push('undo does not end at the start');
        if ((await host.studio.rooms.undo.mutate({ id })) !== null) wrong.push('there is more to undo than was done');
      }
    }
    if (last !== text({ ...state, undone: [] }) && JSON.parse(last)[2] === null)
      wrong.push('redo does not end where undo began');
  } finally {
    await host.kill();
  }
  return { kills, answered, storedUnanswered, wrong };
}
