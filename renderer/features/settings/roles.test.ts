import { expect, test } from 'vitest';
import { ROLES } from '../../../pipeline/roles.ts';
import { roleSentence } from './roles.ts';

test('each role is told what it may do and what not, as the host has it', () => {
  expect(ROLES.map(roleSentence)).toEqual([
    'May mend rooms, cut the film, render clips and write notes; not sign clips or deliver films.',
    'May render clips, write notes and sign clips; not mend rooms, cut the film or deliver films.',
    'May do everything: mend rooms, cut the film, render clips, write notes, sign clips and deliver films.',
  ]);
});
