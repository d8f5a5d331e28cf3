/** Runs `work(0) … work(count - 1)`, at most `limit` at once, started in order; rejects with the first failure. */
export async function eachLimited(count: number, limit: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await work(next++);
      } catch (error) {
        failed = true; // the other lanes stop after what they have in hand
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}
