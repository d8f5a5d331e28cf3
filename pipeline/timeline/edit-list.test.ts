import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipStarts, totalFrames } from './clip-math.ts';
import { EDIT_LIST_COLUMNS, editListCsv, timecode } from './edit-list.ts';
import { madeFilm } from './testing.ts';

const FILM = madeFilm('classic', 24);
const RATE = { num: 30, den: 1 };

/** A strict reader of RFC 4180: throws for a quote in a bare cell, for a line that ends otherwise than in CRLF. */
function parse(csv: string): string[][] {
  const rows: string[][] = [[]];
  let at = 1;
  expect(csv.charCodeAt(0)).toBe(0xfeff);
  while (at < csv.length) {
    let cell = '';
    if (csv[at] === '"') {
      for (at++; csv[at] !== '"' || csv[at + 1] === '"'; at++) {
        if (at >= csv.length) throw new Error('open quote');
        cell += csv[at];
        if (csv[at] === '"') at++;
      }
      at++;
    } else {
      while (!',\r\n'.includes(csv[at] ?? '\n')) {
        if (csv[at] === '"') throw new Error('bare quote');
        cell += csv[at++];
      }
    }
    rows.at(-1)?.push(cell);
    if (csv[at] === ',') at++;
    else if (csv.slice(at, at + 2) === '\r\n') {
      at += 2;
      if (at < csv.length) rows.push([]);
    } else throw new Error(`unexpected end of a cell at ${at}`);
  }
  return rows;
}

describe('edit list', () => {
  it('has a row for each shot, back to back', () => {
    const rows = parse(
      editListCsv(FILM, { roomOf: (clip) => clip.clusterId, fileOf: (clip) => `${clip.photoId}.jpg` }),
    );
    expect(rows[0]).toEqual([...EDIT_LIST_COLUMNS]);
    expect(rows).toHaveLength(FILM.clips.length + 1);
    const starts = clipStarts(FILM.clips);
    const [clip, next] = FILM.clips.slice(1, 3);
    expect(rows[2]?.slice(0, 14)).toEqual([
      '2', timecode(starts[1] ?? 0, RATE), timecode(starts[2] ?? 0, RATE), String(starts[1]), String((starts[2] ?? 0) - 1),
      String(clip?.durationFrames), ((clip?.durationFrames ?? 0) / 30).toFixed(3), clip?.clusterId, `${clip?.photoId}.jpg`,
      clip?.motion.replaceAll('_', ' '), '0.60', 'cross dissolve', '12', 'mute',
    ]); // biome-ignore format: one row
    expect(rows[3]?.[1]).toBe(rows[2]?.[2]);
    expect(next?.reason).toBe(rows[3]?.[14]);
    expect(rows.at(-1)?.[2]).toBe(timecode(totalFrames(FILM.clips), RATE));
  });

  it('counts frames in timecode, non-drop', () => {
    expect(timecode(0, RATE)).toBe('00:00:00:00');
    expect(timecode(30 * 3661 + 29, RATE)).toBe('01:01:01:29');
    expect(timecode(30, { num: 30000, den: 1001 })).toBe('00:00:01:00');
    expect(timecode(25, { num: 24, den: 1 })).toBe('00:00:01:01');
  });

  it('brings any text through, and none as a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (room, file) => {
        const one = { ...FILM, clips: FILM.clips.slice(0, 1) };
        const row = parse(editListCsv(one, { roomOf: () => room, fileOf: () => file }))[1] ?? [];
        expect([room, `'${room}`]).toContain(row[7]);
        expect([file, `'${file}`]).toContain(row[8]);
        for (const text of row.slice(7)) expect(text).not.toMatch(/^\s*[=+\-@]/);
      }),
    );
    for (const [room, written] of [['=1+1', "'=1+1"], ['-5', "'-5"], ['@A1', "'@A1"], [' =1', "' =1"], ['\t=1', "'\t=1"], ['a=1', 'a=1'], ['Küche, „groß“\n北', 'Küche, „groß“\n北']]) {
      const one = { ...FILM, clips: FILM.clips.slice(0, 1) };
      expect(parse(editListCsv(one, { roomOf: () => room ?? '', fileOf: () => '' }))[1]?.[7]).toBe(written);
    } // biome-ignore format: a table
  });
});
