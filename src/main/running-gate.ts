/** Whether a gate serves the state that a configuration names. */
import type { Config } from '../config.ts';

/** The address of a running gate on this very state, or null. */
export async function runningGate(config: Config, instance: string): Promise<string | null> {
  const { host, port } = config.doors.http;
  const base = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
  try {
    const answer = await fetch(`${base}/health/live`, { signal: AbortSignal.timeout(1_000) });
    const { instance: theirs } = (await answer.json()) as { instance?: string };
    return theirs === instance ? base : null;
  } catch {
    return null;
  }
}
