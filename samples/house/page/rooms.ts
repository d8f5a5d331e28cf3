/** All rooms with their furniture, in the order that fixes the random numbers each gets. */
import type { Kit } from './kit.ts';
import { dining, kitchen, living } from './rooms-open.ts';
import { bathroom, bedroom, primary } from './rooms-private.ts';

export function furnish(k: Kit): void {
  living(k);
  kitchen(k);
  dining(k);
  primary(k);
  bedroom(k);
  bathroom(k);
}
