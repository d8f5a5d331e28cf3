/** Any sequence of edits, undos, renders and decisions over the real host gives the states by the rule, clip and job. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallListing } from '../testing/listing.node.ts';
import { type HostChild, hostChild, until } from './testing/host.node.ts';
import { smallFilm } from './testing/renders.node.ts';
import { TakeMaker } from './testing/reviews.node.ts';

const base = mkdtempSync(join(tmpdir(), 'review-states-'));
const MOTIONS = ['push_in', 'pull_out', 'pan_left'] as const;
type Motion = (typeof MOTIONS)[number];
const STATES = ['approved', 'approved', 'approved', 'rejected', 'changes_requested'] as const;
let host: HostChild;
let takes: TakeMaker;
let id = '';
let clipIds: readonly string[] = [];

beforeAll(async () => {
  await smallListing(join(base, 'photos'), 2);
  host = await hostChild({ home: join(base, 'home') });
  const film = await smallFilm(host, join(base, 'photos'), { count: 2, frames: 12 });
  id = film.id;
  clipIds = film.clips.map((clip) => clip.id);
  takes = await TakeMaker.open(join(base, 'home'), id);
  await host.studio.person.set.mutate({ name: 'Ada', role: 'producer' });
});
afterAll(async () => {
  await takes?.close();
  await host?.kill();
  rmSync(base, { recursive: true, force: true });
});

const clip = fc.nat(1);
const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('motion' as const), clip, motion: fc.constantFrom(...MOTIONS) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('render' as const), clip }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), clip, state: fc.constantFrom(...STATES) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The model knows motions, not hashes: what was rendered and signed of each, and the film's steps of undo. */
class Model {
  film: readonly Motion[] = ['push_in', 'push_in'];
  status = 'timeline_ready';
  private done: (readonly Motion[])[] = [];
  private undone: (readonly Motion[])[] = [];
  private readonly rendered = new Set<string>();
  private readonly signed = new Map<string, string>();

  private key = (at: number): string => `${at} ${this.film[at]}`;

  /** Whether the step is done at all. */
  after(one: Step): boolean {
    if (one.kind === 'motion') {
      if (this.film[one.clip] === one.motion) return false;
      this.done.push(this.film);
      this.undone = [];
      this.film = this.film.map((motion, at) => (at === one.clip ? one.motion : motion));
    } else if (one.kind === 'render') {
      if (this.rendered.has(this.key(one.clip))) return false;
      this.rendered.add(this.key(one.clip));
    } else if (one.kind === 'decide') {
      if (!this.rendered.has(this.key(one.clip))) return false;
      this.signed.set(this.key(one.clip), one.state);
    } else {
      const [from, to] = one.kind === 'undo' ? [this.done, this.undone] : [this.undone, this.done];
      const film = from.pop();
      if (film === undefined) return false;
      to.push(this.film);
      this.film = film;
    }
    return true;
  }

  states(): string[] {
    return this.film.map(
      (_, at) => (this.rendered.has(this.key(at)) ? this.signed.get(this.key(at)) : undefined) ?? 'pending',
    );
  }

  /** Where the job stands now. */
  settled(): string {
    const complete = this.film.every((_, at) => this.rendered.has(this.key(at)));
    const approved = this.states().every((state) => state === 'approved');
    if (this.status === 'timeline_ready' && complete) this.status = 'in_review';
    if (this.status !== 'timeline_ready') this.status = approved ? 'approved' : 'in_review';
    return this.status;
  }
}

test('states of clips and job follow from renders, decisions and the film by the rule', async () => {
  const model = new Model();
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 25 }), async (steps) => {
      for (const one of steps) {
        if (!model.after(one)) continue;
        const { timeline, review } = host.studio;
        if (one.kind === 'render') {
          await takes.put(clipIds[one.clip] ?? '');
          // As the queue of renders tells of it: by an edit that changes nothing of the picture.
          await timeline.setStatus.mutate({ id, status: 'draft' });
        } else if (one.kind === 'motion') {
          const { revision } = await timeline.get.query({ id });
          const edit = { type: 'setMotion' as const, clipId: clipIds[one.clip] ?? '', motion: one.motion };
          await timeline.edit.mutate({ id, revision, label: one.motion, edit });
        } else if (one.kind === 'decide') {
          const { clips } = await review.get.query({ id });
          const specHash = clips[one.clip]?.takes.find(({ current }) => current)?.specHash ?? '';
          const clipId = clipIds[one.clip] ?? '';
          const said = { reason: one.state === 'rejected' ? ('flicker' as const) : null, comment: 'said' };
          await review.decide.mutate({ id, decision: { clipId, specHash, state: one.state, ...said } });
        } else await timeline[one.kind].mutate({ id });
        const { clips } = await review.get.query({ id });
        expect(clips.map((found) => found.motion)).toEqual(model.film);
        expect(clips.map((found) => found.review)).toEqual(model.states());
        const wanted = model.settled();
        seen.add(wanted);
        await until(async () => ((await review.get.query({ id })).listing.status === wanted ? true : undefined));
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
  expect([...seen].sort()).toEqual(['approved', 'in_review', 'timeline_ready']);
});
