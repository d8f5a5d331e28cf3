import { describe, expect, it } from 'vitest';
import { qualityWords } from './quality-words.ts';
import { titleUrl } from './title-url.ts';

describe('the quality chip', () => {
  it('claims to be exact only when every frame is whole', () => {
    expect(qualityWords({ scale: 1, dropped: 0, waiting: false })).toMatchObject({ text: 'live · exact', exact: true });
    expect(qualityWords({ scale: 0.75, dropped: 0, waiting: false })).toMatchObject({
      text: 'live · 75 %',
      exact: false,
    });
    expect(qualityWords({ scale: 1, dropped: 0, waiting: true })).toMatchObject({
      text: 'live · loading',
      exact: false,
    });
    expect(qualityWords({ scale: 1, dropped: 1, waiting: false }).about).toContain('1 frame was left out');
    expect(qualityWords({ scale: 1, dropped: 7, waiting: false }).about).toContain('7 frames were left out');
  });
});

describe('a title’s address', () => {
  it('carries the words in any script, and not when they are shown', () => {
    const card = { id: 'x', startFrame: 10, durationFrames: 90, text: 'Тверская 7 — شارع', subtext: '>>??' };
    const address = titleUrl('l 1', card, 640, 360);
    const name = /^\/title\/l%201\/640x360\/([\w-]+)\.png$/.exec(address)?.[1] ?? '';
    expect(JSON.parse(Buffer.from(name, 'base64url').toString())).toEqual({ text: card.text, subtext: '>>??' });
    expect(titleUrl('l 1', { ...card, startFrame: 0, id: 'y' }, 640, 360)).toBe(address);
  });
});
