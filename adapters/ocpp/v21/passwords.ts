import { isRecord } from '../lenient.ts';
import { text } from '../order-words.ts';
import { v201 } from '../v201/index.ts';

/** In 2.1 a network profile can bring a password too (NetworkConnectionProfileType), used once the charger changes over to it. */
export function passwordIn(action: string, payload: unknown): string | null {
  if (action !== 'SetNetworkProfile' || !isRecord(payload)) return v201.passwordIn(action, payload);
  const { connectionData } = payload;
  return isRecord(connectionData) ? text(connectionData['basicAuthPassword']) : null;
}
