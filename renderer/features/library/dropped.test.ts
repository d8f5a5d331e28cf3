import { expect, test } from 'vitest';
import { type DirectoryEntry, type Entry, type FileEntry, readChosen, readDropped } from './dropped.ts';

const file = (name: string): FileEntry => ({
  name,
  isDirectory: false,
  file: (done) => done(new File(['x'], name)),
});
/** Gives at most two entries at a time, as Chromium gives at most a hundred. */
const folder = (name: string, ...inside: Entry[]): DirectoryEntry => ({
  name,
  isDirectory: true,
  createReader: () => {
    const rest = [...inside];
    return { readEntries: (done) => done(rest.splice(0, 2)) };
  },
});
const today = new Date('2026-11-22T12:00:00Z');
const shape = async (...entries: Entry[]): Promise<string[]> =>
  (await readDropped(entries, today)).map(({ name, photos }) => `${name}: ${photos.map((photo) => photo.name).join()}`);

test('each folder is a listing, with the photos of the folders in it and nothing hidden', async () => {
  expect(
    await shape(
      folder(
        'Willow',
        file('a.jpg'),
        file('notes.txt'),
        file('.b.jpg'),
        folder('Drone', file('c.HEIC')),
        file('d.png'),
      ),
      folder('Empty'),
    ),
  ).toEqual(['Willow: a.jpg,Drone/c.HEIC,d.png', 'Empty: ']);
});

test('loose photos make one listing', async () => {
  expect(await shape(file('a.jpg'), folder('B', file('b.jpg')), file('c.jpg'), file('d.pdf'))).toEqual([
    'B: b.jpg',
    'Photos of 2026-11-22: a.jpg,c.jpg',
  ]);
});

test('does not go down a whole disk', async () => {
  let deep: Entry = folder('7', file('deep.jpg'));
  for (const name of ['6', '5', '4', '3', '2', '1']) deep = folder(name, deep, file(`${name}.jpg`));
  expect(await shape(deep)).toEqual(['1: 2/3/4/4.jpg,2/3/3.jpg,2/2.jpg,1.jpg']);
});

test('a folder that cannot be read fails the drop with its reason', async () => {
  const broken: DirectoryEntry = {
    name: 'x',
    isDirectory: true,
    createReader: () => ({ readEntries: (_, failed) => failed(new Error('gone')) }),
  };
  await expect(readDropped([broken], today)).rejects.toThrow('gone');
});

test('chosen files are grouped by the folder that was chosen', () => {
  const at = (path: string): File =>
    Object.defineProperty(new File(['x'], path.split('/').at(-1) ?? ''), 'webkitRelativePath', { value: path });
  const listings = readChosen(['W/a.jpg', 'W/in/b.png', 'W/.trash/c.jpg', 'W/d.txt', 'V/e.jpg'].map(at));
  expect(listings.map(({ name, photos }) => [name, photos.map((photo) => photo.name)])).toEqual([
    ['W', ['a.jpg', 'in/b.png']],
    ['V', ['e.jpg']],
  ]);
});
