/**
 * Fractional index keys: strings whose plain `<` order is the order of the clips, so that a clip can be put between two
 * others without touching either. Base 62 in ASCII order; a variable-length integer part keeps keys short when clips
 * are only appended, a fraction without trailing zeros lies behind it.
 *
 * Source: David Greenspan, "Implementing Fractional Indexing" (Observable, 2020), as in the CC0 package
 * `fractional-indexing`. First characters `a`..`z` announce 1..26 more integer digits (growing), `Z`..`A` the same
 * below zero.
 */
import { PicaividError } from '../../base/errors.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SMALLEST_INTEGER = `A${'0'.repeat(26)}`;

const digitAt = (text: string, index: number): number => DIGITS.indexOf(text.charAt(index));

/** True when `key` is one that this module can put others beside. */
export function isOrderKey(key: string): boolean {
  const length = integerLength(key);
  if (length === 0 || key.length < length || key === SMALLEST_INTEGER) return false;
  if (key.length > length && key.endsWith('0')) return false;
  for (let i = 0; i < key.length; i++) if (digitAt(key, i) < 0) return false;
  return true;
}

/**
 * A key strictly between `before` and `after`; null is the open end on that side.
 * Throws `internal` when a key is malformed or `before >= after`: callers only ever pass keys of a valid timeline.
 */
export function keyBetween(before: string | null, after: string | null): string {
  for (const key of [before, after]) {
    if (key !== null && !isOrderKey(key)) throw new PicaividError('internal', `"${key}" is not an order key.`);
  }
  if (before !== null && after !== null && before >= after) {
    throw new PicaividError('internal', `Order keys are not in order: "${before}" is not before "${after}".`);
  }
  if (before === null) {
    if (after === null) return 'a0';
    const integer = integerPart(after);
    const fraction = after.slice(integer.length);
    if (integer === SMALLEST_INTEGER) return integer + midpoint('', fraction);
    if (integer < after) return integer;
    const lower = decrement(integer);
    if (lower === null) throw new PicaividError('internal', 'No order key is left below this one.');
    return lower === SMALLEST_INTEGER ? lower + midpoint('', null) : lower;
  }
  const integer = integerPart(before);
  const fraction = before.slice(integer.length);
  if (after === null) {
    const higher = increment(integer);
    return higher ?? integer + midpoint(fraction, null);
  }
  const afterInteger = integerPart(after);
  if (integer === afterInteger) return integer + midpoint(fraction, after.slice(afterInteger.length));
  const higher = increment(integer);
  if (higher !== null && higher < after) return higher;
  return integer + midpoint(fraction, null);
}

/** `count` keys in order, all strictly between `before` and `after`; short even for thousands (halving). */
export function keysBetween(before: string | null, after: string | null, count: number): string[] {
  if (count <= 0) return [];
  if (count === 1) return [keyBetween(before, after)];
  if (after === null || before === null) {
    const keys: string[] = [];
    let last = after === null ? before : after;
    for (let i = 0; i < count; i++) {
      last = after === null ? keyBetween(last, null) : keyBetween(null, last);
      keys.push(last);
    }
    return after === null ? keys : keys.reverse();
  }
  const half = Math.floor(count / 2);
  const middle = keyBetween(before, after);
  return [...keysBetween(before, middle, half), middle, ...keysBetween(middle, after, count - half - 1)];
}

/** Length of the integer part with its first character; 0 when that character is none of the alphabet's letters. */
function integerLength(key: string): number {
  const head = key.charAt(0);
  if (head >= 'a' && head <= 'z') return head.charCodeAt(0) - 97 + 2;
  if (head >= 'A' && head <= 'Z') return 90 - head.charCodeAt(0) + 2;
  return 0;
}

function integerPart(key: string): string {
  return key.slice(0, integerLength(key));
}

/** Shortest fraction strictly between two (`''` is 0, null is 1); neither ends in a zero. */
function midpoint(low: string, high: string | null): string {
  if (high !== null) {
    let shared = 0;
    while (shared < high.length && (low.charAt(shared) || '0') === high.charAt(shared)) shared++;
    if (shared > 0) return high.slice(0, shared) + midpoint(low.slice(shared), high.slice(shared));
  }
  const lowDigit = low === '' ? 0 : digitAt(low, 0);
  const highDigit = high === null ? DIGITS.length : digitAt(high, 0);
  if (highDigit - lowDigit > 1) return DIGITS.charAt(Math.round((lowDigit + highDigit) / 2));
  if (high !== null && high.length > 1) return high.slice(0, 1);
  return DIGITS.charAt(lowDigit) + midpoint(low.slice(1), null);
}

function increment(integer: string): string | null {
  const head = integer.charAt(0);
  const digits = [...integer.slice(1)];
  for (let i = digits.length - 1; i >= 0; i--) {
    const next = DIGITS.indexOf(digits[i] ?? '') + 1;
    if (next < DIGITS.length) {
      digits[i] = DIGITS.charAt(next);
      return head + digits.join('');
    }
    digits[i] = '0';
  }
  if (head === 'Z') return 'a0';
  if (head === 'z') return null;
  const up = String.fromCharCode(head.charCodeAt(0) + 1);
  if (up > 'a') digits.push('0');
  else digits.pop();
  return up + digits.join('');
}

function decrement(integer: string): string | null {
  const last = DIGITS.charAt(DIGITS.length - 1);
  const head = integer.charAt(0);
  const digits = [...integer.slice(1)];
  for (let i = digits.length - 1; i >= 0; i--) {
    const next = DIGITS.indexOf(digits[i] ?? '') - 1;
    if (next >= 0) {
      digits[i] = DIGITS.charAt(next);
      return head + digits.join('');
    }
    digits[i] = last;
  }
  if (head === 'a') return `Z${last}`;
  if (head === 'A') return null;
  const down = String.fromCharCode(head.charCodeAt(0) - 1);
  if (down < 'Z') digits.push(last);
  else digits.pop();
  return down + digits.join('');
}
