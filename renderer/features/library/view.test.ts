import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCard, testTask } from '../../testing/cards.ts';
import { countByFilter, FILTERS, isFound, isIn, plainText, SORTS, visibleListings } from './view.ts';

const ids = (list: readonly { id: string }[]): string => list.map(({ id }) => id).join('');

describe('search', () => {
  test('knows no accents and no case', () => {
    expect(plainText('Crème ŁÓDŹ Straße Sørensen Œuvre')).toBe('creme lodz strasse sorensen oeuvre');
  });

  test('finds every word in the address or the folder, in any order', () => {
    const card = testCard('a', { name: '18 Crème Street, Łódź', folder: '/photos/2026/willow_lane' });
    for (const search of ['', '  ', 'creme', 'STREET 18', 'lodz', 'łódź', 'willow', '2026 crème'])
      expect(isFound(card, search), search).toBe(true);
    for (const search of ['cremes', '18 oak', 'willow oak']) expect(isFound(card, search), search).toBe(false);
  });

  test('a name finds itself, whatever letters it is made of', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => isFound(testCard('a', { name }), name)));
  });
});

describe('filters', () => {
  const cards = [
    testCard('a', { attentionCount: 2 }),
    testCard('b', { status: 'analyzing', task: testTask('t') }),
    testCard('c', { status: 'failed' }),
    testCard('d', { folderMissing: true }),
    testCard('e', { archived: true, attentionCount: 4 }),
    testCard('f', { status: 'failed', task: testTask('again') }),
    testCard('g', { status: 'draft' }),
    testCard('h', { status: 'delivered' }),
  ];
  const shown = (filter: (typeof FILTERS)[number]): string => ids(cards.filter((card) => isIn(card, filter)));

  test('each shows what it says; archived ones are nowhere else', () => {
    expect(shown('all')).toBe('abcdfgh');
    expect(shown('attention')).toBe('a');
    expect(shown('analyzing')).toBe('bf');
    expect(shown('failed')).toBe('cd');
    expect(shown('ready')).toBe('ah');
    expect(shown('archived')).toBe('e');
  });

  test('the counts are those of what is shown', () => {
    expect(countByFilter(cards)).toEqual({ all: 7, attention: 1, analyzing: 2, ready: 2, failed: 2, archived: 1 });
    const counts = countByFilter(cards);
    for (const filter of FILTERS) expect(counts[filter]).toBe(shown(filter).length);
  });
});

describe('order', () => {
  const cards = [
    testCard('a', { name: '10 Oak', createdAt: '2026-01-01T00:00:00Z', attentionCount: 1, status: 'delivered' }),
    testCard('b', { name: '9 Oak', createdAt: '2026-01-02T00:00:00Z', attentionCount: 5 }),
    testCard('c', { name: 'Élan', createdAt: '2026-01-03T00:00:00Z', folderMissing: true }),
  ];
  const by = (sort: (typeof SORTS)[number]): string => ids(visibleListings(cards, { filter: 'all', search: '', sort }));

  test('newest, address by number, attention, what waits for a person first', () => {
    expect(by('newest')).toBe('cba');
    expect(by('name')).toBe('bac');
    expect(by('attention')).toBe('bac');
    expect(by('status')).toBe('cba');
  });

  test('does not depend on the order the host gives', () => {
    const reversed = [...cards].reverse();
    for (const sort of SORTS)
      expect(ids(visibleListings(reversed, { filter: 'all', search: '', sort }))).toBe(by(sort));
  });
});
