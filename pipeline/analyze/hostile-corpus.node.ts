/** Generates files that should never have been photos, and odd ones that should: what ingest must survive. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export interface HostileFile {
  readonly file: string;
  /** The ErrorCode that must be reported; undefined when the file is a right photo. */
  readonly code: string | undefined;
  /** Size after orientation, for right photos. */
  readonly size?: readonly [number, number];
}

/** A deterministic textured picture: gradients and a few blocks, so that truncation and mutation hit real content. */
export function testPicture(width: number, height: number, seed = 1): Sharp {
  const data = new Uint8Array(width * height * 3);
  let state = seed >>> 0 || 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const block = ((x >> 4) ^ (y >> 4) ^ seed) & 7;
      const o = (y * width + x) * 3;
      data[o] = (x * 255) / width;
      data[o + 1] = (y * 255) / height;
      data[o + 2] = block * 30 + (state >>> 28);
    }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG whose header claims `width` × `height` pixels and whose data is a few bytes. */
export function bombPng(width: number, height: number): Uint8Array {
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const out = Buffer.alloc(named.length + 8);
    out.writeUInt32BE(body.length, 0);
    named.copy(out, 4);
    out.writeUInt32BE(crc32(named), named.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', Buffer.from([0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]));
  return Buffer.concat([signature, chunk('IHDR', header), data, chunk('IEND', new Uint8Array())]);
}

/** Writes the corpus into `folder` (and one file beside it, for the link that leads out). Says what must come of it. */
export async function writeHostileCorpus(folder: string): Promise<HostileFile[]> {
  const out: HostileFile[] = [];
  const put = async (
    file: string,
    bytes: Uint8Array | string,
    code: string | undefined,
    size?: readonly [number, number],
  ): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), bytes);
    out.push(size === undefined ? { file, code } : { file, code, size });
  };
  const jpeg = await testPicture(320, 200).jpeg().toBuffer();
  for (const share of [0.002, 0.05, 0.3, 0.7, 0.95])
    await put(`cut-${share}.jpg`, jpeg.subarray(0, Math.max(4, Math.floor(jpeg.length * share))), 'image_damaged');
  await put('empty.jpg', '', 'file_empty');
  await put('text.jpg', 'This is not a picture.\n', 'image_unsupported');
  await put('program.png', Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), 'image_unsupported');
  await put('vector.jpg', '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>', 'image_unsupported');
  await put('bomb.png', bombPng(60_000, 60_000), 'image_too_large');
  await put('hollow.png', bombPng(300, 300), 'image_damaged');
  await put('dot.png', await testPicture(1, 1).png().toBuffer(), 'image_too_small');
  await put('film.gif', await testPicture(100, 100).gif().toBuffer(), 'image_unsupported');
  await put('cmyk.jpg', await testPicture(160, 100, 2).toColourspace('cmyk').jpeg().toBuffer(), undefined, [160, 100]);
  await put('grey.jpg', await testPicture(162, 100, 3).greyscale().jpeg().toBuffer(), undefined, [162, 100]);
  const deep = testPicture(164, 101, 4).toColourspace('rgb16');
  await put('deep.png', await deep.clone().png().toBuffer(), undefined, [164, 101]);
  await put('deep.tif', await deep.clone().tiff().toBuffer(), undefined, [164, 101]);
  await put('glass.png', await testPicture(166, 103, 5).ensureAlpha(0.4).png().toBuffer(), undefined, [166, 103]);
  await put('still.webp', await testPicture(167, 97, 6).webp().toBuffer(), undefined, [167, 97]);
  await put('still.avif', await testPicture(168, 98, 7).avif().toBuffer(), undefined, [168, 98]);
  const frames = await sharp(
    [await testPicture(120, 90, 8).png().toBuffer(), await testPicture(120, 90, 9).png().toBuffer()],
    {
      join: { animated: true },
    },
  )
    .webp({ loop: 0, delay: [100, 100] })
    .toBuffer();
  await put('moving.webp', frames, undefined, [120, 90]);
  for (let orientation = 1; orientation <= 8; orientation++) {
    const turned = await testPicture(150, 100, 10 + orientation)
      .withMetadata({ orientation })
      .jpeg()
      .toBuffer();
    await put(`turn-${orientation}.jpg`, turned, undefined, orientation >= 5 ? [100, 150] : [150, 100]);
  }
  await put(`${'ü名🏠'.repeat(22)}.jpg`, await testPicture(170, 99, 20).jpeg().toBuffer(), undefined, [170, 99]);
  await put('no extension', await testPicture(171, 99, 21).jpeg().toBuffer(), undefined, [171, 99]);
  await put('below/in a folder.jpg', await testPicture(172, 99, 22).jpeg().toBuffer(), undefined, [172, 99]);
  await put('zz-again.jpg', await testPicture(171, 99, 21).jpeg().toBuffer(), 'duplicate_file');
  await mkdir(join(folder, 'folder.jpg'), { recursive: true });
  for (const junk of ['.DS_Store', 'Thumbs.db', '._cmyk.jpg', 'desktop.ini']) await writeFile(join(folder, junk), jpeg);
  // A sibling whose name starts with the folder's own: a test by prefix alone would let it in.
  const outside = `${folder}-outside.jpg`;
  await writeFile(outside, await testPicture(173, 99, 23).jpeg().toBuffer());
  await symlink(outside, join(folder, 'leads-out.jpg'));
  out.push({ file: 'leads-out.jpg', code: 'path_outside_folder' });
  await symlink(join(folder, 'gone'), join(folder, 'leads-nowhere.jpg'));
  out.push({ file: 'leads-nowhere.jpg', code: 'file_not_found' });
  return out;
}

/** `count` mutations (bytes changed, cut, doubled) of small right pictures, reproducible by `seed`. */
export async function* mutatedFiles(count: number, seed: number): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
  const picture = testPicture(96, 80);
  const sources = [
    await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    await picture.clone().png().toBuffer(),
    await picture.clone().webp().toBuffer(),
    await picture.clone().tiff().toBuffer(),
    await picture.clone().avif({ effort: 0 }).toBuffer(),
  ];
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
  for (let i = 0; i < count; i++) {
    let bytes = Uint8Array.from(sources[i % sources.length] ?? []);
    const edits = 1 + random(12);
    // Half of the edits go to the first 256 bytes: headers decide what is allocated.
    for (let e = 0; e < edits; e++)
      bytes[random(random(2) === 0 ? Math.min(256, bytes.length) : bytes.length)] = random(256);
    if (random(5) === 0) bytes = bytes.slice(0, 1 + random(bytes.length));
    if (random(9) === 0) bytes = Uint8Array.from([...bytes, ...bytes.subarray(random(bytes.length))]);
    yield { name: `m${i}.jpg`, bytes };
  }
}
