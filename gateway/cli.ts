// The guard has to end before anything is loaded that an old Node dies of.
import './runtime.ts';

const { runCli } = await import('./cli/program.ts');

// `chargegate sessions | head`: the reader has had enough, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 2);
});

const code = await runCli(process.argv.slice(2));
process.exitCode = code;
// What a stopped daemon may have left open must not keep its process.
setTimeout(() => process.exit(code), 2000).unref();
