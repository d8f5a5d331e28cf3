import { describe, expect, it } from 'vitest';
import { dismissSuggestions, keepDuplicates, makeHero } from './actions.ts';
import { applyChanges, NOTHING_DECIDED } from './decisions.ts';
import { analysisOf } from './testing.ts';
import { ANALYSIS, ids, see, sure } from './testing-house.ts';

describe('the view without decisions', () => {
  it('shows the rooms and the very shots of the analysis', () => {
    const view = see(NOTHING_DECIDED);
    expect(view.lanes.map((lane) => [lane.id, lane.roomType, ids(lane)])).toEqual([
      ['c_a1', 'kitchen', ['p_a1', 'p_a2', 'p_a3']],
      ['c_b1', 'living_room', ['p_b1', 'p_b2']],
      ['c_c1', 'garden', ['p_c1']],
    ]);
    expect(view.lanes.map((lane) => lane.shots)).toEqual(ANALYSIS.clusters.map((cluster) => cluster.shots));
    expect(view.suggestions.map((one) => one.text)).toEqual(['Garden or patio?']);
  });

  it('mirrors every second room of a kind, as phase 1 does', () => {
    const two = analysisOf([
      { photos: [{ id: 'p_1', rooms: sure('living_room') }] },
      { photos: [{ id: 'p_2', rooms: sure('living_room') }] },
    ]);
    const motions = see(NOTHING_DECIDED, two).lanes.map((lane) => lane.shots[0]?.recommendedMotion);
    expect(motions).toEqual(['dolly_right', 'dolly_left']);
  });

  it('names a suggestion shortly however many photos it is about', () => {
    const photos = Array.from({ length: 400 }, (_, i) => ({
      id: `p_${String(i).padStart(60, '0')}`,
      rooms: sure('gym'),
    }));
    const [one] = see(NOTHING_DECIDED, analysisOf([{ tier: 'low', photos }])).suggestions;
    expect(one?.id).toMatch(/^room:[0-9a-f]{16}$/);
  });
});

describe('lanes of an earlier analysis', () => {
  it('shows a new cluster apart from a lane that has its id', () => {
    const decisions = { ...NOTHING_DECIDED, place: { p_b1: 'c_a1', p_b2: 'c_a1' } };
    expect(see(decisions).lanes.map(ids)).toContainEqual(['p_a1', 'p_a2', 'p_a3']);
    expect(see(decisions).lanes).toHaveLength(3);
  });
});

describe('near-duplicates', () => {
  const analysis = analysisOf([
    {
      photos: [
        { id: 'p_1', rooms: sure('office') },
        { id: 'p_2', rooms: sure('office'), duplicateOf: 'p_1' },
      ],
    },
  ]);
  it('are named once, and no more when kept or made the hero', () => {
    expect(see(NOTHING_DECIDED, analysis).suggestions.map((one) => one.id)).toEqual(['duplicate:p_2:p_1']);
    const view = see(NOTHING_DECIDED, analysis);
    for (const action of [
      keepDuplicates(NOTHING_DECIDED, ['p_2'], true),
      makeHero(view, NOTHING_DECIDED, 'p_2'),
      dismissSuggestions(NOTHING_DECIDED, ['duplicate:p_2:p_1', 'duplicate:p_2:p_1']),
    ])
      expect(see(applyChanges(NOTHING_DECIDED, action?.changes ?? []), analysis).suggestions).toEqual([]);
  });
});
