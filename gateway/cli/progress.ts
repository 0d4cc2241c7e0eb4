/**
 * Tells on stderr that work goes on, with its seconds, while somebody watches: only where that is a terminal. The line is
 * gone when the work is done.
 */
export async function whileTelling<T>(what: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  let seconds = 0;
  const tell = (): void => void process.stderr.write(`\r${what}${seconds > 0 ? ` ${seconds} s` : ''} …`);
  tell();
  const timer = setInterval(() => {
    seconds += 1;
    tell();
  }, 1000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    process.stderr.write('\r\u001B[K');
  }
}
