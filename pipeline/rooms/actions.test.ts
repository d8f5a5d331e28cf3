import { describe, expect, it } from 'vitest';
import { excludePhotos, makeHero, mergeLanes, movePhotos, splitOff } from './actions.ts';
import { applyChanges, NOTHING_DECIDED } from './decisions.ts';
import { decided, exclude, ids, label, laneWith, see } from './testing-house.ts';

describe('moving and merging', () => {
  it('keeps the name of the room that photos were put into, even where they would outvote it', () => {
    const decisions = decided((v, d) => movePhotos(v, d, ['p_a1', 'p_a2', 'p_a3'], 'c_b1'));
    const lane = laneWith(see(decisions), 'p_a1');
    expect([lane.id, lane.roomType, lane.labelledByYou]).toEqual(['c_b1', 'living_room', true]);
    expect(see(decisions).lanes).toHaveLength(2);
  });

  it('leaves the name to the model where the newcomers agree with it', () => {
    const lane = laneWith(see(decided((v, d) => movePhotos(v, d, ['p_c1'], 'c_a1'))), 'p_c1');
    expect([lane.roomType, lane.labelledByYou, lane.groupedByYou]).toEqual(['kitchen', false, true]);
  });

  it('merges into the room of the first photo, and a name that a person gave wins', () => {
    expect(laneWith(see(decided((v, d) => mergeLanes(v, d, ['p_b1', 'p_a1']))), 'p_a1').roomType).toBe('living_room');
    const named = decided(label(['p_a1', 'p_a2', 'p_a3'], 'dining_room'), (v, d) => mergeLanes(v, d, ['p_b1', 'p_a1']));
    expect(laneWith(see(named), 'p_b1').roomType).toBe('dining_room');
  });

  it('gives the rooms back when a merge is split again', () => {
    const decisions = decided(
      (v, d) => mergeLanes(v, d, ['p_a1', 'p_b1']),
      (v, d) => splitOff(v, d, ['p_b1', 'p_b2'], 'lane_b'),
    );
    expect(see(decisions).lanes.map(ids)).toEqual([['p_a1', 'p_a2', 'p_a3'], ['p_b1', 'p_b2'], ['p_c1']]);
  });

  it('does nothing that leaves no trace', () => {
    const view = see(NOTHING_DECIDED);
    expect(movePhotos(view, NOTHING_DECIDED, ['p_a1'], 'c_a1')).toBeNull();
    expect(mergeLanes(view, NOTHING_DECIDED, ['p_a1', 'p_a2'])).toBeNull();
    expect(splitOff(view, NOTHING_DECIDED, ['p_b1', 'p_b2'], 'x')).toBeNull();
    expect(excludePhotos(view, NOTHING_DECIDED, ['p_a1'], false)).toBeNull();
    expect(excludePhotos(view, NOTHING_DECIDED, ['nobody'], true)).toBeNull();
  });
});

describe('naming', () => {
  it('makes a room of its own of a part that gets another name', () => {
    const view = see(decided(label(['p_a3'], 'closet')));
    expect(ids(laneWith(view, 'p_a3'))).toEqual(['p_a3']);
    expect(laneWith(view, 'p_a3').roomType).toBe('closet');
    expect(laneWith(view, 'p_a1').labelledByYou).toBe(false);
  });

  it('takes a name back from the whole room without taking the room apart', () => {
    const view = see(decided(label(['p_a1', 'p_a2', 'p_a3'], 'closet'), label(['p_a1'], null)));
    const lane = laneWith(view, 'p_a1');
    expect([ids(lane), lane.roomType, lane.labelledByYou]).toEqual([['p_a1', 'p_a2', 'p_a3'], 'kitchen', false]);
  });

  it('settles the suggestion about the name', () => {
    expect(see(decided(label(['p_c1'], 'patio'))).suggestions).toEqual([]);
  });
});

describe('leaving out', () => {
  it('gives a photo that comes back the name its room has got meanwhile', () => {
    const decisions = decided(
      label(['p_a1', 'p_a2', 'p_a3'], 'closet'),
      exclude(['p_a3']),
      label(['p_a1', 'p_a2'], 'office'),
      exclude(['p_a3'], false),
    );
    expect([...new Set(ids(laneWith(see(decisions), 'p_a3')).map((id) => decisions.room[id]))]).toEqual(['office']);
  });

  it('keeps one hero when an earlier one comes back', () => {
    const decisions = decided(
      (v, d) => makeHero(v, d, 'p_a1'),
      exclude(['p_a1']),
      (v, d) => makeHero(v, d, 'p_a3'),
      exclude(['p_a1'], false),
    );
    expect(laneWith(see(decisions), 'p_a1').heroPhotoId).toBe('p_a3');
    expect(Object.keys(decisions.hero)).toEqual(['p_a3']);
  });

  it('keeps what is known of the room without the photo', () => {
    const lane = laneWith(see(decided(exclude(['p_a3']))), 'p_a1');
    expect([lane.confidenceTier, lane.overlapScore]).toEqual(['high', 0.5]);
  });

  it('takes the same photo twice as one change', () => {
    expect(excludePhotos(see(NOTHING_DECIDED), NOTHING_DECIDED, ['p_a1', 'p_a1'], true)).toEqual({
      label: 'Leave out 1 photo',
      changes: [{ field: 'excluded', subject: 'p_a1', from: null, to: true }],
    });
  });
});

it('a change made on an older state is refused, also for a subject named like a method', () => {
  const changes = [{ field: 'room', subject: 'p_a1', from: 'office', to: 'gym' }] as const;
  expect(() => applyChanges(NOTHING_DECIDED, changes)).toThrow('changed meanwhile');
  const odd = [{ field: 'dismissed', subject: 'constructor', from: null, to: true }] as const;
  expect(applyChanges(NOTHING_DECIDED, odd).dismissed).toEqual({ constructor: true });
});
