/**
 * Properties draw the same cases in every run of the test command, so that what is green here is green elsewhere; the
 * long run, and PICAIVID_SEED=random, draw new ones. A failing seed is printed by fast-check and kept as a test.
 */
import fc from 'fast-check';

const seed = process.env.PICAIVID_SEED ?? '20261122';
if (seed !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
