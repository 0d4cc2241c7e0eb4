import { enableCompileCache } from 'node:module';

/**
 * The first import of every entry. better-sqlite3 ends the process without a word on a Node before Node-API 10, so that
 * is found out before anything loads it.
 */
if (Number(process.versions['napi']) < 10) {
  process.stderr.write(
    `chargegate: [NODE_TOO_OLD] this is Node ${process.version}; chargegate needs 22.18 or newer. Use "npm start" or "npm run -s chargegate -- …", which take the Node that "npm ci" brought, or install Node 24\n`,
  );
  process.exit(78);
}

enableCompileCache();
