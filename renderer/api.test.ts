import { TRPCClientError } from '@trpc/client';
import { describe, expect, test } from 'vitest';
import { PicaividError } from '../base/errors.ts';
import { errorOf, HOST_UNREACHABLE } from './api.ts';

const answered = (picaivid: unknown): unknown =>
  TRPCClientError.from({ error: { code: -32603, message: 'x', data: { picaivid } } });

describe('errorOf', () => {
  test('reads the error of the closed set that the router sends', () => {
    expect(errorOf(answered({ code: 'disk_full', message: 'The disk is full.', file: 'a.jpg' }))).toEqual({
      code: 'disk_full',
      message: 'The disk is full.',
      file: 'a.jpg',
    });
  });

  test('a code outside the set is a defect, not trusted', () => {
    expect(errorOf(answered({ code: 'made_up', message: 'x' }))).toEqual({ code: 'internal', message: 'x' });
  });

  test('reads the bare error of the host’s gate', () => {
    const gate = { code: 'bad_usage', message: 'Open Picaivid Studio with the link.' };
    const error = new TRPCClientError('Unable to transform response from server', { meta: { responseJSON: gate } });
    expect(errorOf(error)).toEqual(gate);
  });

  test('no answer, or one that is not the studio’s, is an unreachable host', () => {
    expect(errorOf(TRPCClientError.from(new TypeError('Failed to fetch')))).toBe(HOST_UNREACHABLE);
    expect(errorOf(TRPCClientError.from(new SyntaxError('Unexpected token <')))).toBe(HOST_UNREACHABLE);
    expect(errorOf(new TypeError('Failed to fetch'))).toBe(HOST_UNREACHABLE);
  });

  test('a stopped call was cancelled; our own errors and defects keep their words', () => {
    expect(errorOf(TRPCClientError.from(new DOMException('stop', 'AbortError'))).code).toBe('cancelled');
    expect(errorOf(new PicaividError('clip_missing', 'Gone.'))).toEqual({ code: 'clip_missing', message: 'Gone.' });
    expect(errorOf(new RangeError('off by one'))).toEqual({ code: 'internal', message: 'off by one' });
    expect(errorOf('text')).toEqual({ code: 'internal', message: 'text' });
  });
});
