/** Random steps, seeks and shuttles through a clip, with the frame that each has to end on. Pure; a seed repeats it. */
/** What a person does, and what has to be on the canvas when it rests; null where the clock decides. */
export type Deed =
  | { readonly do: 'step'; readonly by: readonly number[]; readonly expect: number }
  | { readonly do: 'seek'; readonly to: readonly number[]; readonly expect: number }
  | {
      readonly do: 'shuttle';
      readonly keys: readonly (-1 | 1)[];
      readonly ms: number;
      readonly expect: number | null;
      readonly range: readonly [number, number] | null;
      readonly loop: boolean;
    };

/** Numbers in [0, 1), the same for a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` deeds in a clip of so many frames, shown at frame 0. Half are steps, a third seeks, the rest shuttles. */
export function randomDeeds(count: number, frames: number, random: () => number): Deed[] {
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const clamp = (frame: number): number => Math.max(0, Math.min(frames - 1, frame));
  const deeds: Deed[] = [];
  let at: number | null = 0;
  while (deeds.length < count) {
    const kind = random();
    if (at !== null && kind < 0.5) {
      const way = random() < 0.5 ? -1 : 1;
      // One key, keys held down, or a person who cannot decide.
      const by = Array.from({ length: random() < 0.5 ? 1 : 2 + upTo(12) }, () => way * (1 + upTo(2)));
      if (random() < 0.2) by.push(-way);
      for (const one of by) at = clamp(at + one);
      deeds.push({ do: 'step', by, expect: at });
    } else if (at === null || kind < 0.83) {
      const to = Array.from({ length: random() < 0.6 ? 1 : 2 + upTo(8) }, () => upTo(frames - 1));
      at = to.at(-1) as number;
      deeds.push({ do: 'seek', to, expect: at });
    } else {
      const key = random() < 0.5 ? -1 : 1;
      const keys = Array.from({ length: 1 + upTo(3) }, () => key as -1 | 1);
      const toEnd = random() < 0.3;
      const first = upTo(frames - 2);
      const range = random() < 0.5 ? ([first, first + 1 + upTo(frames - 2 - first)] as const) : null;
      const expect = key === 1 ? (range?.[1] ?? frames - 1) : (range?.[0] ?? 0);
      deeds.push({
        do: 'shuttle',
        keys: toEnd ? [...keys, key, key] : keys,
        ms: 20 + upTo(120),
        expect: toEnd ? expect : null,
        range,
        loop: !toEnd && random() < 0.5,
      });
      at = toEnd ? expect : null;
    }
  }
  return deeds;
}
