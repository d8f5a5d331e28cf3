import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PicaividError } from '../base/errors.ts';
import { JOB_STATUSES } from './domain.ts';
import { dueEvent, JOB_RULES, type JobEvent, nextStatus, type ReviewFacts } from './job-machine.ts';

const ready = { hasTimeline: true, unapprovedClips: 0 };

test('the film command’s way goes through: analyse, cut, render, vouch, assemble', () => {
  let status = nextStatus('draft', 'start_analysis', ready);
  for (const event of [
    'analysis_done',
    'timeline_built',
    'start_rendering',
    'rendering_done',
    'submit_review',
    'approve',
    'start_assembly',
    'delivered',
  ] as const)
    status = nextStatus(status, event, ready);
  expect(status).toBe('delivered');
});

test('an unapproved clip stops the film unless somebody vouches with a name and a reason', () => {
  expect(() => nextStatus('in_review', 'approve', { hasTimeline: true, unapprovedClips: 2 })).toThrow(
    /2 clips are not approved/,
  );
  expect(() =>
    nextStatus('in_review', 'approve', {
      hasTimeline: true,
      unapprovedClips: 2,
      override: { name: 'Ada', reason: '' },
    }),
  ).toThrow(PicaividError);
  expect(
    nextStatus('in_review', 'approve', {
      hasTimeline: true,
      unapprovedClips: 2,
      override: { name: 'Ada', reason: 'open house at noon' },
    }),
  ).toBe('approved');
});

test('nothing is assembled that was not approved', () => {
  for (const status of JOB_STATUSES.filter((s) => !['approved', 'assembling', 'delivered'].includes(s)))
    expect(() => nextStatus(status, 'start_assembly', ready)).toThrow(PicaividError);
});

test('any sequence of events either follows a rule or is refused with a code', () => {
  const events = [...new Set(JOB_RULES.map((rule) => rule.event))] as JobEvent[];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (sequence) => {
      let status: (typeof JOB_STATUSES)[number] = 'draft';
      for (const event of sequence) {
        try {
          const next = nextStatus(status, event, ready);
          expect(JOB_RULES.some((rule) => rule.event === event && rule.from.includes(status) && rule.to === next)).toBe(
            true,
          );
          status = next;
        } catch (error) {
          expect(error).toBeInstanceOf(PicaividError);
          expect((error as PicaividError).code).toBe('transition_refused');
        }
      }
      // Whatever happened, a person can always start again.
      if (!['rendering', 'assembling'].includes(status))
        expect(nextStatus(status, 'start_analysis', ready)).toBe('analyzing');
      expect(
        nextStatus(
          status === 'rendering' || status === 'assembling' ? nextStatus(status, 'fail', ready) : status,
          'start_analysis',
          ready,
        ),
      ).toBe('analyzing');
    }),
  );
});

test('a film that changes after its approval is in review again; one that is being assembled is finished first', () => {
  const pending = { hasTimeline: true, unapprovedClips: 1 };
  for (const status of ['approved', 'delivered'] as const) {
    expect(nextStatus(status, 'reopen', pending)).toBe('in_review');
    expect(() => nextStatus(status, 'reopen', ready)).toThrow(/every clip of the film is approved/);
  }
  for (const status of JOB_STATUSES.filter((s) => !['approved', 'delivered'].includes(s)))
    expect(() => nextStatus(status, 'reopen', pending)).toThrow(PicaividError);
});

const reviewFacts: fc.Arbitrary<ReviewFacts> = fc
  .record({
    hasTimeline: fc.boolean(),
    clips: fc.nat(6),
    rendered: fc.nat(6),
    unapproved: fc.nat(6),
    rendering: fc.boolean(),
    vouched: fc.boolean(),
  })
  .map(({ hasTimeline, clips, rendered, unapproved, rendering, vouched }) => {
    const renderedClips = Math.min(clips, rendered);
    // A clip without a take is approved by nobody.
    const unapprovedClips = Math.min(clips, Math.max(unapproved, clips - renderedClips));
    return { hasTimeline, clips, renderedClips, unapprovedClips, rendering, vouched };
  });

test('what follows from the facts is always allowed, ends, and ends where the facts say', () => {
  fc.assert(
    fc.property(fc.constantFrom(...JOB_STATUSES), reviewFacts, (from, facts) => {
      let status = from;
      let steps = 0;
      for (let event = dueEvent(status, facts); event !== undefined; event = dueEvent(status, facts)) {
        status = nextStatus(status, event, facts);
        steps += 1;
        expect(steps).toBeLessThanOrEqual(4);
      }
      if (!facts.hasTimeline || facts.clips === 0 || ['draft', 'analyzing', 'assembling'].includes(from)) {
        expect(status).toBe(from);
        return;
      }
      const complete = facts.renderedClips === facts.clips;
      if (status === 'approved' || status === 'delivered')
        expect(facts.unapprovedClips === 0 || facts.vouched).toBe(true);
      if (status === 'in_review' && complete) expect(facts.unapprovedClips).toBeGreaterThan(0);
      if (complete && !facts.rendering) expect(['in_review', 'approved', 'delivered']).toContain(status);
    }),
  );
});
