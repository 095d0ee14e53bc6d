// Waiting for a condition instead of for a time.

/**
 * What `attempt` answers as soon as that is neither undefined, null nor false. An error of the last attempt is told.
 * @template T
 * @param {string} what for the message of a failure
 * @param {() => T | Promise<T>} attempt
 * @returns {Promise<NonNullable<T>>}
 */
export async function eventually(what, attempt, within = 20_000) {
  const end = Date.now() + within;
  let last;
  for (;;) {
    try {
      last = await attempt();
      if (last !== undefined && last !== null && last !== false) return last;
    } catch (error) {
      last = error;
      if (error.message?.startsWith('logyard ended')) throw error;
    }
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}; last: ${last?.stack ?? last}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
