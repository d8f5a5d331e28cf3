import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256File } from '../../base/files.node.ts';
import { FPS_30 } from '../time.ts';
import { type DeliveryClip, type DeliveryRequest, deliver } from './delivery.node.ts';
import { approvalGuard } from './guard.ts';
import { originalsPage } from './originals.ts';
import { filmsLeftOver, provenanceSchema } from './provenance.ts';
import { cropFor } from './reframe.ts';
import { paintClip } from './testkit.node.ts';
import { longestRun } from './verify-picture.ts';

let dir: string;
let clip: DeliveryClip;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deliver-'));
  const clipPath = join(dir, 'clip.mp4');
  await paintClip(clipPath, 1, 30);
  const photoPath = join(dir, 'photo.png');
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#987' } })
    .png()
    .toFile(photoPath);
  clip = {
    clipId: 'a',
    title: 'Kitchen',
    clipPath,
    clipSha256: await sha256File(clipPath),
    frames: 30,
    photoPath,
    photoFile: 'a<b>&"c.jpg',
    photoSha256: 'ff',
    motion: 'pan_left',
    renderer: 'ltx',
    seed: 7,
  };
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function request(more: Partial<DeliveryRequest> = {}): DeliveryRequest {
  return {
    folder: join(dir, 'out'),
    listing: '12 <Oak> Street',
    films: [{ path: clip.clipPath, name: '../film.mp4' }],
    posterFrame: 10,
    frameRate: FPS_30,
    clips: [clip],
    otio: '{}',
    programVersion: '0',
    ...more,
  };
}

describe('deliver', () => {
  test('writes the whole folder, and nothing outside it', async () => {
    const made = await deliver(request());
    expect((await readdir(made.folder)).sort()).toEqual(
      [
        'disclosure.txt',
        'film.mp4',
        'originals',
        'originals.html',
        'poster.jpg',
        'provenance.json',
        'timeline.otio',
      ].sort(),
    );
    expect((await sharp(made.poster).metadata()).width).toBe(320);
    const provenance = provenanceSchema.parse(JSON.parse(await readFile(made.provenance, 'utf8')));
    expect(provenance).toMatchObject({
      clips: [{ photo_sha256: 'ff', clip_sha256: clip.clipSha256, generated_motion: true, seed: 7, renderer: 'ltx' }],
      ingredients: [{ title: 'a<b>&"c.jpg', relationship: 'componentOf', hash: { alg: 'sha256', hash: 'ff' } }],
      signature: null,
    });
    const [film] = provenance.films;
    const hash = await sha256File(join(made.folder, 'film.mp4'));
    expect(film?.assertions).toMatchObject([
      { label: 'c2pa.actions', data: { actions: [{ action: 'c2pa.created' }, { action: 'c2pa.edited' }] } },
      { label: 'c2pa.hash.data', data: { alg: 'sha256', hash } },
    ]);
    const page = await readFile(made.originals, 'utf8');
    expect(page).toContain('AI-generated motion');
    expect(page).not.toContain('<b>');
    expect(page).not.toContain('<Oak>');
  });

  test('says in its own words what the film is, who vouched for it, and what its titles say', async () => {
    const title = { id: 't', startFrame: 0, durationFrames: 15, text: 'Welcome' };
    const disclosure = 'Moves added by computer. AB 723 <b>';
    const vouchedFor = { name: 'Bo & Co', reason: 'wanted today' };
    const folder = join(dir, 'words');
    const made = await deliver(request({ folder, titles: [title], disclosure, vouchedFor }));
    const page = await readFile(made.originals, 'utf8');
    expect(page).toContain('AB 723 &#60;b&#62;');
    expect(page).toContain('Bo &#38; Co let the film go out: wanted today');
    expect(page).toContain('made by a generative model');
    const text = await readFile(join(folder, 'disclosure.txt'), 'utf8');
    expect(text.split('\n')[0]).toBe(disclosure);
    expect(await readFile(join(folder, 'captions.vtt'), 'utf8')).toContain('00:00:00.000 --> 00:00:00.500\nWelcome');
    const written: unknown = JSON.parse(await readFile(made.provenance, 'utf8'));
    expect(written).toMatchObject({
      disclosure: text.trim(),
      films: [{ file: 'film.mp4', sha256: await sha256File(join(folder, 'film.mp4')) }],
      clips: [{ digital_source_type: expect.stringMatching(/\/trainedAlgorithmicMedia$/) }],
    });
    // Without titles the captions of the delivery before do not stay.
    await deliver(request({ folder }));
    expect((await readdir(folder)).filter((name) => name.startsWith('captions'))).toEqual([]);
  });

  test('films of an earlier delivery that this one does not make go; files of others stay', async () => {
    const folder = join(dir, 'again');
    const film = { path: clip.clipPath, name: 'tall.mp4' };
    await deliver(request({ folder, films: [{ path: clip.clipPath, name: 'wide.mp4' }, film] }));
    await writeFile(join(folder, 'holiday.mp4'), 'mine');
    await deliver(request({ folder, films: [film], clips: [clip, clip] }));
    await writeFile(join(folder, 'originals', 'holiday.jpg'), 'mine');
    await deliver(request({ folder, films: [film] }));
    const originals = await readdir(join(folder, 'originals'));
    expect(originals.sort()).toEqual(['01-clip.mp4', '01-photo.jpg', 'holiday.jpg']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.mp4')).sort()).toEqual(['holiday.mp4', 'tall.mp4']);
    expect(
      filmsLeftOver({ films: [{ file: '../x.mp4' }, { file: 'b.mp4' }, { file: 'notes.txt' }] }, ['c.mp4']),
    ).toEqual(['b.mp4']);
    expect(filmsLeftOver('no provenance', [])).toEqual([]);
  });

  test('a folder whose delivery fails half-way has no provenance', async () => {
    const folder = join(dir, 'broken');
    await deliver(request({ folder }));
    const gone = { path: join(dir, 'nowhere.mp4'), name: 'second.mp4' };
    await expect(
      deliver(request({ folder, films: [{ path: clip.clipPath, name: 'film.mp4' }, gone] })),
    ).rejects.toThrow();
    expect(await readdir(folder)).not.toContain('provenance.json');
  });

  test('refuses a clip that is not the rendered one, and one that is gone', async () => {
    await expect(deliver(request({ clips: [{ ...clip, clipSha256: '00' }] }))).rejects.toMatchObject({
      code: 'clip_invalid',
    });
    await expect(deliver(request({ clips: [{ ...clip, clipPath: join(dir, 'x.mp4') }] }))).rejects.toMatchObject({
      code: 'clip_missing',
    });
  });
});

describe('the pure parts', () => {
  test('a page without generated clips says so by leaving the mark out', () => {
    const page = originalsPage({ listing: 'x', clips: [] });
    expect(page).toContain('Its camera motion was added digitally');
    expect(page).not.toContain('generative model');
  });

  test('the guard wants every clip approved, or a name and a reason', () => {
    const states = [
      { clipId: 'a', state: 'approved' as const },
      { clipId: 'b', state: 'pending' as const },
    ];
    expect(approvalGuard(states)).toMatchObject({ allowed: false, open: ['b'] });
    expect(approvalGuard(states, { name: 'Ana', reason: ' ' }).allowed).toBe(false);
    expect(approvalGuard(states, { name: 'Ana', reason: 'seen on the phone' })).toMatchObject({
      allowed: true,
      open: ['b'],
    });
    expect(approvalGuard(states.slice(0, 1)).allowed).toBe(true);
    expect(approvalGuard([]).allowed).toBe(false);
  });

  test('a crop stays inside the clip, has the target shape and holds the subject', () => {
    const hd = { width: 1920, height: 1080 };
    expect(cropFor(hd, { width: 1080, height: 1920 }, { x: 0.9, y: 0.5 })).toEqual({
      width: 606,
      height: 1080,
      x: 1314,
      y: 0,
    });
    expect(cropFor(hd, { width: 1080, height: 1080 }, { x: 0.5, y: 0.5 })).toEqual({
      width: 1080,
      height: 1080,
      x: 420,
      y: 0,
    });
  });

  test('the longest run', () => {
    expect(longestRun([true, true, false, true, true, true])).toBe(3);
    expect(longestRun([])).toBe(0);
  });
});
