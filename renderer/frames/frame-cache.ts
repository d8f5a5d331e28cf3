/**
 * Decoded pictures within a limit of bytes, for all clips that are looked at together. Pictures are lent and counted:
 * one that leaves the cache while it is drawn is closed when it is given back. What goes first is what lies farthest
 * from where one looks, against the direction of travel before with it. Pure.
 */
import type { FrameHold } from './types.ts';

/** 1280 × 720 in 4:2:0 is 1.4 MB: 180 frames, six seconds at 30. */
export const CACHE_BYTES = 256 << 20;
/** A frame that one moves away from counts as so many times as far away. */
const BEHIND = 2;
/** Clips looked at together: a take and the one it is compared with. */
const TOGETHER = 2;
/** Beyond any frame's distance. */
const ELSEWHERE = 1e9;

export interface NewPicture<Picture> {
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Called once, when nobody uses it any more. */
  close(): void;
}

interface Entry<Picture> extends NewPicture<Picture> {
  readonly index: number;
  users: number;
}

interface Owner<Picture> {
  readonly entries: Map<number, Entry<Picture>>;
  around: number;
  direction: -1 | 0 | 1;
  /** When it was looked at last; 0 for a clip that waits, warm, to be looked at. */
  looked: number;
}

export interface CacheKey {
  readonly frameCacheKey: symbol;
}

export class FrameCache<Picture> {
  readonly limitBytes: number;
  private readonly owners = new Map<CacheKey, Owner<Picture>>();
  private held = 0;
  private looks = 0;
  private open = 0;
  private openSize = 0;

  constructor(limitBytes: number = CACHE_BYTES) {
    this.limitBytes = limitBytes;
  }

  /** Bytes of what is in the cache. */
  get bytes(): number {
    return this.held;
  }

  /** Pictures that are not closed, cached or lent. */
  get openPictures(): number {
    return this.open;
  }

  get openBytes(): number {
    return this.openSize;
  }

  /** A clip's part of the cache. */
  register(): CacheKey {
    const key: CacheKey = { frameCacheKey: Symbol('frames') };
    this.owners.set(key, { entries: new Map(), around: 0, direction: 1, looked: 0 });
    return key;
  }

  /** Where one looks in a clip now. */
  look(key: CacheKey, around: number, direction: -1 | 0 | 1): void {
    const owner = this.owners.get(key);
    if (owner === undefined) return;
    owner.around = around;
    owner.direction = direction;
    owner.looked = ++this.looks;
  }

  has(key: CacheKey, index: number): boolean {
    return this.owners.get(key)?.entries.has(index) === true;
  }

  count(key: CacheKey): number {
    return this.owners.get(key)?.entries.size ?? 0;
  }

  get(key: CacheKey, index: number): FrameHold<Picture> | null {
    const entry = this.owners.get(key)?.entries.get(index);
    return entry === undefined ? null : this.lend(entry);
  }

  /** Takes the picture over and lends it at once. Of a clip that was closed it is only lent. */
  add(key: CacheKey, index: number, picture: NewPicture<Picture>): FrameHold<Picture> {
    const entry: Entry<Picture> = { ...picture, close: () => picture.close(), index, users: 0 };
    this.open++;
    this.openSize += entry.bytes;
    const hold = this.lend(entry);
    const owner = this.owners.get(key);
    if (owner !== undefined) {
      this.drop(owner, index);
      entry.users++;
      owner.entries.set(index, entry);
      this.held += entry.bytes;
      this.trim();
    }
    return hold;
  }

  /** Forgets a clip. What is lent of it stays open until it is given back. */
  remove(key: CacheKey): void {
    const owner = this.owners.get(key);
    if (owner === undefined) return;
    for (const index of [...owner.entries.keys()]) this.drop(owner, index);
    this.owners.delete(key);
  }

  private lend(entry: Entry<Picture>): FrameHold<Picture> {
    entry.users++;
    let lent = true;
    const release = (): void => {
      if (lent) this.leave(entry);
      lent = false;
    };
    const { index, picture, width, height } = entry;
    return { index, picture, width, height, clone: () => this.lend(entry), release };
  }

  private drop(owner: Owner<Picture>, index: number): void {
    const entry = owner.entries.get(index);
    if (entry === undefined) return;
    owner.entries.delete(index);
    this.held -= entry.bytes;
    this.leave(entry);
  }

  private leave(entry: Entry<Picture>): void {
    if (--entry.users > 0) return;
    this.open--;
    this.openSize -= entry.bytes;
    entry.close();
  }

  private trim(): void {
    while (this.held > this.limitBytes) {
      const recent = [...this.owners.values()].map(({ looked }) => looked).toSorted((a, b) => b - a);
      const together = recent[TOGETHER - 1] ?? 0;
      let worst = -1;
      let from: Owner<Picture> | undefined;
      let which = 0;
      for (const owner of this.owners.values())
        for (const { index } of owner.entries.values()) {
          const cost = costOf(owner, index, together);
          if (cost > worst) [worst, from, which] = [cost, owner, index];
        }
      if (from === undefined) return;
      this.drop(from, which);
    }
  }
}

function costOf(owner: Owner<unknown>, index: number, together: number): number {
  const ahead = index - owner.around;
  const distance = ahead * owner.direction < 0 ? BEHIND * Math.abs(ahead) : Math.abs(ahead);
  // Clips that were left: the one that was looked at longest ago first.
  if (owner.looked !== 0 && owner.looked < together) return ELSEWHERE * 2 - owner.looked * 1e-3 + distance * 1e-9;
  return distance;
}
