/** What is being answered when a server ends may take this long, milliseconds. */
const PATIENCE = 700;

/** Ends a server in order: `close` waits for what is being answered, `cut` throws away what is not over in time. */
export async function endServer(
  close: () => Promise<unknown>,
  cut: () => void,
  patience: number = PATIENCE,
): Promise<void> {
  const timer = setTimeout(cut, patience);
  try {
    await close();
  } finally {
    clearTimeout(timer);
  }
}
