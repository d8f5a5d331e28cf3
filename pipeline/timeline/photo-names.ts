/** Finds a listing's photo by what another program calls it: id, path, file name, file name without its ending. */

interface Named {
  readonly id: string;
  readonly file: string;
}

/**
 * Looks names up, the exact ones first. Letters of any case and Unicode form are the same; a name that fits several
 * photos finds none, except that the longer path decides.
 */
export function photoFinder<T extends Named>(photos: readonly T[]): (name: string) => T | undefined {
  const byId = new Map(photos.map((photo) => [photo.id, photo]));
  const byPath = groupBy(photos, (photo) => plain(photo.file));
  const byName = groupBy(photos, (photo) => lastPart(plain(photo.file)));
  const byStem = groupBy(photos, (photo) => stem(lastPart(plain(photo.file))));
  return (name) => {
    const exact = byId.get(name);
    if (exact !== undefined) return exact;
    const path = plain(name);
    const last = lastPart(path);
    for (const group of [byPath.get(path), byName.get(last), byStem.get(stem(last))]) {
      if (group === undefined) continue;
      if (group.length === 1) return group[0];
      const fitting = group.filter((photo) => path.endsWith(`/${plain(photo.file)}`));
      if (fitting.length === 1) return fitting[0];
    }
    return undefined;
  };
}

function groupBy<T>(photos: readonly T[], keyOf: (photo: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const photo of photos) {
    const group = groups.get(keyOf(photo));
    if (group === undefined) groups.set(keyOf(photo), [photo]);
    else group.push(photo);
  }
  return groups;
}

function plain(path: string): string {
  return path.normalize('NFC').toLowerCase().replaceAll('\\', '/');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}
