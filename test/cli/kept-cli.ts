/**
 * The command line in a process that stays: starting a program anew for each of hundreds of commands took a quarter of the tests' time.
 * One command after the other, each with an environment and output of its own.
 */
import { Agent, setGlobalDispatcher } from 'undici';
import { runCli } from '../../gateway/cli/program.ts';

export interface Asked {
  args: string[];
  env: Record<string, string>;
  /** Default: where this process began. */
  cwd?: string | undefined;
}

const HERE = process.cwd();

// A command's connections end with it.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

/** Collects what is written here until it is called, and gives that. */
function collect(stream: NodeJS.WriteStream): () => string {
  const { write } = stream;
  const chunks: Buffer[] = [];
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    written?: (error?: Error | null) => void,
  ): boolean => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
    const done = typeof encoding === 'function' ? encoding : written;
    if (done) process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    return Buffer.concat(chunks).toString();
  };
}

async function run({ args, env, cwd }: Asked): Promise<void> {
  process.chdir(cwd ?? HERE);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const [out, err] = [collect(process.stdout), collect(process.stderr)];
  const code = await runCli(args);
  process.send?.({ code, signal: null, out: out(), err: err() });
}

process.on('message', (asked: Asked) => void run(asked));
process.on('disconnect', () => process.exit());
