/** What a benchmark gives back: rows for the table in BENCHMARKS, each with its goal, met or missed. */
export interface BenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The goal in words, e.g. `≥ 0.95`; absent for a figure that is only reported. */
  readonly goal?: string;
  readonly met?: boolean;
}

export interface BenchResult {
  readonly name: string;
  readonly rows: readonly BenchRow[];
  /** What was compared with, what was absent, and anything a reader must know to trust the figures. */
  readonly notes: readonly string[];
}
