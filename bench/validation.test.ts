import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FAULTS } from './faults.ts';
import { tallyValidation } from './validation.node.ts';

const folder = fileURLToPath(new URL('../samples/listing', import.meta.url));

// A share of `bench validation`, on the project's own photos: every kind of fault once, and clean clips beside them.
describe('validation', () => {
  test('sees planted faults, says by which figure, and leaves clean clips alone', async () => {
    const kinds = new Map(FAULTS.map((fault) => [fault.kind, fault]));
    const options = { folder, everyPhoto: 21, judged: 1, everyClean: 9, frames: 20, width: 640, height: 360 };
    const { clean, faulted } = await tallyValidation({ ...options, faults: [...kinds.values()] });
    expect(clean.map(({ what, failed }) => [what, failed])).toEqual(clean.map(({ what }) => [what, []]));
    expect(clean).toHaveLength(3);
    expect(faulted).toHaveLength(kinds.size);
    const blamed: Record<string, readonly string[]> = Object.fromEntries(
      faulted.map(({ fault, failed }) => [fault?.kind ?? '', failed]),
    );
    expect(blamed).toMatchObject({
      flicker: expect.arrayContaining(['exposure_shift']),
      'black frames': expect.arrayContaining(['black_frames', 'exposure_shift']),
      'warped verticals': expect.arrayContaining(['local_shift']),
      'invented object': expect.arrayContaining(['picture_difference']),
      'swapped photo': expect.arrayContaining(['picture_difference']),
      'repeated frame': expect.arrayContaining(['uneven_time']),
      'dropped frame': expect.arrayContaining(['uneven_time']),
      'exposure drift': expect.arrayContaining(['exposure_shift']),
    });
    for (const failed of Object.values(blamed)) expect(failed.length).toBeGreaterThan(0);
  });
});
