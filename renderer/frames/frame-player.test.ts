import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PicaividError } from '../../base/errors.ts';
import { FPS_30, FPS_59_94 } from '../../pipeline/time.ts';
import { FramePlayer } from './frame-player.ts';
import { FakeClock, FakeSource, FakeSurface, settleTasks } from './testing/fakes.ts';

function setUp(frames = 100, { cached = false, rate = FPS_30 } = {}) {
  const source = new FakeSource(frames, 'a', rate);
  const surface = new FakeSurface();
  const clock = new FakeClock();
  const shown: number[] = [];
  if (cached) for (let i = 0; i < frames; i++) source.cached.add(i);
  const player = new FramePlayer({ source, surface, clock, onShown: (frame) => shown.push(frame) });
  return { source, surface, clock, shown, player };
}

describe('steps and seeks', () => {
  test('count from the frame that is asked for; one is under way, the newest is kept, none goes back', async () => {
    const { source, player, shown } = setUp();
    await source.give();
    for (let key = 0; key < 7; key++) player.step(1);
    expect(player.state).toMatchObject({ target: 7, shown: 0, waiting: true });
    expect(source.asked).toEqual([0, 1]);
    await source.give();
    // Six keys later than the first frame that was fetched.
    expect(source.asked).toEqual([0, 1, 7]);
    player.step(-2);
    await source.give();
    await source.give();
    expect(shown).toEqual([0, 1, 7, 5]);
    await player.settled();
    expect(player.state).toMatchObject({ target: 5, shown: 5, waiting: false });
    expect(source.lent).toBe(1);
    player.dispose();
    expect(source.lent).toBe(0);
  });

  test('what is in the cache is drawn within the key press, and what was under way is not drawn after it', async () => {
    const { source, player, shown, surface } = setUp();
    await source.give();
    source.cached.add(9);
    player.seek(50);
    player.seek(9);
    expect(surface.drawn.at(-1)).toBe('a9');
    await source.give();
    expect(shown).toEqual([0, 9]);
    expect(source.underWay).toEqual([]);
  });

  test('stay within the clip', async () => {
    const { source, player } = setUp(10, { cached: true });
    player.step(-5);
    expect(player.state.target).toBe(0);
    player.seek(1e9);
    expect(player.state.shown).toBe(9);
    player.step(3);
    expect(player.state.shown).toBe(9);
    player.seek(Number.NaN);
    expect(player.state.shown).toBe(0);
    expect(source.asked).toEqual([]);
  });

  test('an error is told, the picture stays, and the next key tries again', async () => {
    const { source, player, surface } = setUp();
    await source.give();
    player.step(1);
    await source.refuse(new PicaividError('host_unreachable', 'The studio does not answer.'));
    await player.settled();
    expect(player.state).toMatchObject({ shown: 0, target: 1, waiting: true, error: { code: 'host_unreachable' } });
    player.step(1);
    await source.give();
    expect(player.state).toMatchObject({ shown: 2, error: null });
    expect(surface.drawn).toEqual(['a0', 'a2']);
  });

  test('whatever keys come in whatever time, the last one lands and all that is shown was asked for', async () => {
    const key = fc.oneof(
      fc.record({ step: fc.integer({ min: -4, max: 4 }) }),
      fc.record({ seek: fc.integer({ min: -5, max: 45 }) }),
      fc.constant('give' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 40 }), async (keys) => {
        const { source, player, shown, surface } = setUp(40);
        let wanted = 0;
        for (const one of keys) {
          if (one === 'give') await source.give();
          else if ('step' in one) {
            player.step(one.step);
            wanted = Math.max(0, Math.min(39, wanted + one.step));
          } else {
            player.seek(one.seek);
            wanted = Math.max(0, Math.min(39, one.seek));
          }
          expect(player.state.target).toBe(wanted);
          expect(source.underWay.length).toBeLessThanOrEqual(1);
        }
        while (source.underWay.length > 0) await source.give();
        await player.settled();
        expect(player.state.shown).toBe(wanted);
        expect(surface.drawn).toEqual(shown.map((frame) => `a${frame}`));
        player.dispose();
        expect(source.lent).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('shuttle', () => {
  test('J and L double to 8 and turn round; K stops on what is shown', () => {
    const { player, clock } = setUp(400, { cached: true });
    player.seek(200);
    const rates = ([1, 1, 1, 1, 1, -1, -1] as const).map((direction) => {
      player.shuttle(direction);
      return player.state.rate;
    });
    expect(rates).toEqual([1, 2, 4, 8, 8, -1, -2]);
    clock.pass(1000 / 30);
    const { shown } = player.state;
    expect(shown).toBe(198);
    player.shuttle(0);
    expect(player.state).toMatchObject({ rate: 0, target: shown, shown });
    expect(clock.waiting).toBe(0);
  });

  test.each([1, 2, 4, 8, -1, -2, -4, -8])(
    'at %i times, each moment has its frame and the last lands exactly',
    (rate) => {
      const { player, clock, shown } = setUp(120, { cached: true, rate: FPS_59_94 });
      player.seek(rate > 0 ? 0 : 119);
      player.setRate(rate);
      const began = clock.now();
      while (player.state.rate !== 0) {
        clock.pass(7);
        const passed = ((clock.now() - began) * rate * 60_000) / 1001 / 1000;
        const expected =
          rate > 0 ? Math.min(119, Math.floor(passed + 1e-6)) : Math.max(0, Math.floor(119.99 + passed + 1e-3));
        expect(Math.abs(player.state.shown - expected)).toBeLessThanOrEqual(Math.abs(rate) > 1 ? 1 : 0);
      }
      expect(player.state.shown).toBe(rate > 0 ? 119 : 0);
      const steps = shown.slice(2).map((frame, i) => (frame - (shown[i + 1] as number)) * Math.sign(rate));
      expect(Math.min(...steps)).toBeGreaterThan(0);
      // At its own speed nothing is left out.
      if (Math.abs(rate) === 1) expect(shown.length).toBe(120 + (rate < 0 ? 1 : 0));
    },
  );

  test('under load frames are left out, never shown late in another order, and the end is shown', async () => {
    const { player, clock, source, shown } = setUp(30);
    await source.give();
    player.play();
    while (player.state.rate !== 0) {
      clock.pass(90);
      clock.pass(90);
      await source.give();
    }
    while (source.underWay.length > 0) await source.give();
    await player.settled();
    expect(shown.at(-1)).toBe(29);
    expect(shown.length).toBeLessThan(15);
    expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => a - b));
  });

  test('a range plays from its first to its last frame; looped it begins anew, also backwards', () => {
    const { player, clock, shown } = setUp(100, { cached: true });
    player.setRange({ first: 19, last: 10 });
    expect(player.state.range).toEqual({ first: 10, last: 19 });
    player.play();
    while (player.state.rate !== 0) clock.pass(10);
    expect(player.state.shown).toBe(19);
    expect(shown.slice(1)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    for (const rate of [1, -1]) {
      shown.length = 0;
      player.setLoop(true);
      player.setRate(rate);
      for (let i = 0; i < 120; i++) clock.pass(10);
      expect(player.state.rate).toBe(rate);
      expect([Math.min(...shown), Math.max(...shown)]).toEqual([10, 19]);
      expect(shown.length).toBeGreaterThan(30);
      player.pause();
    }
  });

  test('waits with its clock for the first picture', async () => {
    const { player, clock, source, shown } = setUp(100);
    player.play();
    clock.pass(900);
    clock.pass(900);
    expect(player.state.target).toBe(0);
    await source.give();
    expect(shown).toEqual([0]);
    clock.pass(34);
    expect(player.state.target).toBe(1);
  });
});

describe('two takes', () => {
  test('are drawn together, the same index of both, or not at all', async () => {
    const { player, source, surface } = setUp(10);
    await source.give();
    const other = new FakeSource(8, 'b');
    player.compareWith(other);
    await source.give();
    expect(surface.drawn).toEqual(['a0']);
    await other.give();
    expect(surface.drawn).toEqual(['a0', 'a0+b0']);
    source.cached.add(5);
    player.seek(5);
    expect(surface.drawn.length).toBe(2);
    await source.give();
    await other.give();
    expect(surface.drawn.at(-1)).toBe('a5+b5');
    other.cached.add(5);
    player.seek(9);
    await source.give();
    // The other take has ended.
    expect(surface.drawn.at(-1)).toBe('a9');
    player.seek(5);
    expect(surface.drawn.at(-1)).toBe('a5+b5');
    player.compareWith(null);
    expect(surface.drawn.at(-1)).toBe('a5');
    player.dispose();
    await settleTasks();
    expect([source.lent, other.lent]).toEqual([0, 0]);
  });

  test('another clip begins at its frame and is no longer compared; what the old one still gives is not drawn', async () => {
    const { player, source, surface } = setUp(10);
    await source.give();
    player.seek(4);
    const next = new FakeSource(20, 'n');
    player.setSource(next, 12);
    expect(player.state).toMatchObject({ target: 12, shown: -1, frames: 20 });
    await source.give();
    await next.give();
    expect(surface.drawn).toEqual(['a0', 'n12']);
    player.redraw();
    expect(surface.drawn.at(-1)).toBe('n12');
    player.dispose();
    expect([source.lent, next.lent]).toEqual([0, 0]);
  });
});
