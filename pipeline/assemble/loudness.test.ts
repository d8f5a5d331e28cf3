import { expect, test } from 'vitest';
import { measureLoudness } from './loudness.node.ts';

const source = (expression: string, seconds: number): string[] => [
  '-f', 'lavfi', '-i', `aevalsrc=${expression.replaceAll(',', '\\,')}:s=48000:d=${seconds}:c=stereo`,
]; // biome-ignore format: options pair up

test('a 1 kHz sine at −23 dBFS measures −23 LUFS and −23 dBTP (EBU Tech 3341, case 1)', async () => {
  const level = 10 ** (-23 / 20);
  const sine = `${level}*sin(1000*2*PI*t)`;
  const { integrated, truePeak } = await measureLoudness(source(`${sine}|${sine}`, 6));
  expect(Math.abs(integrated + 23)).toBeLessThanOrEqual(0.1);
  expect(Math.abs(truePeak + 23)).toBeLessThanOrEqual(0.1);
});

test('a peak in the last 50 ms and in the second channel is not missed', async () => {
  const quiet = '0.02*sin(1000*2*PI*t)';
  const { truePeak } = await measureLoudness(source(`${quiet}|if(gte(t,2.96),0.8,0.02)*sin(1000*2*PI*t)`, 3));
  expect(truePeak).toBeGreaterThanOrEqual(20 * Math.log10(0.8) - 0.05);
  expect(truePeak).toBeLessThan(0);
});

test('silence has no loudness', async () => {
  expect(await measureLoudness(source('0|0', 1))).toEqual({ integrated: -Infinity, truePeak: -Infinity });
});
