#!/usr/bin/env node
'use strict';
// Runs on any Node: goes on with one that can run chargegate, before anything native is loaded.

const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const nodeModule = require('node:module');
const { constants } = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const CLI = join(__dirname, '..', 'gateway', 'cli.ts');

/** better-sqlite3 needs Node-API 10 and crashes without it; our sources need type stripping. */
const capable = Number(process.versions.napi) >= 10 && Boolean(process.features.typescript);

if (capable) {
  if (process.env.CHARGEGATE_NODE_TRIED && process.send) {
    process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel.unref();
  }
  nodeModule.enableCompileCache();
  import(pathToFileURL(CLI).href);
} else {
  const node = bundledNode();
  if (node === null) {
    process.stderr.write(
      `chargegate: [NODE_TOO_OLD] this is Node ${process.version}; chargegate needs 22.18 or newer. Install Node 24, or run "npm ci" with optional packages, which brings one along\n`,
    );
    process.exitCode = 78;
  } else goOnWith(node);
}

/** The Node that `npm ci` installed with us; null where it did not. */
function bundledNode() {
  if (process.env.CHARGEGATE_NODE_TRIED) return null;
  const beside = join(__dirname, '..', 'node_modules', '.bin', 'node');
  if (existsSync(beside)) return beside;
  try {
    return require.resolve(`node-linux-${process.arch}/bin/node`);
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

function goOnWith(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], {
    // The channel carries nothing: that it ends tells the child that we are gone, however that came about.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // So that a Node in that place which is as old as this one ends the search.
    env: { ...process.env, CHARGEGATE_NODE_TRIED: '1' },
  });
  // The terminal's own Ctrl-C reaches the child by itself; a second one would mean "at once".
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'])
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.on('error', (error) => {
    process.stderr.write(`chargegate: [NODE_TOO_OLD] ${node} does not start: ${error.message}\n`);
    process.exitCode = 78;
  });
  child.on('exit', (code, signal) => {
    process.exit(code === null ? 128 + constants.signals[signal] : code);
  });
}
